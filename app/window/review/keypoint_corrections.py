"""What the user changes in single keypoints: each change is computed in the background and is one step of ``Undo``."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from PyQt6.QtCore import QObject, pyqtSignal

from app.window.core.tasks import Task, TaskRunner
from app.window.i18n.backend_messages import display_name
from app.window.i18n.tr import tr
from app.window.player.player import Player
from app.window.review.undo import Undo

if TYPE_CHECKING:  # these import OpenCV, which must not delay the start of the window
    from app.analysis import Analysis
    from app.analysis.edits import Edit, Edits
    from app.window.review.picture_cues import KeptCues

DEFAULT_THRESHOLD = 0.3


class Spot(NamedTuple):
    """Keypoint number ``keypoint`` of person ``person`` in frame number ``frame``."""

    person: int
    keypoint: int
    frame: int


class _Change(NamedTuple):
    """A change that waits: its name, and what makes the new edits of an analysis."""

    text: str
    make: Callable[[Analysis], Edits]
    spot: Spot
    place: tuple[float, float] | None = None


class KeypointCorrections(QObject):
    """Changes keypoints of the shown clip in ``background``, one change after the other.

    ``changed`` is emitted when what is ``pending`` changes, ``failed`` with the exception of a change that failed,
    ``advanced`` when a change was added or is over: what is ``placed`` is to be stored.
    """

    changed = pyqtSignal()
    advanced = pyqtSignal()
    failed = pyqtSignal(object)

    def __init__(self, background: TaskRunner, player: Player, undo: Undo) -> None:
        super().__init__(background)
        self._background = background
        self._player = player
        self._undo = undo
        self._changes: deque[_Change] = deque()
        self._task: Task | None = None
        self._kept: KeptCues = {}
        player.opened.connect(self.forget)

    @property
    def busy(self) -> bool:
        """Whether a change is being computed."""
        return bool(self._changes)

    @property
    def pending(self) -> dict[Spot, tuple[float, float]]:
        """Where keypoints are placed that are still being carried to other frames: x and y in pixels of the source."""
        return {change.spot: change.place for change in self._changes if change.place is not None}

    def placed(self) -> Edits:
        """The edits of all changes that wait; a keypoint that is placed is so in its frame alone."""
        from app.analysis.edits import PlaceKeypoint
        from app.core.edited import CORRECTED

        analysis = self._player.analysis
        found: list[Edit] = []
        for spot, place, make in ((change.spot, change.place, change.make) for change in self._changes):
            if place is not None:
                found.append(PlaceKeypoint(spot.person, spot.keypoint, {spot.frame: (*place, 1.0, CORRECTED)}))
            elif analysis is not None:
                found += make(analysis)[len(analysis.edits) :]
        return tuple(found)

    @property
    def threshold(self) -> float:
        """The lowest score of a keypoint that is seen."""
        pipeline = self._player.pipeline
        return pipeline.settings.threshold if pipeline is not None else DEFAULT_THRESHOLD

    def place(self, spot: Spot, x: float, y: float) -> None:
        """Move a keypoint to (x, y) in pixels of the source, and carry that to the frames around."""
        player, threshold = self._player, self.threshold
        film, rotate, pipeline, has_film = player.film, player.rotate, player.pipeline, player.seekable
        kept = self._kept

        def make(analysis: Analysis) -> Edits:
            from app.analysis.keypoint_edits import Correction, place
            from app.window.review.picture_cues import PictureCues

            has_heatmap = pipeline is not None and pipeline.info.has_heatmap
            network = pipeline if has_heatmap else None
            cues = PictureCues(film, rotate, network, kept=kept) if has_film else None
            return place(analysis, Correction(spot.person, spot.keypoint, {spot.frame: (x, y)}), threshold, cues)

        self._add(_Change(tr("Move {keypoint}", keypoint=self._name(spot)), make, spot, (x, y)))

    def delete(self, spot: Spot, last: int | None = None) -> None:
        """Delete a keypoint in its frame, or up to frame ``last``."""

        def make(analysis: Analysis) -> Edits:
            from app.analysis.keypoint_edits import drop

            return drop(analysis, spot.person, spot.keypoint, spot.frame, spot.frame if last is None else last)

        self._add(_Change(tr("Delete {keypoint}", keypoint=self._name(spot)), make, spot))

    def delete_until_seen(self, spot: Spot) -> None:
        """Delete a keypoint up to the frame in which it is seen clearly again."""
        threshold = self.threshold

        def make(analysis: Analysis) -> Edits:
            from app.analysis.keypoint_edits import drop, stretch_until_seen

            first, last = stretch_until_seen(analysis, spot.person, spot.keypoint, spot.frame, threshold)
            return drop(analysis, spot.person, spot.keypoint, first, last)

        self._add(_Change(tr("Delete {keypoint}", keypoint=self._name(spot)), make, spot))

    def fill_gap(self, spot: Spot) -> None:
        """Fill the gap of a keypoint around its frame."""
        threshold = self.threshold

        def make(analysis: Analysis) -> Edits:
            from app.analysis.keypoint_edits import fill

            return fill(analysis, spot.person, spot.keypoint, spot.frame, threshold)

        self._add(_Change(tr("Fill gap of {keypoint}", keypoint=self._name(spot)), make, spot))

    def swap_limb(self, spot: Spot, first: int, last: int) -> None:
        """Exchange left and right of the arms or legs of a keypoint in the frames ``first`` to ``last``."""

        def make(analysis: Analysis) -> Edits:
            from app.analysis.keypoint_edits import swap

            return swap(analysis, spot.person, spot.keypoint, first, last)

        self._add(_Change(tr("Swap left and right"), make, spot))

    def forget(self) -> None:
        """Give up the changes that wait."""
        if self._task is not None:
            self._task.cancel()
        self._task = None
        self._kept = {}
        self._changes.clear()
        self.changed.emit()

    def _name(self, spot: Spot) -> str:
        analysis = self._player.analysis
        return display_name(analysis.skeleton.names[spot.keypoint]) if analysis is not None else ""

    def _add(self, change: _Change) -> None:
        self._changes.append(change)
        self.changed.emit()
        self.advanced.emit()
        if self._task is None:
            self._compute()

    def _compute(self) -> None:
        """Begin with the change that has waited longest."""
        analysis = self._player.analysis
        if not self._changes or analysis is None:
            self.forget()
            return
        change, before = self._changes[0], analysis.edits
        task = self._task = self._background.new_task(self._task)

        def done(edits: Edits) -> None:
            if analysis is not self._player.analysis or analysis.edits is not before:
                self._compute()  # other edits were made or taken back meanwhile
                return
            self._changes.popleft()
            if edits != before:
                self._undo.edit(change.text, analysis, edits)
            self._go_on()

        def failed(error: Exception) -> None:
            self._changes.popleft()
            self.failed.emit(error)
            self._go_on()

        self._background.run("carry", lambda: change.make(analysis), done, failed, self, task)

    def _go_on(self) -> None:
        self._task = None
        self.changed.emit()
        self.advanced.emit()
        if self._changes:
            self._compute()

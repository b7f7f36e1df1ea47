"""What marks on the picture need of the analysis: the angles of the clip, the scale, and sides chosen by the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer

from app.core.errors import StanceError
from app.window.core.paced_work import PacedWork
from app.window.core.tasks import TaskRunner, nothing
from app.window.panels.side_panel import SidePanel
from app.window.player.player import Player

if TYPE_CHECKING:
    from app.analysis.shown_angles import ClipAngles

INTERVAL_MS = 400
PAUSE_FACTOR = 3.0
"""Minimum pause between two computations, as a multiple of the last one's duration."""

Values = tuple["ClipAngles | None", float | None]
"""Angles of the clip, and meters per pixel; None where unknown."""


class MarkValues(QObject):
    """Computes in the background what the marks of ``panel`` need, whenever the analysis of ``player`` has changed.

    Of live sources no angles are computed here: they are read frame by frame.
    """

    def __init__(self, background: TaskRunner, player: Player, panel: SidePanel) -> None:
        super().__init__(panel)
        self._player = player
        self._panel = panel
        self._computed: tuple[object, ...] | None = None
        self._work = PacedWork(background, "marks", self, pause_factor=PAUSE_FACTOR)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.refresh)
        self._timer.start(INTERVAL_MS)

    def refresh(self) -> None:
        """Compute again, if something has changed since and anything is needed."""
        player, controls = self._player, self._panel.display.marks
        analysis = player.analysis
        if analysis is None or player.source is None:
            return
        names, threshold = controls.angles.chosen, self._panel.settings.threshold
        names = names if player.seekable else ()
        stated, facing = player.stated_scale, analysis.chosen_facing()
        if not names and not stated.options:
            self._computed = None
            controls.know(clip_angles=None, metres_per_pixel=None, facing=facing)
            return
        state = (analysis, analysis.version, names, threshold, stated)
        if state == self._computed or not self._work.ready:
            return

        def work() -> Values:
            from app.analysis.shown_angles import ClipAngles, known_angles

            angles = ClipAngles(known_angles(names, analysis.skeleton)) if names else None
            if angles is not None:
                angles.fill(analysis, threshold)
            try:
                scale = stated.find(analysis, threshold)
            except StanceError:  # the scale's own dialog says why
                scale = None
            return angles, scale.metres_per_pixel if scale is not None else None

        def done(values: Values) -> None:
            if player.analysis is analysis:
                self._computed = state
                controls.know(clip_angles=values[0], metres_per_pixel=values[1], facing=facing)

        self._work.run(work, done, nothing)

"""Compares the open clip with a second clip, a motion from a file, or the pinned frame."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt, QTimer
from PyQt6.QtWidgets import QFileDialog

from app.window.core.paced_work import PacedWork
from app.window.core.tasks import nothing
from app.window.i18n.tr import tr
from app.window.parts import WindowParts
from app.window.player.player import Player
from app.window.player.source_name import short_name
from app.window.review.compare_panel import ComparePanel
from app.window.second_picture import SecondPicture
from app.window.widgets.file_dialogs import pick_file
from app.window.widgets.notification import Notice, sentence_of

if TYPE_CHECKING:
    from app.analysis import Analysis
    from app.analysis.reference import Motion
    from app.core.people import FramePoses, Person
    from app.engine import Result
    from app.pipeline import Pipeline

STOP_S = 2.0
LIVE_S = 10.0
"""Seconds of a live source that are compared."""
PAUSE_FACTOR = 3.0
REFRESH_MS = 500


class Compare(QObject):
    """Owns the panel, the player of the second clip, and what belongs together: moments and people.

    A moment of the second clip or motion is ``offset_s`` seconds later than that of the open one. What is compared
    with a camera is repeated.
    """

    def __init__(self, parts: WindowParts) -> None:
        super().__init__(parts.window)
        self.panel = ComparePanel()
        self._picture = SecondPicture(parts, self.panel)
        self.offset_s = 0.0
        self.second: Player | None = None
        self._parts = parts
        self._is_linked = False
        self._pinned_s: float | None = None
        self._read: tuple[str, Analysis] | None = None
        self._number: int | None = None
        self._person: int | None = None
        self._moment_s: float | None = None  # of a motion that is moved apart from the clip
        self._state: tuple[object, ...] | None = None
        self._work = PacedWork(parts.background, "compare", self, pause_factor=PAUSE_FACTOR)
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        parts.docks.dock("compare", tr("Compare"), self.panel, Qt.DockWidgetArea.RightDockWidgetArea, 380)
        self._connect()

    # What is compared.

    def open(self, text: str) -> None:
        """Show the video ``text`` as the second clip; its people are found in the background."""
        parts = self._parts
        self.end()
        self.second = second = Player(parts.background, parts.loader.settings, "auto")
        second.models = parts.loader
        second.pipeline = parts.loader.pipeline
        second.opened.connect(self._show_second)
        second.shown.connect(self._show_picture)
        second.failed.connect(lambda error, _: self._report(error))
        second.open(text, paused=True)
        self._show_panel()

    def read(self, path: Path) -> None:
        """Compare with the motion in ``path``, a project, JSON lines or a .trc file."""

        def work() -> Analysis:
            from app.engine.reference_file import read_reference

            return read_reference(path)

        def done(analysis: Analysis) -> None:
            self.end()
            self._read, self._is_linked = (path.name, analysis), True
            self._show_second()
            self._show_panel()

        self._parts.background.run("motion", work, done, self._report, self)

    def end(self) -> None:
        """Compare with nothing."""
        if (stop := self.close()) is not None:
            self._parts.background.queue(stop, nothing, nothing, self)
        self._read = self._person = self._picture.motions = self._state = self._moment_s = None
        self._is_linked, self.offset_s = False, 0.0
        self._parts.view.show_compared(None, None)
        self._picture.end()
        self._show_curves()
        self._show_second()

    def close(self) -> Callable[[], None] | None:
        """Close the second clip; returns what stops it, to be run in a thread; None without one."""
        second, self.second = self.second, None
        if second is None:
            return None
        for signal in (second.shown, second.opened, second.failed):
            signal.disconnect()
        stop = second.close(STOP_S)
        second.deleteLater()
        return stop

    @property
    def other(self) -> Analysis | None:
        """The people of the second clip or of the motion; of the open clip while a frame is pinned; else None."""
        if self.second is not None:
            return self.second.analysis
        if self._read is not None:
            return self._read[1]
        return self._parts.player.analysis if self._pinned_s is not None else None

    # Moments that belong together.

    def link(self) -> None:
        """What both show now happens at the same moment; a motion that was not moved begins now."""
        here, there = self._parts.player.current, self.second.current if self.second is not None else None
        if here is not None and there is not None:
            self._set_offset(there.frame.time_s - here.frame.time_s)
        elif here is not None and self._read is not None and (span := self._motion_span()) is not None:
            self._set_offset((span[0] if self._moment_s is None else self._moment_s) - here.frame.time_s)

    def link_by(self, event: str) -> None:
        """The moments of ``event`` (see ``SYNC_EVENTS``) in both are the same moment; it is shown."""
        motions = self._picture.motions
        if not event or motions is None:
            return

        def work() -> tuple[float | None, float | None]:
            from app.analysis.reference import SYNC_EVENTS

            return SYNC_EVENTS[event](motions[0]), SYNC_EVENTS[event](motions[1])

        def done(found: tuple[float | None, float | None]) -> None:
            here, there = found
            if here is None or there is None:
                sentence = tr("This moment was not found in both clips: choose it by hand.")
                self._parts.stack.banner.notify(Notice("info", sentence, topic="compare"))
                return
            self._set_offset(there - here)
            self._parts.player.seek(here)

        self._parts.background.run("motion", work, done, self._report, self)

    def _set_offset(self, offset_s: float) -> None:
        self.offset_s, self._is_linked, self._moment_s = offset_s, True, None
        self._show_curves()
        if self._parts.player.current is not None:
            self._follow(self._parts.player.current)

    def _other_s(self, time_s: float) -> float:
        """The moment of the other that belongs to ``time_s`` of the open source, in seconds."""
        if self._pinned_s is not None and self.second is None and self._read is None:
            return self._pinned_s
        if self._moment_s is not None:
            return self._moment_s
        source, span = self._parts.player.source, self._motion_span()
        if span is not None and source is not None and source.live:
            return span[0] + (time_s + self.offset_s - span[0]) % max(span[1] - span[0], 1e-3)
        return time_s + self.offset_s

    def _motion_span(self) -> tuple[float, float] | None:
        """The first and the last moment of the compared person, in seconds; None while they are not known."""
        if self._picture.motions is not None and self._picture.motions[1].analysis is not self.other:
            return None
        times_s = self._picture.motions[1].times_s if self._picture.motions is not None else None
        return None if times_s is None or not len(times_s) else (float(times_s[0]), float(times_s[-1]))

    # Showing.

    def _connect(self) -> None:
        parts, panel = self._parts, self.panel
        parts.actions["second-clip"].triggered.connect(lambda _: self._pick_clip())
        parts.actions["same-moment"].triggered.connect(lambda _: self.link())
        panel.open_requested.connect(self._pick_clip)
        panel.motion_requested.connect(self._pick_motion)
        panel.ended.connect(self.end)
        panel.sync_requested.connect(self.link)
        panel.event_chosen.connect(self.link_by)
        panel.person_chosen.connect(self._choose_other)
        panel.overlay_changed.connect(lambda _: self._show_again())
        panel.table_changed.connect(self._show_table)
        panel.seek_requested.connect(self._seek_second)
        parts.people.chosen.connect(self._choose)
        parts.player.shown.connect(self._follow)
        parts.player.opened.connect(self._show_again)
        parts.loader.loaded.connect(self._use_pipeline)
        parts.review.pin.shown.connect(self._pin)
        self._timer.timeout.connect(self._refresh_shown)
        self._timer.start()

    def _use_pipeline(self, pipeline: Pipeline) -> None:
        if self.second is not None:
            self.second.set_pipeline(pipeline, self._parts.loader.settings)

    def _show_panel(self) -> None:
        self._parts.docks.dock_of("compare").show()

    def _show_second(self) -> None:
        """Show the names of what is compared and of its people."""
        other = self.other
        if self.second is not None:
            title = short_name(self.second.text)
        elif self._read is not None:
            title = self._read[0]
        else:
            title = tr("Pinned frame") if self._pinned_s is not None else ""
        people = {number: other.name(number) for number in other.ids()} if other is not None else {}
        self.panel.show_second(title, has_picture=self.second is not None, moves=bool(self._read), people=people)

    def _show_picture(self, result: Result) -> None:
        second = self.second
        if second is None:
            return
        self._picture.show(second, result)
        source = second.source
        if source is not None and source.duration_s and not self.panel.slider.isSliderDown():
            self.panel.slider.setValue(round(1000 * result.frame.time_s / source.duration_s))
        if self._parts.player.current is not None:
            self._show_person(self._parts.player.current)

    def _seek_second(self, thousandths: int) -> None:
        second = self.second
        if self._read is not None and (span := self._motion_span()) is not None:
            self._moment_s = span[0] + thousandths / 1000 * (span[1] - span[0])
            self._show_again()
        if second is not None and second.source is not None and second.source.duration_s:
            self._is_linked = False  # the two clips are moved apart, until they are linked again
            second.seek(thousandths / 1000 * second.source.duration_s)

    def _follow(self, result: Result) -> None:
        """Show the moment of the second clip that belongs to the shown one."""
        if self._is_linked and self.second is not None:
            self.second.seek(max(self._other_s(result.frame.time_s), 0.0))
        self._refresh(result)
        self._show_person(result)

    def _show_again(self) -> None:
        self._parts.view.show_compared(None, None)
        if self._parts.player.current is not None:
            self._follow(self._parts.player.current)

    def _refresh_shown(self) -> None:
        """Compute what has changed since the shown frame came, while nothing plays."""
        if self.panel.isVisible() and self._parts.player.current is not None:
            self._refresh(self._parts.player.current)

    def _refresh(self, result: Result) -> None:
        """Compute the angles of both again in the background, if something has changed."""
        here, other = self._parts.player.analysis, self.other
        number = self._chosen(result.poses)
        if here is None or other is None or number is None or not other.ids():
            return
        there = number if other is here else self._person if self._person in other.ids() else other.ids()[0]
        state = (here, here.version, number, other, other.version, there)
        if state == self._state or not self._work.ready:
            return
        threshold = self._parts.loader.settings.threshold
        source = self._parts.player.source
        last_s = LIVE_S if source is not None and source.live else inf

        def work() -> tuple[Motion, Motion]:
            from app.analysis.reference import Motion

            return Motion(here, number, threshold, last_s), Motion(other, there, threshold)

        def done(motions: tuple[Motion, Motion]) -> None:
            if other is not self.other:
                return
            is_new = self._picture.motions is None or self._picture.motions[1].number != there
            self._picture.motions, self._state = motions, state
            if is_new:
                self._show_second()
            self._show_curves()
            self._show_table()
            if self._parts.player.current is not None:
                self._show_person(self._parts.player.current)

        self._work.run(work, done, self._report)

    def _show_person(self, result: Result) -> None:
        """Draw the other person over the shown one, and the angles of both in the table."""
        if self._picture.motions is None or self.other is None:
            return
        here, there = self._picture.motions
        other = there.person_at(self._other_s(result.frame.time_s))
        onto = next((person for person in result.poses.people if person.id == here.number), None)
        self.panel.show_absent(other is None)
        self._draw(result, other, onto)
        if not self.panel.shows_ranges:
            self._show_table()

    def _draw(self, result: Result, other: Person | None, onto: Person | None) -> None:
        from dataclasses import replace

        from app.analysis.reference import fitted, relative_size

        assert self._picture.motions is not None
        here, there = self._picture.motions
        ghost = None
        if other is not None and onto is not None and self.panel.overlay.isChecked():
            scale = 1.0 if there.analysis is here.analysis else relative_size(there, other, here, onto)
            ghost = fitted(other, there.skeleton, onto, here.skeleton, scale)
        poses = replace(result.poses, people=(ghost,)) if ghost is not None else None
        self._parts.view.show_compared(poses, there.skeleton if ghost is not None else None)

    def _show_table(self) -> None:
        if self._picture.motions is None or not self.panel.isVisible():
            return
        from app.analysis.reference import compare_moments, compare_ranges

        here, there = self._picture.motions
        current = self._parts.player.current
        heading = tr("Pinned") if there.analysis is here.analysis else tr("Second")
        if self.panel.shows_ranges:
            self.panel.show_ranges(compare_ranges(here, there), heading)
        elif current is not None:
            now_s = current.frame.time_s
            self.panel.show_moment(compare_moments(here, now_s, there, self._other_s(now_s)), heading)

    def _show_curves(self) -> None:
        """Plot the curves of the other, at the moments that belong together."""
        plotted = self._parts.plots.plotted
        source = self._parts.player.source
        motions = self._picture.motions
        if motions is None or source is None or source.live or motions[0].analysis is motions[1].analysis:
            if plotted.compared_people is not None:
                plotted.compared = plotted.compared_people = None
                plotted.skip_pause()
            return
        from app.analysis.reference import retimed

        here, there = motions
        plotted.compared = retimed(there.analysis, there.number, -self.offset_s)
        plotted.compared_people = {here.number: there.number}
        plotted.skip_pause()
        self._parts.plots.refresh()

    # People.

    def _chosen(self, poses: FramePoses) -> int | None:
        """The id that is compared: the one chosen in the table of people, else the first in the frame."""
        analysis = self._parts.player.analysis
        if self._number is not None and analysis is not None and self._number in analysis.ids():
            return self._number
        known = self._picture.motions[0].number if self._picture.motions is not None else None
        present = [person.id for person in poses.people if person.id]
        return known if known in present else present[0] if present else known

    def _choose(self, number: int) -> None:
        self._number = number
        self._show_again()

    def _choose_other(self, number: object) -> None:
        self._person = number if isinstance(number, int) else None
        self._show_again()

    def _pin(self, poses: FramePoses | None) -> None:
        self._pinned_s = poses.time_s if poses is not None else None
        if self.second is None and self._read is None:
            self._picture.motions = self._state = None
            self.panel.show_moment((), "")
            self._show_second()
            self._show_again()

    # Files.

    def _pick_clip(self) -> None:
        if text := pick_file(self._parts.window, self._parts.preferences.folder):
            self.open(text)

    def _pick_motion(self) -> None:
        folder = str(self._parts.preferences.exports or self._parts.preferences.folder or "")
        name_filter = f"{tr('Motions')} (*.stance *.jsonl *.trc)"
        if file := QFileDialog.getOpenFileName(self._parts.window, tr("Compare with a motion"), folder, name_filter)[0]:
            self.read(Path(file))

    def _report(self, error: Exception) -> None:
        self._parts.stack.banner.notify(Notice("error", sentence_of(error)))

"""Connects the changes of people with undo, with the menus of table and timeline, and with further analyses."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from PyQt6.QtCore import QObject, QPoint, Qt
from PyQt6.QtGui import QAction

from app.window.core.action_specs import explain_action
from app.window.i18n.tr import tr
from app.window.player.player import Player
from app.window.review.carried_edits import CarriedEdits
from app.window.review.note_keeper import NoteKeeper
from app.window.review.people_menu import Moment, people_menu
from app.window.review.people_table import PeopleTable
from app.window.review.undo import Undo
from app.window.widgets.notification import Notice
from app.window.widgets.timeline import Timeline


class PeopleEditing(QObject):
    """Makes the steps of ``people`` undoable and opens the menus of ``people`` and ``timeline``.

    ``notify`` shows a notice, ``revert`` takes back all edits.
    """

    def __init__(
        self,
        player: Player,
        undo: Undo,
        people: PeopleTable,
        timeline: Timeline,
        notes: NoteKeeper,
        notify: Callable[[Notice], None],
        revert: QAction,
    ) -> None:
        super().__init__(people)
        self.carried = CarriedEdits(player)
        self._player = player
        self._people = people
        self._notify = notify
        people.steps.push = undo.push
        people.steps.has_ended = lambda: self.carried.has_ended
        people.menu_requested.connect(self._open_at_shown_frame)
        timeline.menu_requested.connect(self._open_at_time)
        self.carried.replaced.connect(undo.clear)
        self.carried.carried.connect(notes.match_again)
        self.carried.carried.connect(undo.changed)
        self.carried.dropped.connect(self._report_dropped)
        self._revert = revert
        revert.triggered.connect(lambda _: people.steps.revert())
        for changed in (player.opened, undo.changed, self.carried.replaced):
            changed.connect(self._update_enabled)
        player.clip_analysis.ended.connect(self._update_enabled)  # edits of an earlier session are there by then
        self._update_enabled()

    def _update_enabled(self) -> None:
        edited = self._player.analysis is not None and bool(self._player.analysis.edits)
        self._revert.setEnabled(edited)
        explain_action(self._revert, "" if edited else tr("nothing was changed"))

    def _open_at_shown_frame(self, ids: list[int], at: QPoint) -> None:
        current = self._player.current
        self._open(ids, Moment(current.frame.index, current.frame.time_s) if current is not None else None, at)

    def _open_at_time(self, number: int, time_s: float, at: QPoint) -> None:
        self._people.choose(number)
        self._open([number], self._moment_at(time_s), at)

    def _open(self, ids: list[int], moment: Moment | None, at: QPoint) -> None:
        menu = people_menu(self._people.steps, ids, moment, self._people)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    def _moment_at(self, time_s: float) -> Moment | None:
        """The analysed frame nearest to ``time_s`` seconds."""
        analysis = self._people.steps.analysis
        frames = analysis.frames() if analysis is not None else []
        if not frames:
            return None
        after = bisect_left(frames, time_s, key=lambda poses: poses.time_s)
        nearest = min(frames[max(after - 1, 0) : after + 1], key=lambda poses: abs(poses.time_s - time_s))
        return Moment(nearest.index, nearest.time_s)

    def _report_dropped(self, count: int) -> None:
        sentence = tr("{count} changes of people were dropped: the people were not found again.", count=count)
        self._notify(Notice("info", sentence))

"""Marks: moments of a clip that the user has marked, with or without a name."""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, NamedTuple

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QAction

from app.window.player.player import Player

if TYPE_CHECKING:  # it imports msgspec, which the window does not wait for
    from app.project.kept_notes import ClipNotes

SAME_S = 0.0005
"""Times less than this far apart, in seconds, are those of the same frame."""
MAX_MARKS = 1000


class Mark(NamedTuple):
    """A marked moment in seconds; the name may be empty."""

    time_s: float
    name: str = ""


class TimeMarks(QObject):
    """Owns the ``marks`` of the open file, in order of time; sets, removes and visits them by ``actions``.

    ``shown`` is emitted whenever they may have changed, ``changed`` when the user changed them.
    """

    shown = pyqtSignal()
    changed = pyqtSignal()

    def __init__(self, player: Player, actions: dict[str, QAction]) -> None:
        super().__init__(player)
        self.marks: list[Mark] = []
        self._player = player
        self._asked_s: float | None = None  # the mark that is on its way to the screen
        for name, callback in (
            ("mark", self.mark),
            ("mark-delete", self.remove_current),
            ("mark-back", lambda: self._visit(-1)),
            ("mark-forward", lambda: self._visit(1)),
        ):
            actions[name].triggered.connect(lambda _, callback=callback: callback())

    # Part of the clip's notes.

    def forget(self) -> None:
        """Another source is opened: it has no marks yet."""
        self.marks, self._asked_s = [], None
        self.shown.emit()

    def restore(self, notes: ClipNotes) -> None:
        """Add the marks of ``notes`` to those that were set before they were loaded."""
        for entry in notes.marks:
            if self._place(entry.time_s) is None:
                insort(self.marks, Mark(entry.time_s, entry.name))
        self.shown.emit()

    def noted(self, notes: ClipNotes) -> ClipNotes:
        """``notes`` with the marks."""
        import msgspec

        from app.project.kept_notes import MarkEntry

        return msgspec.structs.replace(notes, marks=[MarkEntry(*mark) for mark in self.marks])

    # Changes by the user.

    def mark(self) -> None:
        """Mark the shown frame; a frame is marked once."""
        time_s = self._shown_s()
        if time_s is not None and self._place(time_s) is None and len(self.marks) < MAX_MARKS:
            insort(self.marks, Mark(time_s))
            self._note()

    def remove_current(self) -> None:
        """Remove the mark of the shown frame, if it has one."""
        time_s = self._shown_s()
        if time_s is not None and (place := self._place(time_s)) is not None:
            self.remove(place)

    def remove(self, place: int) -> None:
        """Remove the mark number ``place``."""
        del self.marks[place]
        self._note()

    def rename(self, place: int, name: str) -> None:
        """Give the mark number ``place`` a name; an empty one removes it."""
        name = name.strip()[:1000]
        if name != self.marks[place].name:
            self.marks[place] = self.marks[place]._replace(name=name)
            self._note()

    def show(self, place: int) -> None:
        """Show the frame of the mark number ``place``."""
        self._asked_s = self.marks[place].time_s
        self._player.seek(self._asked_s)

    def _visit(self, direction: int) -> None:
        """Show the frame of the next (1) or the previous (-1) mark."""
        time_s = self._asked_s if self._player.seeking and self._asked_s is not None else self._shown_s()
        if time_s is None:
            return
        places = range(len(self.marks)) if direction > 0 else reversed(range(len(self.marks)))
        found = next((place for place in places if direction * (self.marks[place].time_s - time_s) > SAME_S), None)
        if found is not None:
            self.show(found)

    def _note(self) -> None:
        self.shown.emit()
        self.changed.emit()

    def _shown_s(self) -> float | None:
        """The time of the shown frame of a file."""
        current = self._player.current
        return current.frame.time_s if current is not None and self._player.seekable else None

    def _place(self, time_s: float) -> int | None:
        return next((n for n, mark in enumerate(self.marks) if abs(mark.time_s - time_s) < SAME_S), None)

"""Marks and the dialog to go to a time or frame: creates them and connects them with the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt

from app.window.i18n.tr import tr
from app.window.parts import WindowParts
from app.window.review.marks_panel import MarksPanel
from app.window.review.time_marks import TimeMarks

if TYPE_CHECKING:  # these import OpenCV, which the window does not wait for, and the dialog
    from app.engine import Result
    from app.window.dialogs.go_to_dialog import GoToDialog


class Marking(QObject):
    """Owns ``marks`` and the open dialog; docks the panel of marks, which the timeline shows and the notes keep."""

    def __init__(self, parts: WindowParts) -> None:
        super().__init__(parts.window)
        self._window = parts.window
        self._player = parts.player
        self._dialog: GoToDialog | None = None
        self.marks = marks = TimeMarks(parts.player, parts.actions)
        self.panel = MarksPanel(marks)
        parts.docks.dock("marks", tr("Marks"), self.panel, Qt.DockWidgetArea.LeftDockWidgetArea, 340)
        timeline = parts.controls.timeline
        marks.shown.connect(lambda: timeline.show_marks([(mark.time_s, mark.name) for mark in marks.marks]))
        marks.changed.connect(parts.notes.save_soon)
        parts.notes.add(marks)
        parts.dialogs.marks_s = lambda: [mark.time_s for mark in marks.marks]
        parts.player.shown.connect(self._show_place)
        parts.actions["go-to"].triggered.connect(lambda _: self.ask_where())

    def ask_where(self) -> None:
        """Ask for a time or a frame, and show it."""
        current = self._player.current
        if current is None or not self._player.seekable:
            return
        if self._dialog is None:
            from app.window.dialogs.go_to_dialog import GoToDialog

            if self._player.seeking:  # the frame that was asked for is on its way
                dialog = GoToDialog(None, None, self._window)
            else:
                dialog = GoToDialog(current.frame.time_s, current.frame.index, self._window)
            self._dialog = dialog
            dialog.time_chosen.connect(self._player.seek)
            dialog.frame_chosen.connect(self._player.seek_index)
            dialog.finished.connect(self._forget_dialog)
            dialog.show()
        self._dialog.activateWindow()

    def _show_place(self, result: Result) -> None:
        """Show the place of the frame in the dialog, if it waits for that and no other frame was asked for."""
        if self._dialog is not None and self._dialog.is_pending and not self._player.overtaken:
            self._dialog.show_place(result.frame.time_s, result.frame.index)

    def _forget_dialog(self) -> None:
        dialog, self._dialog = self._dialog, None
        if dialog is not None:
            dialog.deleteLater()

"""Files, folders and addresses that are dropped on the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QObject
from PyQt6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent

from app.window.picking import dropped, is_network
from app.window.words import tr

if TYPE_CHECKING:
    from app.window.main_window import MainWindow


class Drops(QObject):
    """Opens the first of what is dropped on ``window``, or imports it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Say what a drop would do, and do it."""
        if isinstance(event, QDragEnterEvent):
            if text := dropped(event):
                event.acceptProposedAction()
                self._window.stage.show_doing(tr("Drop to import") if is_network(text) else tr("Drop to open"))
        elif isinstance(event, QDragLeaveEvent):
            self._window.show_doing()
        elif isinstance(event, QDropEvent):
            self._window.show_doing()
            if text := dropped(event):
                event.acceptProposedAction()
                self._open(text)
        else:
            return False
        return True

    def _open(self, text: str) -> None:
        if is_network(text):
            self._window.importer.take(Path(text))
        else:
            self._window.open(text)

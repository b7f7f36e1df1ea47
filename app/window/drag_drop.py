"""Files, folders and addresses that are dropped on the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QEvent, QObject, pyqtSignal
from PyQt6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PyQt6.QtWidgets import QWidget

from app.window.i18n.tr import tr
from app.window.widgets.file_dialogs import all_dropped, dropped, is_network


class DragDrop(QObject):
    """Accepts drops on ``window`` and emits what the first dropped item is.

    ``show_hint`` gets what a drop would do while something is dragged over the window; ``hide_hint`` is called after.
    """

    source_dropped = pyqtSignal(str)
    clips_dropped = pyqtSignal(object)  # paths: several files, or a folder
    network_dropped = pyqtSignal(Path)

    def __init__(self, window: QWidget, show_hint: Callable[[str], None], hide_hint: Callable[[], None]) -> None:
        super().__init__(window)
        self._show_hint = show_hint
        self._hide_hint = hide_hint
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Show the hint while something is dragged; take the drop."""
        if isinstance(event, QDragEnterEvent):
            if text := dropped(event):
                event.acceptProposedAction()
                self._show_hint(tr("Drop to import") if is_network(text) else tr("Drop to open"))
        elif isinstance(event, QDragLeaveEvent):
            self._hide_hint()
        elif isinstance(event, QDropEvent):
            self._hide_hint()
            if text := dropped(event):
                event.acceptProposedAction()
                self._take(text, all_dropped(event))
        else:
            return False
        return True

    def _take(self, text: str, paths: list[Path]) -> None:
        if is_network(text):
            self.network_dropped.emit(Path(text))
        elif len(paths) > 1 or (paths and paths[0].is_dir()):
            self.clips_dropped.emit(paths)
        else:
            self.source_dropped.emit(text)

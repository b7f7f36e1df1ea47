"""What the window is waiting for: a source that is being opened, models that are being loaded or imported."""

from __future__ import annotations

from PyQt6.QtCore import QObject

from app.window.i18n.tr import tr
from app.window.models.importer import Importer
from app.window.models.loader import LOADING, ModelLoader
from app.window.player.player import Player
from app.window.video.video_stack import VideoStack


class Activity(QObject):
    """Shows on ``video_stack`` what ``player``, ``loader`` and ``importer`` are doing; opening a source comes first."""

    def __init__(self, video_stack: VideoStack, player: Player, loader: ModelLoader, importer: Importer) -> None:
        super().__init__(video_stack)
        self._video_stack = video_stack
        self._loader = loader
        self._opening = self._loading = ""
        player.activity_changed.connect(self._set_opening)
        loader.activity_changed.connect(self._set_loading)
        importer.activity_changed.connect(self._set_loading)

    def show(self) -> None:
        """Show it (again); fetching and converting, which take longer than loading, can be cancelled."""
        cancellable = self._loading not in ("", tr(LOADING)) and not self._opening
        self._video_stack.show_doing(self._opening or self._loading, self._loader.cancel if cancellable else None)

    def _set_opening(self, text: str) -> None:
        self._opening = text
        self.show()

    def _set_loading(self, text: str) -> None:
        self._loading = text
        self.show()

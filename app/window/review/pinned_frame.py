"""The pinned frame: its people stay visible under those of other frames, for comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QAction

from app.window.player.player import Player

if TYPE_CHECKING:
    from app.core.people import FramePoses


class PinnedFrame(QObject):
    """Pins and unpins the shown frame by ``action``; ``poses`` are its people (None: no frame is pinned).

    ``shown`` emits ``poses`` whenever they may have changed; ``changed`` is emitted when the user changed them.
    """

    shown = pyqtSignal(object)
    changed = pyqtSignal()

    def __init__(self, player: Player, action: QAction) -> None:
        super().__init__(player)
        self.poses: FramePoses | None = None
        self._player = player
        self._action = action
        action.triggered.connect(self._pin_shown)

    def show(self, poses: FramePoses | None) -> None:
        """Show ``poses`` as the pinned frame; None removes it."""
        self.poses = poses
        self._action.setChecked(poses is not None)
        self.shown.emit(poses)

    def _pin_shown(self, on: bool) -> None:
        current = self._player.current if on else None
        self.show(current.poses if current is not None else None)
        self.changed.emit()

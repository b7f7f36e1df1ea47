"""The mode in which keypoints are corrected in the picture: its switch, its tool and its work."""

from __future__ import annotations

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QAction

from app.window.core.tasks import TaskRunner
from app.window.player.player import Player
from app.window.review.correct_tool import CorrectTool
from app.window.review.keypoint_corrections import KeypointCorrections
from app.window.review.undo import Undo
from app.window.video.video_view import VideoView
from app.window.video.view_tool import ViewTool


class CorrectMode(QObject):
    """Switches the tool that corrects keypoints on and off, by ``action``. Playing pauses while it is switched on."""

    def __init__(self, background: TaskRunner, player: Player, view: VideoView, undo: Undo, action: QAction) -> None:
        super().__init__(view)
        self.corrections = KeypointCorrections(background, player, undo)
        self._player = player
        self._view = view
        self._action = action
        self._tool = CorrectTool(view, self.corrections, self._stretch)
        action.triggered.connect(self._switch)
        view.tools.changed.connect(self._follow)
        player.opened.connect(self._leave)

    def is_busy(self) -> bool:
        """Place a keypoint that keys have moved; returns whether changes are being computed."""
        self._tool.finish_move()
        return self.corrections.busy

    def _switch(self, on: bool) -> None:
        if on:
            self._player.pause()
        self._view.tools.use(self._tool if on else None)

    def _follow(self, used: ViewTool | None) -> None:
        self._action.setChecked(used is self._tool)

    def _leave(self) -> None:
        """Leave the mode where the new source has no timeline."""
        if self._view.tools.used is self._tool and not self._player.seekable:
            self._view.tools.use(None)

    def _stretch(self) -> tuple[int, int] | None:
        """The first and the last frame between the in point and the out point; None where one is missing."""
        playback, analysis = self._player.playback, self._player.analysis
        if playback.in_s is None or playback.out_s is None or analysis is None:
            return None
        first, last = analysis.index_at(playback.in_s), analysis.index_at(playback.out_s)
        return (first, last) if first is not None and last is not None else None

"""The central area: welcome page or video, with notifications floating over it."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QMouseEvent, QResizeEvent
from PyQt6.QtWidgets import QStackedLayout, QWidget

from app.window.video.recording_badge import RecordingBadge
from app.window.video.video_view import VideoView
from app.window.widgets.activity_pill import ActivityPill
from app.window.widgets.notification import Banner

HIDE_DELAY_MS = 2500
"""Widgets floating at the bottom are hidden after the pointer has rested for this many milliseconds."""


class VideoStack(QWidget):
    """Stacks welcome page and video; ``banner`` floats at the top, the activity and ``recorded`` at the bottom."""

    def __init__(self, welcome: QWidget, view: VideoView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self._stack = QStackedLayout(self)
        self._welcome = welcome
        self._stack.addWidget(welcome)
        self._stack.addWidget(view)
        self.view = view
        self.banner = Banner(self)
        self._activity = ActivityPill(self)
        self.recorded = RecordingBadge(self)
        self._floating: QWidget | None = None
        self._hide_timer = QTimer(self)
        self._hide_timer.setSingleShot(True)
        self._hide_timer.setInterval(HIDE_DELAY_MS)
        self._hide_timer.timeout.connect(self._hide_floating)

    @property
    def doing(self) -> str:
        """Text of the current activity."""
        return self._activity.text

    def show_video(self) -> None:
        """Show the video."""
        self._stack.setCurrentWidget(self.view)
        self._place_floating()

    def show_welcome(self) -> None:
        """Show the welcome page."""
        self._stack.setCurrentWidget(self._welcome)
        self._place_floating()

    def show_doing(self, text: str, cancel: Callable[[], object] | None = None) -> None:
        """Show a short text of the current activity (empty: none), with a button for ``cancel`` if given."""
        self._activity.say(text, cancel)
        self._place_floating()

    def float_at_bottom(self, widget: QWidget | None) -> None:
        """Float ``widget`` over the bottom of the video while the pointer moves; None removes it."""
        self._floating = widget
        self.view.unsetCursor()
        self._hide_timer.stop()
        if widget is not None:
            widget.setParent(self)
            self._show_floating()
        self._place_floating()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Show the floating widget again."""
        self._show_floating()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Move floating widgets to their places."""
        super().resizeEvent(event)
        self._place_floating()

    def _show_floating(self) -> None:
        if self._floating is not None:
            self._floating.show()
            self.view.unsetCursor()
            self._hide_timer.start()

    def _hide_floating(self) -> None:
        if self._floating is None:
            return
        if self._floating.underMouse():
            self._hide_timer.start()
        else:
            self._floating.hide()
            self.view.setCursor(Qt.CursorShape.BlankCursor)

    def _place_floating(self) -> None:
        bottom = self.height()
        if self._floating is not None:
            height = self._floating.sizeHint().height()
            self._floating.setGeometry(0, bottom - height, self.width(), height)
            self._floating.raise_()
            bottom -= height
        self._activity.fit(bottom)
        self.recorded.fit(bottom)
        self.banner.fit()
        self.banner.raise_()

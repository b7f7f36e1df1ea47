"""The place of the picture: invitation or video, with messages floating over it."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QMouseEvent, QResizeEvent
from PyQt6.QtWidgets import QStackedLayout, QWidget

from app.window.banner import Banner
from app.window.doing import Doing
from app.window.video_view import VideoView

REST_MS = 2500
"""What floats at the bottom leaves when the pointer has rested for so long."""


class Stage(QWidget):
    """Stacks the welcome and the video; ``banner`` floats at the top, what is being done at the bottom."""

    def __init__(self, welcome: QWidget, view: VideoView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self._stack = QStackedLayout(self)
        self._welcome = welcome
        self._stack.addWidget(welcome)
        self._stack.addWidget(view)
        self._view = view
        self.banner = Banner(self)
        self._doing = Doing(self)
        self._floating: QWidget | None = None
        self._resting = QTimer(self)
        self._resting.setSingleShot(True)
        self._resting.setInterval(REST_MS)
        self._resting.timeout.connect(self._rest)

    @property
    def doing(self) -> str:
        """What is said to be going on."""
        return self._doing.text

    def show_video(self) -> None:
        """The video instead of the invitation."""
        self._stack.setCurrentWidget(self._view)
        self._fit()

    def show_welcome(self) -> None:
        """The invitation instead of the video."""
        self._stack.setCurrentWidget(self._welcome)
        self._fit()

    def show_doing(self, text: str, cancel: Callable[[], object] | None = None) -> None:
        """Say in a few words what is going on (empty: nothing), and offer to ``cancel`` it."""
        self._doing.say(text, cancel)
        self._fit()

    def float_at_bottom(self, widget: QWidget | None) -> None:
        """Lay ``widget`` over the lower end of the picture while the pointer moves (None: nothing more)."""
        self._floating = widget
        self._view.unsetCursor()
        self._resting.stop()
        if widget is not None:
            widget.setParent(self)
            self._stir()
        self._fit()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Show again what floats."""
        self._stir()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep what floats in its place."""
        super().resizeEvent(event)
        self._fit()

    def _stir(self) -> None:
        if self._floating is not None:
            self._floating.show()
            self._view.unsetCursor()
            self._resting.start()

    def _rest(self) -> None:
        if self._floating is None:
            return
        if self._floating.underMouse():
            self._resting.start()
        else:
            self._floating.hide()
            self._view.setCursor(Qt.CursorShape.BlankCursor)

    def _fit(self) -> None:
        bottom = self.height()
        if self._floating is not None:
            height = self._floating.sizeHint().height()
            self._floating.setGeometry(0, bottom - height, self.width(), height)
            self._floating.raise_()
            bottom -= height
        self._doing.fit(bottom)
        self.banner.fit()
        self.banner.raise_()

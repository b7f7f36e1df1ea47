"""Draws a line on the picture with the mouse, to state a length or the floor."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QEvent, QPointF, Qt
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QWidget

from app.window.i18n.tr import tr
from app.window.video.video_view import VideoView

Line = tuple[float, float, float, float]

COLOR, OUTLINE = QColor(255, 214, 10), QColor(16, 18, 26, 200)
WIDTH, END = 2.0, 5.0
"""Width of the line and radius of its ends, in logical pixels."""
MIN_LENGTH = 4.0
"""A shorter line is a slip of the mouse, in logical pixels."""


def begin_line(view: VideoView, done: Callable[[Line], None]) -> None:
    """Let the user draw a line on ``view`` instead of one that is being drawn; ``done``: see ``LineTool``."""
    end_line(view)
    LineTool(view, done)


def end_line(view: VideoView) -> None:
    """Give up a line that is being drawn on ``view``."""
    for tool in view.findChildren(LineTool):
        tool.finish()


class LineTool(QWidget):
    """Lies over ``view`` while a line is drawn; ``done`` gets x y x y of its ends, in pixels of the source."""

    def __init__(self, view: VideoView, done: Callable[[Line], None]) -> None:
        super().__init__(view)
        self._view = view
        self._done = done
        self._start: QPointF | None = None
        self._end = QPointF()
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName(tr("Draw a line on the picture"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setGeometry(view.rect())
        self.show()
        self.raise_()
        self.setFocus()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Begin the line."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._start = self._end = event.position()
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Move the end of the line."""
        if event is not None and self._start is not None:
            self._end = event.position()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Finish the line; one that is too short is begun again."""
        start, self._start = self._start, None
        if event is None or start is None:
            return
        if (event.position() - start).manhattanLength() < MIN_LENGTH:
            self.update()
            return
        first, second = (self._view.to_picture(place) for place in (start, event.position()))
        self.finish()
        self._done((first.x(), first.y(), second.x(), second.y()))

    def event(self, event: QEvent | None) -> bool:
        """Take Esc before the window's shortcuts do."""
        is_key = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if event is not None and is_key and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Esc: draw no line."""
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.finish()
        else:
            super().keyPressEvent(event)

    def finish(self) -> None:
        """Remove the tool from the picture; idempotent."""
        self.hide()
        self.deleteLater()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the line so far, or what to do."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._start is None:
            text = tr("Drag a line over the picture. Esc: cancel")
            box = painter.fontMetrics().boundingRect(text).adjusted(-12, -7, 12, 7)
            box.moveCenter(self.rect().center())
            box.moveTop(12)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(OUTLINE)
            painter.drawRoundedRect(box, 8, 8)
            painter.setPen(Qt.GlobalColor.white)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
            return
        for color, width in ((OUTLINE, WIDTH + 2), (COLOR, WIDTH)):
            painter.setPen(QPen(color, width))
            painter.drawLine(self._start, self._end)
        painter.setBrush(COLOR)
        for place in (self._start, self._end):
            painter.drawEllipse(place, END, END)

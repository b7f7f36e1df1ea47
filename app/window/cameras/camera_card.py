"""A camera as one sees it before choosing it: what it shows just now, and its name."""

from __future__ import annotations

from PyQt6.QtCore import QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QFocusEvent, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PyQt6.QtWidgets import QAbstractButton, QWidget

from app.window.icons import icon
from app.window.theme import colors
from app.window.words import tr

WIDTH, HEIGHT, FOOT = 168, 95, 24
RADIUS = 8.0


class CameraCard(QAbstractButton):
    """Shows camera ``index``; a click chooses it."""

    def __init__(self, index: int, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.index = index
        self.setText(name)
        self.setFixedSize(WIDTH, HEIGHT + FOOT)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._picture: QImage | None = None
        self.state = ""
        self._tell(tr("Looking …"))

    @property
    def picture(self) -> QImage | None:
        """What the camera showed last; None where it shows nothing."""
        return self._picture

    def show_picture(self, picture: QImage | None) -> None:
        """The newest picture of the camera; None: another program has it."""
        self._picture = picture
        self._tell("" if picture is not None else tr("In use"))

    def sizeHint(self) -> QSize:
        """Always the same."""
        return QSize(WIDTH, HEIGHT + FOOT)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """The picture with round corners, the name under it."""
        chosen = colors()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        frame = QRectF(0.75, 0.75, WIDTH - 1.5, HEIGHT - 1.5)
        shape = QPainterPath()
        shape.addRoundedRect(frame, RADIUS, RADIUS)
        painter.fillPath(shape, QColor(chosen.field))
        painter.save()
        painter.setClipPath(shape)
        if self._picture is not None:
            self._draw_picture(painter, self._picture)
        else:
            icon("camera", chosen.faint).paint(painter, QRect(0, HEIGHT // 2 - 24, WIDTH, 26))
        painter.restore()
        lit = self.underMouse() or self.hasFocus()
        painter.setPen(QPen(QColor(chosen.accent if lit else chosen.line), 1.5 if lit else 1))
        painter.drawPath(shape)
        painter.setPen(QColor(chosen.faint))
        if self.state:
            painter.drawText(QRect(0, HEIGHT // 2 + 8, WIDTH, 22), Qt.AlignmentFlag.AlignCenter, self.state)
        painter.setPen(QColor(chosen.text))
        name = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, WIDTH - 4)
        painter.drawText(QRect(0, HEIGHT + 2, WIDTH, FOOT - 2), Qt.AlignmentFlag.AlignCenter, name)

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        """Show that the keyboard is here."""
        super().focusInEvent(event)
        self.update()

    def _draw_picture(self, painter: QPainter, picture: QImage) -> None:
        """Fill the frame; what does not fit is cut off on both sides alike."""
        scale = max(WIDTH / picture.width(), HEIGHT / picture.height())
        width, height = picture.width() * scale, picture.height() * scale
        painter.drawImage(QRectF((WIDTH - width) / 2, (HEIGHT - height) / 2, width, height), picture)

    def _tell(self, state: str) -> None:
        self.state = state
        described = f"{self.text()}, {state}" if state else self.text()
        self.setAccessibleName(tr("Camera {name}", name=described))
        self.setToolTip(described)
        self.update()

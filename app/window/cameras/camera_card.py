"""A card with the live preview and the name of a camera."""

from __future__ import annotations

from PyQt6.QtCore import QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QFocusEvent, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PyQt6.QtWidgets import QAbstractButton, QWidget

from app.window.i18n.tr import tr
from app.window.style.icons import icon
from app.window.style.theme import colors

WIDTH, HEIGHT, NAME_HEIGHT = 168, 95, 24
RADIUS = 8.0


class CameraCard(QAbstractButton):
    """Shows camera ``index``; a click chooses it."""

    def __init__(self, index: int, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.index = index
        self.setText(name)
        self.setFixedSize(WIDTH, HEIGHT + NAME_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._picture: QImage | None = None
        self.state = ""
        self._set_state(tr("Loading preview …"))

    @property
    def picture(self) -> QImage | None:
        """The latest preview image; None if there is none."""
        return self._picture

    def show_picture(self, picture: QImage | None) -> None:
        """Show the latest preview image; None if another program uses the camera."""
        self._picture = picture
        self._set_state("" if picture is not None else tr("In use"))

    def sizeHint(self) -> QSize:
        """Fixed size of the card."""
        return QSize(WIDTH, HEIGHT + NAME_HEIGHT)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the preview with rounded corners and the name below it."""
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
        highlighted = self.underMouse() or self.hasFocus()
        painter.setPen(QPen(QColor(chosen.accent if highlighted else chosen.line), 1.5 if highlighted else 1))
        painter.drawPath(shape)
        painter.setPen(QColor(chosen.faint))
        if self.state:
            painter.drawText(QRect(0, HEIGHT // 2 + 8, WIDTH, 22), Qt.AlignmentFlag.AlignCenter, self.state)
        painter.setPen(QColor(chosen.text))
        name = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, WIDTH - 4)
        painter.drawText(QRect(0, HEIGHT + 2, WIDTH, NAME_HEIGHT - 2), Qt.AlignmentFlag.AlignCenter, name)

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        """Repaint to show the focus."""
        super().focusInEvent(event)
        self.update()

    def _draw_picture(self, painter: QPainter, picture: QImage) -> None:
        """Paint the preview scaled to fill the frame, cropped centrally."""
        scale = max(WIDTH / picture.width(), HEIGHT / picture.height())
        width, height = picture.width() * scale, picture.height() * scale
        painter.drawImage(QRectF((WIDTH - width) / 2, (HEIGHT - height) / 2, width, height), picture)

    def _set_state(self, state: str) -> None:
        self.state = state
        description = f"{self.text()}, {state}" if state else self.text()
        self.setAccessibleName(tr("Camera {name}", name=description))
        self.setToolTip(description)
        self.update()

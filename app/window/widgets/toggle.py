"""A switch: a check box drawn as a toggle."""

from __future__ import annotations

from PyQt6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QCheckBox, QWidget

from app.window.style.theme import colors

WIDTH, HEIGHT = 34, 20


class Switch(QCheckBox):
    """The text at the left, the switch at the right."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setAccessibleName(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """Size of text and switch."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + WIDTH + 12, HEIGHT + 8)

    def hitButton(self, pos: QPoint) -> bool:
        """The whole widget is clickable."""
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the text, a rounded track and a knob."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = colors()
        painter.setPen(QColor(chosen.text if self.isEnabled() else chosen.faint))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())
        track = QRectF(self.width() - WIDTH - 1, (self.height() - HEIGHT) / 2, WIDTH, HEIGHT)
        if self.hasFocus():
            painter.setPen(QColor(chosen.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        on = self.isChecked()
        is_lit = on and self.isEnabled()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(chosen.accent if is_lit else chosen.line))
        painter.drawRoundedRect(track, HEIGHT / 2, HEIGHT / 2)
        painter.setBrush(QColor("#ffffff" if is_lit else chosen.faint))
        x = track.right() - HEIGHT / 2 if on else track.left() + HEIGHT / 2
        painter.drawEllipse(QPointF(x, track.center().y()), HEIGHT / 2 - 3, HEIGHT / 2 - 3)

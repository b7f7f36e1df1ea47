"""Paints the last frame of a lost camera."""

from __future__ import annotations

from PyQt6.QtCore import QRect, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QImage, QPainter

DIM_COLOR = QColor(15, 16, 18, 150)
PLATE_COLOR = QColor(15, 16, 18, 215)
TEXT_COLOR = QColor(240, 240, 242)
POINTS, MIN_POINTS, MARGIN = 15, 9, 12
"""Font size in points, its minimum in narrow views, and the margin around the text in pixels."""


def paint_lost(painter: QPainter, picture: QImage, area: QRect, words: str, ratio: float) -> None:
    """Paint the last ``picture`` in gray over ``area`` with ``words`` on it; ``ratio`` is the device pixel ratio."""
    painter.drawImage(area.topLeft(), picture.convertToFormat(QImage.Format.Format_Grayscale8))
    painter.fillRect(area, DIM_COLOR)
    window = painter.viewport()
    visible = QRectF(area.intersected(QRect(0, 0, round(window.width() * ratio), round(window.height() * ratio))))
    font, margin = QFont(painter.font()), MARGIN * ratio
    flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
    for points in range(POINTS, MIN_POINTS - 1, -1):
        font.setPixelSize(max(round(points * 4 / 3 * ratio), 1))
        painter.setFont(font)
        inner = visible.adjusted(2 * margin, 2 * margin, -2 * margin, -2 * margin)
        text_rect = painter.boundingRect(inner, flags, words)
        if text_rect.width() <= inner.width() and text_rect.height() <= inner.height():
            break
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(PLATE_COLOR)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.drawRoundedRect(text_rect.adjusted(-margin, -margin, margin, margin), margin, margin)
    painter.setPen(TEXT_COLOR)
    painter.drawText(text_rect, flags, words)

"""Icons from ``assets/icons``, drawn in the theme's text color."""

from __future__ import annotations

from functools import cache

from PyQt6.QtCore import QByteArray, QRectF, Qt
from PyQt6.QtGui import QIcon, QPainter, QPixmap
from PyQt6.QtSvg import QSvgRenderer

from app.window.style.theme import ICONS, colors

SIZES = (20, 40, 60, 80)
"""Icon sizes in pixels: 20 logical pixels at device pixel ratios 1 to 4."""


def icon(name: str, color: str = "") -> QIcon:
    """``assets/icons/NAME.svg`` in ``color`` (empty: the text color), gray when disabled."""
    drawing = _drawing(name)
    chosen = colors()
    result = QIcon()
    for mode, stroke in ((QIcon.Mode.Normal, color or chosen.text), (QIcon.Mode.Disabled, chosen.line)):
        renderer = QSvgRenderer(QByteArray(drawing.replace("currentColor", stroke).encode()))
        for size in SIZES:
            pixmap = QPixmap(size, size)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            renderer.render(painter, QRectF(0, 0, size, size))
            painter.end()
            result.addPixmap(pixmap, mode)
    return result


@cache
def _drawing(name: str) -> str:
    return (ICONS / f"{name}.svg").read_text(encoding="utf-8")

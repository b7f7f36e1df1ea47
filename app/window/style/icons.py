"""Icons from ``assets/icons``, drawn in the colour of the text around them."""

from __future__ import annotations

from PyQt6.QtCore import QByteArray, QRectF, Qt
from PyQt6.QtGui import QIcon, QPainter, QPixmap
from PyQt6.QtSvg import QSvgRenderer

from app.window.theme import ICONS, colors

SIZES = (20, 40, 60, 80)
"""Pixels a side: an icon of 20 on screens of up to four times the density."""


def icon(name: str, color: str = "") -> QIcon:
    """``assets/icons/NAME.svg`` in ``color`` (empty: the text's), greyed where it is disabled."""
    drawing = (ICONS / f"{name}.svg").read_text(encoding="utf-8")
    chosen = colors()
    made = QIcon()
    for mode, ink in ((QIcon.Mode.Normal, color or chosen.text), (QIcon.Mode.Disabled, chosen.line)):
        renderer = QSvgRenderer(QByteArray(drawing.replace("currentColor", ink).encode()))
        for size in SIZES:
            pixmap = QPixmap(size, size)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            renderer.render(painter, QRectF(0, 0, size, size))
            painter.end()
            made.addPixmap(pixmap, mode)
    return made

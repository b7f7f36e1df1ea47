"""Painting the overlay's shapes by Qt: vectors, sharp at any size."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from math import atan2, cos, hypot, sin
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QPainter, QPainterPath, QTransform

if TYPE_CHECKING:
    from app.overlay import Dot, Line, Shape, Text


def paint_shapes(painter: QPainter, shapes: Iterable[Shape], to_screen: QTransform) -> None:
    """Paint ``shapes`` (in pixels of the picture, whose centres are integers) in their order.

    ``to_screen`` maps the picture, whose first pixel reaches from 0 to 1, to the painter's pixels. Neighbours of one
    ink that covers partly are one area.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    centred = QTransform.fromTranslate(0.5, 0.5) * to_screen
    for ink, group in groupby(shapes, key=lambda shape: shape.ink):
        color = QColor(ink.red, ink.green, ink.blue, round(255 * ink.cover))
        area = QPainterPath()
        area.setFillRule(Qt.FillRule.WindingFill)
        for shape in group:
            kind = type(shape).__name__
            if kind == "Line":
                _add_line(area, shape)
            elif kind == "Dot":
                area.addPath(_capsule(shape.at, 0.0, 0.0, shape.radius))
            else:
                _write(painter, shape, color, centred)
        painter.fillPath(centred.map(area), color)

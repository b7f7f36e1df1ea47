"""Paints the shapes of the 3-D view with Qt, as vectors."""

from __future__ import annotations

from collections.abc import Iterable
from math import hypot

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF

from app.overlay.shape import Color, Dot, Line, TaperedBone, Text, outline
from app.overlay.space_scene import OUTLINE, SpaceColors, SpaceShape, Stick
from app.window.style.theme import DARK, colors

DARK_SPACE = SpaceColors(
    background=Color(23, 24, 27),
    grid=Color(52, 54, 60),
    shadow=Color(10, 11, 12),
    outline=Color(6, 7, 9),
    text=Color(200, 202, 208),
)
LIGHT_SPACE = SpaceColors(
    background=Color(236, 237, 240),
    grid=Color(206, 208, 214),
    shadow=Color(202, 204, 210),
    outline=Color(58, 60, 66),
    text=Color(70, 72, 78),
)


def space_colors() -> SpaceColors:
    """The colors of the view in the current theme."""
    return DARK_SPACE if colors() is DARK else LIGHT_SPACE


def paint_space(painter: QPainter, shapes: Iterable[SpaceShape], outline_color: Color) -> None:
    """Paint ``shapes`` in order, in pixels of ``painter``; dots have an outline."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    edge, none = QPen(QColor(*outline_color[:3]), OUTLINE), QPen(Qt.PenStyle.NoPen)
    known: dict[Color, QColor] = {}
    outlined: bool | None = None  # whether the pen is that of dots; setting it again takes time
    for shape in shapes:
        color = known.get(shape.color)
        if color is None:
            color = known[shape.color] = QColor(*shape.color[:3])
        if isinstance(shape, Stick | TaperedBone | Dot):
            if outlined is not isinstance(shape, Dot):
                outlined = isinstance(shape, Dot)
                painter.setPen(edge if outlined else none)
            painter.setBrush(color)
        else:
            outlined = None
        if isinstance(shape, Stick):
            _draw_stick(painter, shape)
        elif isinstance(shape, Dot):
            radius = shape.radius + OUTLINE / 2
            painter.drawEllipse(QPointF(*shape.at), radius, radius)
        elif isinstance(shape, Line):
            painter.setPen(QPen(color, shape.width))
            painter.drawLine(QPointF(*shape.a), QPointF(*shape.b))
        elif isinstance(shape, TaperedBone):
            painter.drawConvexPolygon(QPolygonF([QPointF(*corner) for corner in outline(shape, shape.width)]))
        else:
            painter.setPen(color)
            _write(painter, shape)
    painter.restore()


def _draw_stick(painter: QPainter, stick: Stick) -> None:
    (ax, ay), (bx, by) = stick.a, stick.b
    length = max(hypot(bx - ax, by - ay), 1e-6)
    nx, ny = (ay - by) / length / 2, (bx - ax) / length / 2
    at_a, at_b = stick.width_a, stick.width_b
    painter.drawConvexPolygon(
        QPointF(ax + nx * at_a, ay + ny * at_a),
        QPointF(bx + nx * at_b, by + ny * at_b),
        QPointF(bx - nx * at_b, by - ny * at_b),
        QPointF(ax - nx * at_a, ay - ny * at_a),
    )


def _write(painter: QPainter, text: Text) -> None:
    font = QFont(painter.font())
    font.setPixelSize(round(text.height))
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    x, y = text.at
    reach = text.height * (len(text.text) + 2)
    painter.drawText(QRectF(x - reach, y - reach, 2 * reach, 2 * reach), Qt.AlignmentFlag.AlignCenter, text.text)

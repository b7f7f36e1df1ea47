"""Paints the shapes of the 3-D view with Qt, as vectors."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from math import hypot
from typing import cast

from PyQt6.QtCore import QLineF, QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QFont, QPainter, QPen, QPolygonF

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
    """Paint ``shapes`` in order, in pixels of ``painter``; dots have an outline. Lines in a row are painted at once."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    brushes = _Brushes()
    for kind, some in groupby(shapes, key=type):
        if kind is Line:
            _draw_lines(painter, cast("Iterable[Line]", some))
        elif kind is Text:
            for shape in some:
                painter.setPen(brushes[shape.color].color())
                _write(painter, cast("Text", shape))
        else:
            is_dot = kind is Dot  # setting a pen again takes time
            painter.setPen(QPen(QColor(*outline_color[:3]), OUTLINE) if is_dot else QPen(Qt.PenStyle.NoPen))
            for shape in some:
                painter.setBrush(brushes[shape.color])
                _fill(painter, cast("Stick | TaperedBone | Dot", shape))
    painter.restore()


class _Brushes(dict[Color, QBrush]):
    """The brush of each color, made once."""

    def __missing__(self, color: Color) -> QBrush:
        self[color] = QBrush(QColor(*color[:3]))
        return self[color]


def _draw_lines(painter: QPainter, lines: Iterable[Line]) -> None:
    for (width, color), some in groupby(lines, key=lambda line: (line.width, line.color)):
        painter.setPen(QPen(QColor(*color[:3]), width))
        painter.drawLines(*(QLineF(*line.a, *line.b) for line in some))


def _fill(painter: QPainter, shape: Stick | TaperedBone | Dot) -> None:
    if isinstance(shape, Stick):
        _draw_stick(painter, shape)
    elif isinstance(shape, Dot):
        radius = shape.radius + OUTLINE / 2
        painter.drawEllipse(QPointF(*shape.at), radius, radius)
    else:
        painter.drawConvexPolygon(QPolygonF([QPointF(*corner) for corner in outline(shape, shape.width)]))


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

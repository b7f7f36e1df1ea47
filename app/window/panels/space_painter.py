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

NO_PEN = QPen(Qt.PenStyle.NoPen)
EVEN = 0.8
"""A stick whose ends differ by no more, in pixels, is painted as a line of one width."""
WIDTH_STEP = 0.25
"""Widths of such lines are multiples of this, in pixels."""
MOST_KEPT = 2000
"""Most pens, and most brushes, that are kept."""

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
    for kind, some in groupby(shapes, key=type):
        if kind is Line:
            _draw_lines(painter, cast("Iterable[Line]", some))
        elif kind is Stick:
            _draw_sticks(painter, cast("Iterable[Stick]", some))
        elif kind is Dot:
            _draw_dots(painter, cast("Iterable[Dot]", some), _BRUSHES[outline_color])
        elif kind is Text:
            for text in cast("Iterable[Text]", some):
                painter.setPen(_BRUSHES[text.color].color())
                _write(painter, text)
        else:
            painter.setPen(NO_PEN)
            for bone in cast("Iterable[TaperedBone]", some):
                painter.setBrush(_BRUSHES[bone.color])
                painter.drawConvexPolygon(QPolygonF([QPointF(*corner) for corner in outline(bone, bone.width)]))
    painter.restore()


class _Brushes(dict[Color, QBrush]):
    """The brush of each color, made once."""

    def __missing__(self, color: Color) -> QBrush:
        if len(self) >= MOST_KEPT:
            self.clear()
        self[color] = QBrush(QColor(*color[:3]))
        return self[color]


class _Pens(dict[tuple[Color, float], QPen]):
    """The pen with flat ends of each color and width, made once."""

    def __missing__(self, key: tuple[Color, float]) -> QPen:
        if len(self) >= MOST_KEPT:
            self.clear()
        color, width = key
        self[key] = QPen(QColor(*color[:3]), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
        return self[key]


_BRUSHES, _PENS = _Brushes(), _Pens()


def _draw_lines(painter: QPainter, lines: Iterable[Line]) -> None:
    for (width, color), some in groupby(lines, key=lambda line: (line.width, line.color)):
        painter.setPen(QPen(QColor(*color[:3]), width))
        painter.drawLines(*(QLineF(*line.a, *line.b) for line in some))


def _draw_sticks(painter: QPainter, sticks: Iterable[Stick]) -> None:
    """Paint sticks; a line takes half the time of a polygon, and lines in a row with the same pen even less."""
    for (color, width), some in groupby(sticks, key=_pen_of):
        if width:
            painter.setPen(_PENS[color, width])
            painter.drawLines(*(QLineF(ax, ay, bx, by) for (ax, ay), (bx, by), _, _, _ in some))
        else:
            painter.setPen(NO_PEN)
            painter.setBrush(_BRUSHES[color])
            for stick in some:
                _draw_tapered(painter, stick)


def _pen_of(stick: Stick) -> tuple[Color, float]:
    """The color of a stick, and its width in whole steps; 0 if its ends are too different for a line."""
    _, _, at_a, at_b, color = stick
    return color, round((at_a + at_b) / 2 / WIDTH_STEP) * WIDTH_STEP if abs(at_a - at_b) <= EVEN else 0.0


def _draw_dots(painter: QPainter, dots: Iterable[Dot], edge: QBrush) -> None:
    """Paint each dot on a larger one, which takes less time than a line around it."""
    painter.setPen(NO_PEN)
    for (x, y), radius, color in dots:
        for brush, reach in ((edge, radius + OUTLINE), (_BRUSHES[color], radius)):
            painter.setBrush(brush)
            painter.drawEllipse(QRectF(x - reach, y - reach, 2 * reach, 2 * reach))


def _draw_tapered(painter: QPainter, stick: Stick) -> None:
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

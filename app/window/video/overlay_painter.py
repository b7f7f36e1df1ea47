"""Painting the overlay's shapes by Qt: vectors, sharp at any size."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QImage, QPainter, QPen, QPolygonF, QTransform

from app.overlay import Line, Shape, Spindle, Text, outline


def paint_shapes(painter: QPainter, shapes: Iterable[Shape], to_screen: QTransform) -> None:
    """Paint ``shapes`` (in pixels of the picture, whose centres are integers) in their order.

    ``to_screen`` scales and moves the picture, whose first pixel reaches from 0 to 1, to the pixels of ``painter``.
    Neighbours of one ink that covers partly are one area, so that they do not darken each other.
    """
    centred = QTransform.fromTranslate(0.5, 0.5) * to_screen
    for ink, group in groupby(shapes, key=lambda shape: shape.ink):
        drawn = list(group)
        color = QColor(ink.red, ink.green, ink.blue)
        if len(drawn) > 1 and ink.cover < 1:
            _draw_layer(painter, drawn, color, ink.cover, centred)
        else:
            color.setAlphaF(ink.cover)
            _draw(painter, drawn, color, centred)


class Glow(NamedTuple):
    """A heatmap as a ``picture``, and where it lies: from its cells to the frame's pixels, both from 0 to 1."""

    picture: QImage
    to_frame: QTransform


def paint_heat(painter: QPainter, heat: Iterable[Glow], to_screen: QTransform) -> None:
    """Paint heatmaps, as smooth as they can be; ``to_screen`` as in ``paint_shapes``."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    before = painter.transform()
    for glow in heat:
        painter.setTransform(glow.to_frame * to_screen * before)
        painter.drawImage(0, 0, glow.picture)
    painter.restore()


def _draw_layer(painter: QPainter, shapes: list[Shape], color: QColor, cover: float, to_screen: QTransform) -> None:
    """Draw the shapes opaque on a layer of their own, then the layer as one."""
    reach = QRectF()
    for shape in shapes:
        reach |= _reach(shape)
    area = to_screen.mapRect(reach).toAlignedRect().adjusted(-1, -1, 1, 1) & painter.viewport()
    if area.isEmpty():
        return
    layer = QImage(area.size(), QImage.Format.Format_ARGB32_Premultiplied)
    layer.fill(Qt.GlobalColor.transparent)
    on_layer = QPainter(layer)
    _draw(on_layer, shapes, color, to_screen * QTransform.fromTranslate(-area.x(), -area.y()))
    on_layer.end()
    painter.setOpacity(cover)
    painter.drawImage(area.topLeft(), layer)
    painter.setOpacity(1.0)


def _draw(painter: QPainter, shapes: list[Shape], color: QColor, to_screen: QTransform) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setTransform(to_screen, combine=True)
    painter.setBrush(color)
    for shape in shapes:
        if isinstance(shape, Line):
            painter.setPen(QPen(color, shape.width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            # A line without length would be without ends too.
            painter.drawLine(QPointF(*shape.a), QPointF(shape.b[0] + 1e-3, shape.b[1]))
        elif isinstance(shape, Spindle):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawConvexPolygon(QPolygonF([QPointF(*corner) for corner in outline(shape, shape.width)]))
        elif isinstance(shape, Text):
            _write(painter, shape, color, to_screen)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(QPointF(*shape.at), shape.radius, shape.radius)
    painter.restore()


def _write(painter: QPainter, text: Text, color: QColor, to_screen: QTransform) -> None:
    """Text is set in the screen's own pixels, where its strokes are sharpest."""
    scale = to_screen.m11()
    font = QFont(painter.font())
    font.setPixelSize(max(1, round(text.height * scale)))
    font.setWeight(QFont.Weight.DemiBold)
    middle = to_screen.map(QPointF(*text.at))
    reach = len(text.text) * text.height * scale + 8
    painter.save()
    painter.setTransform(to_screen.inverted()[0], combine=True)
    painter.setFont(font)
    painter.setPen(color)
    box = QRectF(middle.x() - reach, middle.y() - reach, 2 * reach, 2 * reach)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text.text)
    painter.restore()


def _reach(shape: Shape) -> QRectF:
    """The box that the shape stays within."""
    if isinstance(shape, Line | Spindle):
        (ax, ay), (bx, by), far = shape.a, shape.b, shape.width / 2
    else:
        (ax, ay), (bx, by) = shape.at, shape.at
        far = shape.height * (len(shape.text) + 1) if isinstance(shape, Text) else shape.radius
    return QRectF(min(ax, bx) - far, min(ay, by) - far, abs(ax - bx) + 2 * far, abs(ay - by) + 2 * far)

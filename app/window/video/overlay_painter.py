"""Paints the overlay's shapes with Qt, as vectors."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QImage, QPainter, QPen, QPolygonF, QTransform

from app.overlay import Arc, Arrow, Line, Shape, TaperedBone, Text, arc_outline, arrow_outline, outline

CORNER_COLOR, CORNER_OUTLINE = QColor(255, 255, 255), QColor(10, 12, 18, 170)
"""Colors of the corners around the selected person, and of their dark outline."""


def paint_shapes(painter: QPainter, shapes: Iterable[Shape], to_screen: QTransform) -> None:
    """Paint ``shapes`` in order. Their coordinates are pixels of the frame, with integers at pixel centers.

    ``to_screen`` maps the frame, whose first pixel spans 0 to 1, to the pixels of ``painter``. Consecutive shapes of
    one translucent color are painted as one area, so that overlaps are not darker.
    """
    centered = QTransform.fromTranslate(0.5, 0.5) * to_screen
    for ink, group in groupby(shapes, key=lambda shape: shape.color):
        drawn = list(group)
        color = QColor(ink.red, ink.green, ink.blue)
        if len(drawn) > 1 and ink.alpha < 1:
            _draw_layer(painter, drawn, color, ink.alpha, centered)
        else:
            color.setAlphaF(ink.alpha)
            _draw(painter, drawn, color, centered)


class HeatmapImage(NamedTuple):
    """A heatmap as a ``picture``, and the transform from its cells to frame pixels (both with edges at integers)."""

    picture: QImage
    to_frame: QTransform


def paint_heatmap(painter: QPainter, heat: Iterable[HeatmapImage], to_screen: QTransform) -> None:
    """Paint heatmaps with smooth interpolation; ``to_screen`` as in ``paint_shapes``."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    outer = painter.transform()
    for heatmap in heat:
        painter.setTransform(heatmap.to_frame * to_screen * outer)
        painter.drawImage(0, 0, heatmap.picture)
    painter.restore()


def paint_corners(painter: QPainter, box: QRectF, to_screen: QTransform, ratio: float) -> None:
    """Paint the four corners of ``box``, light on dark; ``ratio`` is the number of device pixels per logical pixel."""
    placed = to_screen.mapRect(box).adjusted(-6 * ratio, -6 * ratio, 6 * ratio, 6 * ratio)
    arm = max(min(placed.width(), placed.height()) / 5, 8 * ratio)
    corners = []
    for x, y, right, down in (
        (placed.left(), placed.top(), arm, arm),
        (placed.right(), placed.top(), -arm, arm),
        (placed.right(), placed.bottom(), -arm, -arm),
        (placed.left(), placed.bottom(), arm, -arm),
    ):
        corners.append(QPolygonF([QPointF(x + right, y), QPointF(x, y), QPointF(x, y + down)]))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for color, width in ((CORNER_OUTLINE, 6.0), (CORNER_COLOR, 3.0)):
        pen = QPen(color, width * ratio)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        for corner in corners:
            painter.drawPolyline(corner)
    painter.restore()


def _draw_layer(painter: QPainter, shapes: list[Shape], color: QColor, alpha: float, to_screen: QTransform) -> None:
    """Draw the shapes opaque on a layer, then the layer with opacity ``alpha``."""
    bounds = QRectF()
    for shape in shapes:
        bounds |= _bounds(shape)
    # The viewport is in logical pixels, also where the painter draws in device pixels.
    visible = painter.transform().inverted()[0].mapRect(QRectF(painter.viewport())).toAlignedRect()
    area = to_screen.mapRect(bounds).toAlignedRect().adjusted(-1, -1, 1, 1) & visible
    if area.isEmpty():
        return
    layer = QImage(area.size(), QImage.Format.Format_ARGB32_Premultiplied)
    layer.fill(Qt.GlobalColor.transparent)
    on_layer = QPainter(layer)
    _draw(on_layer, shapes, color, to_screen * QTransform.fromTranslate(-area.x(), -area.y()))
    on_layer.end()
    painter.setOpacity(alpha)
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
            # A line of length zero would be drawn without its round ends.
            painter.drawLine(QPointF(*shape.a), QPointF(shape.b[0] + 1e-3, shape.b[1]))
        elif isinstance(shape, TaperedBone):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawConvexPolygon(QPolygonF([QPointF(*corner) for corner in outline(shape, shape.width)]))
        elif isinstance(shape, Arc | Arrow):
            painter.setPen(Qt.PenStyle.NoPen)
            corners = arc_outline(shape, shape.width) if isinstance(shape, Arc) else arrow_outline(shape)
            painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
        elif isinstance(shape, Text):
            _write(painter, shape, color, to_screen)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(QPointF(*shape.at), shape.radius, shape.radius)
    painter.restore()


def _write(painter: QPainter, text: Text, color: QColor, to_screen: QTransform) -> None:
    """Draw text in device pixels, where its strokes are sharp."""
    scale = to_screen.m11()
    font = QFont(painter.font())
    font.setPixelSize(max(1, round(text.height * scale)))
    font.setWeight(QFont.Weight.DemiBold)
    middle = to_screen.map(QPointF(*text.at))
    bounds = len(text.text) * text.height * scale + 8
    painter.save()
    painter.setTransform(to_screen.inverted()[0], combine=True)
    painter.setFont(font)
    painter.setPen(color)
    box = QRectF(middle.x() - bounds, middle.y() - bounds, 2 * bounds, 2 * bounds)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text.text)
    painter.restore()


def _bounds(shape: Shape) -> QRectF:
    """Bounding box of the shape."""
    if isinstance(shape, Line | TaperedBone | Arrow):
        (ax, ay), (bx, by), extent = shape.a, shape.b, shape.width / 2
        extent += shape.head if isinstance(shape, Arrow) else 0
    else:
        (ax, ay), (bx, by) = shape.at, shape.at
        extent = shape.height * (len(shape.text) + 1) if isinstance(shape, Text) else shape.radius
        extent += shape.width if isinstance(shape, Arc) else 0
    return QRectF(min(ax, bx) - extent, min(ay, by) - extent, abs(ax - bx) + 2 * extent, abs(ay - by) + 2 * extent)

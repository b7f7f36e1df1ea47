"""Paints shapes with OpenCV, for output files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby, islice
from math import ceil, floor
from operator import itemgetter
from typing import Any, NamedTuple

import cv2
import numpy as np

from app.core.people import FramePoses, Image
from app.core.skeleton import Skeleton
from app.overlay.angle_readout import NO_READINGS, Readings
from app.overlay.body import Figure
from app.overlay.drawing import Part, parts
from app.overlay.label import Label
from app.overlay.mark_shapes import legend_over, marks_over, marks_under
from app.overlay.marks import NO_MARKS
from app.overlay.polygons import BLEED, SHIFT, Circle, Polygon, circle, circles, polygons, to_subpixels
from app.overlay.privacy import hidden
from app.overlay.shape import Arc, Arrow, Color, Dot, Line, Point, Shape, TaperedBone, Text, arc_outline, arrow_outline
from app.overlay.style import DrawStyle

EDGE = 3  # pixels outside of their outlines that shapes may change

Piece = Polygon | Circle | Text | list[Polygon]
"""What is filled with one color; a polygon in a list need not be convex."""


def paint(image: Image, drawn: Iterable[Part]) -> None:
    """Paint the shapes on ``image`` (H, W, 3) uint8 BGR in place, anti-aliased.

    An opaque dot must come after the opaque lines that end at it.
    """
    drawn = list(drawn)
    outlines = _outlines([part for part in drawn if isinstance(part, Figure)])
    opaque_dots = {part.at: part.radius for part in drawn if isinstance(part, Dot) and part.color.alpha >= 1}
    for color, group in groupby(drawn, key=lambda part: None if isinstance(part, Figure | Label) else part.color):
        shapes: list[Shape] = []
        for part in group:
            if isinstance(part, Figure):
                _paint_figure(image, part, next(outlines))
            elif isinstance(part, Label):
                _paint_label(image, part)
            else:
                shapes.append(part)
        if color is not None:
            _paint_shapes(image, color, shapes, opaque_dots)


def painted(
    image: Image,
    poses: FramePoses,
    skeleton: Skeleton,
    style: DrawStyle,
    past: Sequence[FramePoses] = (),
    readings: Readings = NO_READINGS,
) -> Image:
    """A copy of ``image`` (H, W, 3) uint8 BGR with the people drawn on it, mirrored and dimmed as ``style`` says.

    ``past`` are the latest frames for trails, see ``shapes``; ``readings`` the angles to show, see ``AngleReadout``.
    The other marks of ``style`` are drawn too. ``privacy`` hides also people who were found in ``past`` alone.
    """
    image = hidden(image, poses, skeleton, style.privacy, past)
    canvas: Image = np.ascontiguousarray(image[:, ::-1]) if style.mirror else image.copy()
    if style.dim > 0:
        cv2.convertScaleAbs(canvas, dst=canvas, alpha=1 - style.dim)
    size = (image.shape[1], image.shape[0])
    drawn = parts(poses, skeleton, style, size, past)
    if style.marks != NO_MARKS:
        under, over = marks_under(poses, skeleton, style, size), marks_over(poses, skeleton, style, size, readings)
        drawn = [*under, *drawn, *over, *legend_over(poses, skeleton, style, size)]
    paint(canvas, drawn)
    return canvas


class _Outlines(NamedTuple):
    """The polygons of a figure's halo and of its limbs, and its dots: x, y, radius and radius of the halo."""

    halo: list[Polygon]
    limbs: list[Polygon]
    dots: list[tuple[int, int, int, int]]


def _outlines(figures: list[Figure]) -> Iterator[_Outlines]:
    """Yield the outlines of each figure, computed for all figures at once."""
    ends = [value for figure in figures for (ax, ay), (bx, by), _, _ in figure.limbs for value in (ax, ay, bx, by)]
    widths = [width for figure in figures for _, _, width, _ in figure.limbs]
    wider = [width + 2 * figure.edge for figure in figures for _, _, width, _ in figure.limbs]
    outlines = list(polygons(ends, wider + widths, figures[0].tapered)) if ends else []
    halos, limbs = iter(outlines[: len(wider)]), iter(outlines[len(wider) :])
    rows = [value for figure in figures for at, radius, outer, _ in figure.dots for value in (*at, radius, outer)]
    dots = iter(circles(rows))
    for figure in figures:
        count = len(figure.limbs)
        yield _Outlines(list(islice(halos, count)), list(islice(limbs, count)), list(islice(dots, len(figure.dots))))


def _paint_figure(image: Image, figure: Figure, outlines: _Outlines) -> None:
    """Paint the halo, the limbs and the dots of ``figure``, which has these ``outlines``."""
    if not figure.dots:
        return
    area = _area(image, [at for at, _, _, _ in figure.dots], max(radius for _, _, radius, _ in figure.dots))
    _paint_group(image, area, figure.halo, [*outlines.halo, *(((x, y), outer) for x, y, _, outer in outlines.dots)])
    if figure.dots[0][3].alpha < 1 or figure.round_ends:
        for color, group in groupby(_pieces(figure, outlines), key=itemgetter(0)):
            _paint_group(image, area, color, [piece for _, piece in group])
        return
    fill_polygon, fill_circle, anti_aliased = cv2.fillConvexPoly, cv2.circle, cv2.LINE_AA
    for (_, _, _, color), polygon in zip(figure.limbs, outlines.limbs, strict=True):
        fill_polygon(image, polygon, color[2::-1], anti_aliased, SHIFT)
    for (_, _, _, color), (x, y, radius, _) in zip(figure.dots, outlines.dots, strict=True):
        fill_circle(image, (x, y), radius, color[2::-1], cv2.FILLED, anti_aliased, SHIFT)


def _pieces(figure: Figure, outlines: _Outlines) -> list[tuple[Color, Piece]]:
    """The limbs with their round ends, and the dots, with their colors."""
    limbs: list[tuple[int, Piece]] = list(enumerate(outlines.limbs))
    limbs += [(number, circle(at, radius)) for number, at, radius in figure.round_ends]
    limbs.sort(key=itemgetter(0))
    dots = zip(figure.dots, outlines.dots, strict=True)
    return [
        *((figure.limbs[number][3], piece) for number, piece in limbs),
        *((color, ((x, y), radius)) for (_, _, _, color), (x, y, radius, _) in dots),
    ]


def _paint_shapes(image: Image, color: Color, shapes: list[Shape], opaque_dots: Mapping[Point, float]) -> None:
    """Paint shapes of one color; the round ends of lines are left out where later dots hide them."""
    dots = [shape for shape in shapes if isinstance(shape, Dot)]
    texts = [shape for shape in shapes if isinstance(shape, Text)]
    arcs = [shape for shape in shapes if isinstance(shape, Arc)]
    arrows = [shape for shape in shapes if isinstance(shape, Arrow)]
    limbs = [shape for shape in shapes if isinstance(shape, Line | TaperedBone)]
    hiding = opaque_dots if color.alpha >= 1 else {dot.at: dot.radius for dot in dots}
    pieces: list[Piece] = []
    for tapered, same in groupby(limbs, key=lambda limb: isinstance(limb, TaperedBone)):
        rows = [(limb.a, limb.b, limb.width) for limb in same]
        pieces += list(polygons([value for a, b, _ in rows for value in (*a, *b)], [row[2] for row in rows], tapered))
        if not tapered:
            ends = [(end, width / 2) for a, b, width in rows for end in (a, b)]
            pieces += [circle(end, half) for end, half in ends if hiding.get(end, 0.0) < half]
    pieces += [circle(dot.at, dot.radius) for dot in dots]
    pieces += [[to_subpixels(arc_outline(arc, max(arc.width - 2 * BLEED, 0)))] for arc in arcs]
    pieces += [[to_subpixels(arrow_outline(arrow, BLEED))] for arrow in arrows]
    places = [
        *(end for limb in (*limbs, *arrows) for end in (limb.a, limb.b)),
        *(dot.at for dot in dots),
        *(text.at for text in texts),
        *(arc.at for arc in arcs),
    ]
    reaches = [*(limb.width / 2 for limb in limbs), *(dot.radius for dot in dots)]
    reaches += [text.height * (len(text.text) + 1) for text in texts]
    reaches += [*(arc.radius + arc.width for arc in arcs), *(arrow.head + arrow.width for arrow in arrows)]
    _paint_group(image, _area(image, places, max(reaches)), color, [*pieces, *texts])


def _area(image: Image, places: list[Point], reach: float) -> Image:
    """The part of the image that shapes within ``reach`` pixels of ``places`` may change."""
    reach += EDGE
    left, top = (max(floor(min(values) - reach), 0) for values in zip(*places, strict=True))
    right, bottom = (max(ceil(max(values) + reach) + 1, 0) for values in zip(*places, strict=True))
    return image[top:bottom, left:right]


def _paint_group(image: Image, area: Image, color: Color, pieces: list[Piece]) -> None:
    """Paint pieces of one color inside of ``area`` of the image; where translucent ones overlap they are not darker."""
    if color.alpha >= 1:
        _fill(image, pieces, (color.blue, color.green, color.red))
    elif area.size:
        # The color is painted on its share of the pixels; the rest, rounded down, is added again. Shifts are fastest.
        share = color.alpha
        rest: Any = area >> 1 if share == 0.5 else cv2.convertScaleAbs(area, alpha=1 - share, beta=-0.5)
        area -= rest
        _fill(image, pieces, (round(share * color.blue), round(share * color.green), round(share * color.red)))
        area += rest


def _fill(image: Image, pieces: list[Piece], color: tuple[int, int, int]) -> None:
    """Paint pieces in opaque ``color`` (blue, green, red)."""
    fill_polygon, fill_circle = cv2.fillConvexPoly, cv2.circle
    for piece in pieces:
        if isinstance(piece, np.ndarray):
            fill_polygon(image, piece, color, cv2.LINE_AA, SHIFT)
        elif isinstance(piece, Text):
            _put_text(image, piece, color)
        elif isinstance(piece, list):
            cv2.fillPoly(image, piece, color, cv2.LINE_AA, SHIFT)
        else:
            fill_circle(image, *piece, color, cv2.FILLED, cv2.LINE_AA, SHIFT)


def _paint_label(image: Image, label: Label) -> None:
    """Paint a label, at whole pixels."""
    kept, added = _label_picture(label._replace(at=(0.0, 0.0)))
    height, width, _ = added.shape
    left, top = round(label.at[0]) - width // 2, round(label.at[1]) - height // 2
    area = image[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)]
    if area.size:
        part = slice(max(-top, 0), max(-top, 0) + area.shape[0]), slice(max(-left, 0), max(-left, 0) + area.shape[1])
        cv2.multiply(area, kept[part], dst=area, scale=1 / 255)
        cv2.add(area, added[part], dst=area)


@lru_cache(maxsize=256)
def _label_picture(label: Label) -> tuple[Image, Image]:
    """What a label around 0 leaves of the pixels (of 255) and adds to them; the center is in the middle of both.

    Text is slow to paint, and the same in every frame.
    """
    half_height = ceil(label.height) + EDGE
    half_width = ceil(label.half_width) + half_height
    moved = label._replace(at=(float(half_width), float(half_height)))
    on_black, on_white = (np.full((2 * half_height + 1, 2 * half_width + 1, 3), value, np.uint8) for value in (0, 255))
    paint(on_black, moved.shapes)
    paint(on_white, moved.shapes)
    return on_white - on_black, on_black


def _put_text(image: Image, text: Text, color: tuple[int, int, int]) -> None:
    font = cv2.FontFace("sans")
    points = round(text.height)
    x, y, width, height = cv2.getTextSize((0, 0), text.text, (0, 0), font, points, 600)
    at = (round(text.at[0] - x - width / 2), round(text.at[1] - y - height / 2))
    cv2.putText(image, text.text, at, color, font, points, 600)

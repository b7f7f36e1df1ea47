"""Painting a drawing by OpenCV, for files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from app.overlay.drawing import shapes
from app.overlay.look import Look
from app.overlay.shape import Dot, Line, Point, Shape, Spindle, Text, outline
from app.people import FramePoses, Image
from app.skeleton import Skeleton

SHIFT = 6  # sub-pixel bits of OpenCV's coordinates
SUBPIXELS = 1 << SHIFT
BLEED = 0.6  # by so many pixels OpenCV's smooth edges reach further out than they should


def paint(image: Image, drawn: Iterable[Shape]) -> None:
    """Paint the shapes onto ``image`` (HxWx3 BGR, uint8), in place, with smooth edges.

    An opaque dot is to come after the opaque lines that end on it.
    """
    drawn = list(drawn)
    bars = iter(_bars([shape for shape in drawn if isinstance(shape, Line)]))
    opaque_dots = _radii(shape for shape in drawn if shape.ink.cover >= 1)
    for ink, group in groupby(drawn, key=lambda shape: shape.ink):
        together = list(group)
        if ink.cover >= 1:
            _fill(image, together, bars, opaque_dots)
        else:
            under = image[_reach(together)]
            before = under.copy()
            _fill(image, together, bars, _radii(together))
            cv2.addWeighted(under, ink.cover, before, 1 - ink.cover, 0, dst=under)


def painted(image: Image, poses: FramePoses, skeleton: Skeleton, look: Look, past: Sequence[FramePoses] = ()) -> Image:
    """A copy of ``image`` with the people drawn on it, mirrored and darkened where the look says so.

    ``past`` is what trails are made of, see ``shapes``.
    """
    canvas: Image = np.ascontiguousarray(image[:, ::-1]) if look.mirror else image.copy()
    if look.dim > 0:
        cv2.convertScaleAbs(canvas, dst=canvas, alpha=1 - look.dim)
    paint(canvas, shapes(poses, skeleton, look, (image.shape[1], image.shape[0]), past))
    return canvas


def _fill(image: Image, together: list[Shape], bars: Iterator[NDArray[np.int32]], dots: dict[Point, float]) -> None:
    """Paint shapes of one ink as if it covered wholly.

    ``bars`` gives the corners of each line in turn. ``dots`` are the radii of the dots that hide what is under them:
    the end of a line there need not be round.
    """
    color = (together[0].ink.blue, together[0].ink.green, together[0].ink.red)
    for shape in together:
        if isinstance(shape, Line):
            cv2.fillConvexPoly(image, next(bars), color, cv2.LINE_AA, SHIFT)
            for end in (shape.a, shape.b):
                if dots.get(end, 0.0) < shape.width / 2 + 1:  # a dot's own edge is soft and hides nothing
                    _disc(image, end, shape.width / 2, color)
        elif isinstance(shape, Spindle):
            corners = np.array(outline(shape, max(shape.width - 2 * BLEED, 0.0)))
            cv2.fillConvexPoly(image, np.rint(corners * SUBPIXELS).astype(np.int32), color, cv2.LINE_AA, SHIFT)
        elif isinstance(shape, Dot):
            _disc(image, shape.at, shape.radius, color)
        else:
            _write(image, shape, color)


def _radii(drawn: Iterable[Shape]) -> dict[Point, float]:
    """The radius of the dot at each place that has one."""
    return {shape.at: shape.radius for shape in drawn if isinstance(shape, Dot)}


def _bars(lines: list[Line]) -> NDArray[np.int32]:
    """The (N, 4, 2) corners of the lines without their round ends, in OpenCV's sub-pixels; all at once is cheap."""
    ends = np.array([(line.a, line.b) for line in lines]).reshape(-1, 2, 2)
    half = np.array([max(line.width / 2 - BLEED, 0.0) for line in lines])
    x, y = (ends[:, 1] - ends[:, 0]).T
    across = np.stack([y, -x], axis=1) * (half / np.maximum(np.hypot(x, y), 1e-9))[:, None]
    corners = np.concatenate([ends + across[:, None], ends[:, ::-1] - across[:, None]], axis=1)
    return np.rint(corners * SUBPIXELS).astype(np.int32)


def _disc(image: Image, at: Point, radius: float, color: tuple[int, int, int]) -> None:
    x, y, reach = round(at[0] * SUBPIXELS), round(at[1] * SUBPIXELS), round(max(radius - BLEED, 0.0) * SUBPIXELS)
    cv2.circle(image, (x, y), reach, color, cv2.FILLED, cv2.LINE_AA, SHIFT)


def _write(image: Image, text: Text, color: tuple[int, int, int]) -> None:
    font = cv2.FontFace("sans")
    points = round(text.height)
    x, y, width, height = cv2.getTextSize((0, 0), text.text, (0, 0), font, points, 600)
    at = (round(text.at[0] - x - width / 2), round(text.at[1] - y - height / 2))
    cv2.putText(image, text.text, at, color, font, points, 600)


def _reach(together: list[Shape]) -> tuple[slice, slice]:
    """The rows and columns of a picture that the shapes stay within."""
    ends: list[Point] = []
    far = 0.0
    for shape in together:
        if isinstance(shape, Line | Spindle):
            ends += shape.a, shape.b
            far = max(far, shape.width / 2)
        else:
            ends.append(shape.at)
            far = max(far, shape.radius if isinstance(shape, Dot) else shape.height * (len(shape.text) + 1))
    x, y, width, height = cv2.boundingRect(np.array(ends, dtype=np.float32))
    edge = ceil(far) + 2
    return slice(max(y - edge, 0), max(y + height + edge, 0)), slice(max(x - edge, 0), max(x + width + edge, 0))

"""Paints shapes with OpenCV, for output files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.people import FramePoses, Image
from app.core.skeleton import Skeleton
from app.overlay.drawing import shapes
from app.overlay.shape import Color, Dot, Line, Point, Shape, TaperedBone, Text, outline
from app.overlay.style import DrawStyle

SHIFT = 6  # sub-pixel bits of OpenCV's coordinates
SUBPIXELS = 1 << SHIFT
BLEED = 0.6  # pixels by which OpenCV's anti-aliased edges are too far out
EDGE = 3  # pixels outside of their outlines that shapes may change


def paint(image: Image, drawn: Iterable[Shape]) -> None:
    """Paint the shapes on ``image`` (H, W, 3) uint8 BGR in place, anti-aliased.

    An opaque dot must come after the opaque lines that end at it.
    """
    groups = [_Group(color, group) for color, group in groupby(drawn, key=attrgetter("color"))]
    opaque_dots = {dot.at: dot.radius for group in groups if group.color.alpha >= 1 for dot in group.dots}
    # The corners and circles of all groups at once: one array is converted faster than hundreds of numbers.
    bars = iter(_bars([line for group in groups for line in group.lines]))
    discs = [group.discs(opaque_dots) for group in groups]
    circles = iter(_circles([disc for of_group in discs for disc in of_group]))
    for group, of_group in zip(groups, discs, strict=True):
        polygons = [*islice(bars, len(group.lines)), *map(_polygon, group.bones)]
        parts = polygons, list(islice(circles, len(of_group)))
        if group.color.alpha >= 1:
            _fill(image, group, *parts)
        else:
            under = image[_bounds(group, *parts)]
            before = under.copy()
            _fill(image, group, *parts)
            cv2.addWeighted(under, group.color.alpha, before, 1 - group.color.alpha, 0, dst=under)


def painted(
    image: Image, poses: FramePoses, skeleton: Skeleton, style: DrawStyle, past: Sequence[FramePoses] = ()
) -> Image:
    """A copy of ``image`` (H, W, 3) uint8 BGR with the people drawn on it, mirrored and dimmed as ``style`` says.

    ``past`` are the latest frames for trails, see ``shapes``.
    """
    canvas: Image = np.ascontiguousarray(image[:, ::-1]) if style.mirror else image.copy()
    if style.dim > 0:
        cv2.convertScaleAbs(canvas, dst=canvas, alpha=1 - style.dim)
    paint(canvas, shapes(poses, skeleton, style, (image.shape[1], image.shape[0]), past))
    return canvas


class _Group:
    """Consecutive shapes of one ``color``, by kind."""

    def __init__(self, color: Color, same_color: Iterable[Shape]) -> None:
        self.color = color
        self.lines: list[Line] = []
        self.bones: list[TaperedBone] = []
        self.dots: list[Dot] = []
        self.texts: list[Text] = []
        add: dict[type[Shape], Callable[[Any], None]] = {
            Line: self.lines.append,
            TaperedBone: self.bones.append,
            Dot: self.dots.append,
            Text: self.texts.append,
        }
        for shape in same_color:
            add[type(shape)](shape)

    def discs(self, opaque_dots: Mapping[Point, float]) -> list[tuple[float, float, float]]:
        """The dots, and the round ends of lines that no dot of the color hides; each is x, y and the radius.

        Opaque ends are also hidden by ``opaque_dots`` (radius by position) of other colors.
        """
        hiding = opaque_dots if self.color.alpha >= 1 else {dot.at: dot.radius for dot in self.dots}
        ends = [(end, width / 2) for a, b, width, _ in self.lines for end in (a, b) if hiding.get(end, 0.0) < width / 2]
        return [(x, y, radius) for (x, y), radius in ends] + [(x, y, radius) for (x, y), radius, _ in self.dots]


def _fill(image: Image, group: _Group, polygons: list[NDArray[np.int32]], circles: list[list[int]]) -> None:
    """Paint the shapes of one color opaquely, given the corners of the lines and the circles in sub-pixels."""
    color = (group.color.blue, group.color.green, group.color.red)
    fill_polygon, circle = cv2.fillConvexPoly, cv2.circle
    for corners in polygons:
        fill_polygon(image, corners, color, cv2.LINE_AA, SHIFT)
    for x, y, radius in circles:
        circle(image, (x, y), radius, color, cv2.FILLED, cv2.LINE_AA, SHIFT)
    for text in group.texts:
        _put_text(image, text, color)


def _bars(lines: list[Line]) -> NDArray[np.int32]:
    """The corners (N, 4, 2) of the lines without their round ends, in OpenCV's sub-pixels."""
    values = np.array([(ax, ay, bx, by, width) for (ax, ay), (bx, by), width, _ in lines]).reshape(-1, 5)
    ends = values[:, :4].reshape(-1, 2, 2)
    half = np.maximum(values[:, 4] / 2 - BLEED, 0.0)
    x, y = (ends[:, 1] - ends[:, 0]).T
    across = np.stack([y, -x], axis=1) * (half / np.maximum(np.hypot(x, y), 1e-9))[:, None]
    corners = np.concatenate([ends + across[:, None], ends[:, ::-1] - across[:, None]], axis=1)
    return np.rint(corners * SUBPIXELS).astype(np.int32)


def _polygon(bone: TaperedBone) -> NDArray[np.int32]:
    """The corners (N, 2) of ``bone`` in OpenCV's sub-pixels."""
    return np.rint(np.array(outline(bone, max(bone.width - 2 * BLEED, 0.0))) * SUBPIXELS).astype(np.int32)


def _circles(discs: list[tuple[float, float, float]]) -> list[list[int]]:
    """The centers and radii of ``discs`` in OpenCV's sub-pixels."""
    circles = np.array(discs).reshape(-1, 3)
    circles[:, 2] = np.maximum(circles[:, 2] - BLEED, 0.0)
    return np.rint(circles * SUBPIXELS).astype(int).tolist()


def _put_text(image: Image, text: Text, color: tuple[int, int, int]) -> None:
    font = cv2.FontFace("sans")
    points = round(text.height)
    x, y, width, height = cv2.getTextSize((0, 0), text.text, (0, 0), font, points, 600)
    at = (round(text.at[0] - x - width / 2), round(text.at[1] - y - height / 2))
    cv2.putText(image, text.text, at, color, font, points, 600)


def _bounds(group: _Group, polygons: list[NDArray[np.int32]], circles: list[list[int]]) -> tuple[slice, slice]:
    """The rows and columns of the image that contain the shapes, which are given as for ``_fill``."""
    centers, radii = np.split(np.array(circles, np.int32).reshape(-1, 3), [2], axis=1)
    far = [(text, text.height * (len(text.text) + 1)) for text in group.texts]
    texts = [(value + side * reach) * SUBPIXELS for text, reach in far for side in (-1, 1) for value in text.at]
    points = [centers - radii, centers + radii, *polygons, np.rint(texts).astype(np.int32).reshape(-1, 2)]
    x, y, width, height = cv2.boundingRect(np.concatenate(points))
    left, top = (x >> SHIFT) - EDGE, (y >> SHIFT) - EDGE
    right, bottom = ((x + width) >> SHIFT) + EDGE, ((y + height) >> SHIFT) + EDGE
    return slice(max(top, 0), max(bottom, 0)), slice(max(left, 0), max(right, 0))

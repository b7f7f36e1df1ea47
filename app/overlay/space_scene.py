"""What the 3-D view shows, as shapes in painting order: the floor, people's shadows on it, and the people.

Bones and joints of all people are sorted by their depth, the furthest first, each with an outline that parts it from
what is behind it. What is further away is thinner and paler.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil, floor, isfinite, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.skeleton import Skeleton
from app.overlay.body import BONE_WIDTH, SIZES
from app.overlay.colors import FINGERS, Area, area_of, keypoint_colors, limb_area
from app.overlay.orbit_camera import NEAR_M, OrbitCamera
from app.overlay.shape import Color, Dot, Line, Point, TaperedBone, Text
from app.overlay.space_placement import PlacedPerson
from app.overlay.style import DrawStyle

Values = NDArray[np.float64]
Size = tuple[float, float]

THICK_M = 0.035
"""Width of a limb in meters; a short one is no wider than ``SHORT`` of its length."""
SHORT = 0.3
FINGER_M = 0.014
"""Width of a finger and of what connects it with the wrist, in meters."""
JOINT = 0.64
"""Radius of a joint relative to the width of its widest limb."""
MIN_WIDTH = 1.2
"""Least width of a limb in pixels."""
THINNING = 0.12
"""By which power of e a limb is thinner for each meter that it is further away, besides perspective."""
PALE_PER_M, MAX_PALE = 0.35, 0.45
"""How much of the background's color is mixed in for each meter behind the target, and at most."""
PALE_STEPS = 40
"""Steps from a color to the background's: with few colors painting is fast."""
MIN_RADIUS = 1.6
"""Joints of fingers with a smaller radius in pixels are not drawn: their outlines would hide the fingers."""
OUTLINE = 1.4
"""Width of the outline on each side, in pixels. That of limbs is drawn as a shape before them; dots have their own."""
NAME_GAP, NAME_HEIGHT = 20.0, 12.0
"""Distance of a name over the highest point, and its height, in pixels."""

GRID_STEPS_M = (0.25, 0.5, 1.0, 2.0, 5.0)
GRID_STEP_OF_DISTANCE = 0.11
"""A cell of the floor is about this fraction of the camera's distance wide."""
GRID_CELLS = 6
"""Cells from the middle of the shown floor to its edge."""
FLAT_DEGREES = 5.0
"""Seen from lower, in degrees, the floor is a line: nothing is drawn or written on it."""


class Stick(NamedTuple):
    """A straight limb from ``a`` to ``b`` with a width in pixels at each end; its ends are flat."""

    a: Point
    b: Point
    width_a: float
    width_b: float
    color: Color


SpaceShape = Line | Stick | TaperedBone | Dot | Text


@dataclass(frozen=True, slots=True)
class SpaceColors:
    """Colors of the view, all opaque."""

    background: Color
    grid: Color
    shadow: Color
    outline: Color
    text: Color


def grid_step(camera: OrbitCamera) -> float:
    """The width of a cell of the floor in meters: finer from nearby."""
    wanted = GRID_STEP_OF_DISTANCE * camera.distance
    return next((step for step in GRID_STEPS_M if step >= wanted), GRID_STEPS_M[-1])


def floor_shapes(camera: OrbitCamera, size: Size, colors: SpaceColors, toward_camera: str = "") -> list[SpaceShape]:
    """The round part of the floor around the target, with a grid of whole multiples of ``grid_step``.

    ``toward_camera`` is written at the side on which the camera is that filmed.
    """
    step = grid_step(camera)
    radius = GRID_CELLS * step
    x, _, z = camera.target
    ends = [
        *((at, z - half, at, z + half) for at, half in _chords(x, radius, step)),
        *((x - half, at, x + half, at) for at, half in _chords(z, radius, step)),
    ]
    segments = np.array([[[ax, 0.0, az], [bx, 0.0, bz]] for ax, az, bx, bz in ends])
    lines = camera.project(_in_front(camera, segments), size)
    shapes: list[SpaceShape] = [
        Line((ax, ay), (bx, by), 1.0, colors.grid)
        for (ax, ay, _), (bx, by, _) in lines.tolist()
        if isfinite(ax + ay + bx + by)
    ]
    if toward_camera and abs(camera.elevation) > FLAT_DEGREES:
        at_x, at_y, _ = camera.project(np.array([x, 0.0, z + radius + step / 2]), size).tolist()
        if isfinite(at_x + at_y):
            shapes.append(Text((at_x, at_y), toward_camera, NAME_HEIGHT, colors.text))
    return shapes


def people_shapes(
    placed: Sequence[PlacedPerson],
    skeleton: Skeleton,
    style: DrawStyle,
    camera: OrbitCamera,
    size: Size,
    colors: SpaceColors,
) -> list[SpaceShape]:
    """The people, in the colors and the style of the overlay, with their shadows and names."""
    if not placed:
        return []
    points = np.stack([one.points for one in placed])
    seen, cast = camera.project(points, size), camera.project(points * [1, 0, 1], size)
    drawer = _Drawer(skeleton, style, camera, size, colors)
    flat: list[SpaceShape] = []
    pieces: list[tuple[float, list[SpaceShape]]] = []
    names: list[SpaceShape] = []
    for one, rows, fallen in zip(placed, seen, cast, strict=True):
        thickness = drawer.thickness(one)
        if abs(camera.elevation) > FLAT_DEGREES:
            flat += drawer.shadow(thickness, fallen)
        pieces += drawer.pieces(one, thickness, rows)
        if style.ids and one.person.id:
            names += drawer.name(one, rows.tolist())
    pieces.sort(key=lambda piece: -piece[0])
    return [*flat, *(shape for _, shapes in pieces for shape in shapes), *names]


class _Drawer:
    """Draws one person after the other with the same camera."""

    def __init__(
        self, skeleton: Skeleton, style: DrawStyle, camera: OrbitCamera, size: Size, colors: SpaceColors
    ) -> None:
        self._skeleton = skeleton
        self._style = style
        self._camera = camera
        self._colors = colors
        self._scale = camera.pixels_per_meter(size)

    def thickness(self, one: PlacedPerson) -> list[float]:
        """Width of each limb in meters; NaN where it is not known."""
        limbs = np.array(self._skeleton.limbs, np.int64).reshape(-1, 2)
        lengths = np.linalg.norm(one.points[limbs[:, 0]] - one.points[limbs[:, 1]], axis=1)
        of_finger = [area.part in FINGERS for area in _areas(self._skeleton)[1]]
        widest = np.where(of_finger, FINGER_M, THICK_M) * self._style.scale
        thick: list[float] = np.minimum(widest, SHORT * lengths).tolist()
        return thick

    def shadow(self, thickness: list[float], projected: Values) -> list[SpaceShape]:
        """The larger limbs on the floor, from the projections (K, 3) of the points there."""
        rows, widths, color = projected.tolist(), self._meters(projected[:, 2]), self._colors.shadow
        return [
            Stick(_at(rows[i]), _at(rows[j]), thick * widths[i], thick * widths[j], color)
            for (i, j), thick in zip(self._skeleton.limbs, thickness, strict=True)
            if thick >= THICK_M * self._style.scale and isfinite(rows[i][2] + rows[j][2])
        ]

    def pieces(
        self, one: PlacedPerson, thickness: list[float], projected: Values
    ) -> list[tuple[float, list[SpaceShape]]]:
        """The limbs and joints, each with its depth, from the projections (K, 3) of the points."""
        style, points = self._style, one.person.points_3d
        assert points is not None
        color_of, scores, rows = keypoint_colors(one.person, style), points[:, 3].tolist(), projected.tolist()
        meters, (areas, limb_areas) = self._meters(projected[:, 2]), _areas(self._skeleton)
        nearest = {number: row[2] for number, row in enumerate(rows) if isfinite(row[2])}
        widest: dict[int, float] = {}
        found: list[tuple[float, list[SpaceShape]]] = []
        for (i, j), thick, area in zip(self._skeleton.limbs, thickness, limb_areas, strict=True):
            depth = (rows[i][2] + rows[j][2]) / 2
            if not isfinite(depth):
                continue
            widths = max(thick * meters[i], MIN_WIDTH), max(thick * meters[j], MIN_WIDTH)
            for end, width in zip((i, j), widths, strict=True):
                nearest[end] = min(nearest[end], depth)
                widest[end] = max(widest.get(end, 0.0), width)
            if style.style != "dots":
                color = self._paled(color_of(area, min(scores[i], scores[j])), depth)
                found.append((depth, self._limb(rows[i], rows[j], widths, color)))
        size = JOINT * SIZES[style.style]
        for number, depth in nearest.items():
            radius = max(size * widest.get(number, THICK_M * meters[number]), MIN_WIDTH)
            if radius < MIN_RADIUS and areas[number].part in FINGERS and style.style != "dots":
                continue
            color = self._paled(color_of(areas[number], scores[number]), depth)
            # A joint comes after the nearest limb that ends there, whose outline would cut into it.
            found.append((depth - 1e-3, [Dot(_at(rows[number]), radius, color)]))
        return found

    def name(self, one: PlacedPerson, rows: list[list[float]]) -> list[SpaceShape]:
        """The name over the highest of the projections (K, 3) of the points."""
        top = min(((y, x) for x, y, _ in rows if isfinite(x)), default=None)
        if top is None:
            return []
        text = self._style.names.get(one.person.id, str(one.person.id))
        return [Text((top[1], top[0] - NAME_GAP), text, NAME_HEIGHT, self._colors.text)]

    def _limb(self, a: list[float], b: list[float], widths: tuple[float, float], color: Color) -> list[SpaceShape]:
        start, end, outline = _at(a), _at(b), self._colors.outline
        at_a, at_b = widths
        if self._style.style == "bones":
            wide = BONE_WIDTH * (at_a + at_b) / 2
            return [TaperedBone(start, end, wide + 2 * OUTLINE, outline), TaperedBone(start, end, wide, color)]
        edge = 2 * min(OUTLINE, (at_a + at_b) / 4)
        return [Stick(start, end, at_a + edge, at_b + edge, outline), Stick(start, end, at_a, at_b, color)]

    def _meters(self, depths: Values) -> list[float]:
        """How wide a meter is drawn at each of ``depths`` (K,), in pixels; NaN where a depth is not known."""
        beyond = depths - self._camera.distance
        perspective = 1.0 if self._camera.parallel else self._camera.distance / np.maximum(depths, NEAR_M)
        meters: list[float] = (self._scale * perspective * np.exp(np.clip(-THINNING * beyond, -1, 1))).tolist()
        return meters

    def _paled(self, color: Color, depth: float) -> Color:
        """``color`` as it is seen at a depth in meters."""
        steps = round(min(PALE_PER_M * (depth - self._camera.distance), MAX_PALE) * PALE_STEPS)
        if steps <= 0:
            return color
        share = steps / PALE_STEPS
        (red, green, blue, _), (far_red, far_green, far_blue, _) = color, self._colors.background
        return Color(
            round(red + share * (far_red - red)),
            round(green + share * (far_green - green)),
            round(blue + share * (far_blue - blue)),
        )


@cache
def _areas(skeleton: Skeleton) -> tuple[list[Area], list[Area]]:
    """The areas of the keypoints, and of the limbs."""
    areas = [area_of(skeleton, number) for number in range(len(skeleton.names))]
    return areas, [limb_area(areas[i], areas[j]) for i, j in skeleton.limbs]


def _at(row: list[float]) -> Point:
    return row[0], row[1]


def _chords(middle: float, radius: float, step: float) -> list[tuple[float, float]]:
    """Multiples of ``step`` within ``radius`` of ``middle``, with half the length of the circle's chord there."""
    first, last = ceil((middle - radius) / step), floor((middle + radius) / step)
    return [
        (number * step, sqrt(max(radius**2 - (number * step - middle) ** 2, 0.0))) for number in range(first, last + 1)
    ]


def _in_front(camera: OrbitCamera, segments: Values) -> Values:
    """The parts of ``segments`` (N, 2, 3) that the camera sees; those that it does not see at all stay as they are."""
    depths = camera.distance - (segments - np.array(camera.target)) @ camera.axes[2]
    if camera.parallel:
        return segments
    cut = segments.copy()
    for end, other in ((0, 1), (1, 0)):
        hidden = (depths[:, end] < 2 * NEAR_M) & (depths[:, other] > 2 * NEAR_M)
        share = (2 * NEAR_M - depths[hidden, end]) / (depths[hidden, other] - depths[hidden, end])
        cut[hidden, end] += share[:, None] * (segments[hidden, other] - segments[hidden, end])
    return cut

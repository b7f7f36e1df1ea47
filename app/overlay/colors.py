"""Colors of people. A dark halo keeps all of them visible on any background."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product, starmap
from typing import NamedTuple

import cv2
import numpy as np

from app.core.people import Floats, Image, Person
from app.core.skeleton import PARTS, Part, Side, Skeleton
from app.overlay.shape import Color
from app.overlay.style import Coloring, DrawStyle

# Blue and orange are distinguishable with every common color blindness.
SIDE_COLORS: dict[Side, Color] = {
    "middle": Color(240, 240, 232),
    "right": Color(255, 146, 43),
    "left": Color(64, 172, 255),
}


class Area(NamedTuple):
    """Where a keypoint or a limb is: its side and its part of the body."""

    side: Side
    part: Part


BODY = Area("middle", "trunk")
"""The area of a person as a whole."""
FINGERS = PARTS[PARTS.index("thumb") :]
PART_COLORS: dict[Part, Color] = {
    "trunk": Color(240, 240, 232),
    "face": Color(240, 190, 40),
    "arm": Color(86, 180, 233),
    "leg": Color(230, 90, 0),
    "foot": Color(170, 90, 167),
    "thumb": Color(255, 235, 120),
    "forefinger": Color(110, 200, 255),
    "middle_finger": Color(30, 170, 110),
    "ring_finger": Color(235, 110, 30),
    "pinky_finger": Color(190, 110, 230),
}
"""Parts next to each other differ with every common color blindness, and so do the fingers."""
RIGHT_SHADE = -0.25
"""Shade of the right side where parts of the body have colors: see ``shaded``."""
FINGER_SHADES = (0.65, 0.35, 0.0, -0.2, -0.38)
"""Shades of the fingers where the sides have colors, from the thumb to the little finger."""
HALO = Color(10, 12, 18, 0.5)
BOX = Color(240, 240, 232, 0.85)
CHIP = Color(16, 18, 26, 0.72)
TEXT = Color(255, 255, 255)
DARK_TEXT = Color(12, 14, 20)

# Found by a search for colors that differ clearly from each other and from the orange and blue of the sides, in normal
# vision and without the red, the green or the blue cones, and are visible on the light and the dark theme; neighbors
# differ most.
PERSON_COLORS = (
    Color(160, 208, 168),
    Color(112, 40, 184),
    Color(72, 120, 0),
    Color(224, 72, 112),
    Color(184, 32, 248),
    Color(160, 8, 104),
)

GRADES = 16
"""Number of colors for scores."""
HEATMAP_ALPHA = 0.9
"""Opacity of a heatmap at its maximum, 0..1."""
MIN_LEVEL = 70
"""Lowest level of the color map that is used, 0..255; lower ones are nearly black."""


def area_of(skeleton: Skeleton, keypoint: int) -> Area:
    """Where keypoint number ``keypoint`` is."""
    return Area(skeleton.side(keypoint), skeleton.part(keypoint))


def limb_area(first: Area, second: Area) -> Area:
    """Where a limb is, from the areas of its ends: on the side of the one that has one, on the outer part."""
    sides = {first.side, second.side} - {"middle"}
    side: Side = sides.pop() if len(sides) == 1 else "middle"
    return Area(side, max(first.part, second.part, key=PARTS.index))


def in_drawing_order(area: Area) -> tuple[int, int]:
    """Sort key of areas: one side after the other, and of each side one finger after the other."""
    finger = FINGERS.index(area.part) + 1 if area.part in FINGERS else 0
    return list(SIDE_COLORS).index(area.side), finger


def person_color(number: int) -> Color:
    """The color of the person with the id ``number``; the same for the same id."""
    return PERSON_COLORS[(number - 1) % len(PERSON_COLORS)]


def score_color(score: float) -> Color:
    """The color of ``score`` (0..1): from dark blue over green to yellow, in perceptually uniform steps."""
    return _grades()[min(max(int(score * GRADES), 0), GRADES - 1)]


def keypoint_colors(person: Person, style: DrawStyle) -> Callable[[Area, float], Color]:
    """A function that returns the color of a keypoint or limb of ``person``, from its area and its score."""
    alpha = style.alpha
    if style.color == "person":
        own = person_color(person.id)._replace(alpha=alpha)
        return lambda area, score: own
    if style.color == "score":
        return lambda area, score: score_color(score)._replace(alpha=alpha)
    colors = _area_colors(style.color, alpha)
    return lambda area, score: colors[area]


@cache
def _area_colors(coloring: Coloring, alpha: float) -> dict[Area, Color]:
    """The colors of all areas."""
    color_of = part_color if coloring == "part" else side_color
    return {area: color_of(area)._replace(alpha=alpha) for area in starmap(Area, product(SIDE_COLORS, PARTS))}


def side_color(area: Area) -> Color:
    """The color of a side; each finger has a shade of its own, or a hue where the side of the hand is unknown."""
    if area.part not in FINGERS:
        return SIDE_COLORS[area.side]
    if area.side == "middle":
        return PART_COLORS[area.part]
    return shaded(SIDE_COLORS[area.side], FINGER_SHADES[FINGERS.index(area.part)])


def part_color(area: Area) -> Color:
    """The color of a part of the body, darker on the right side."""
    return shaded(PART_COLORS[area.part], RIGHT_SHADE if area.side == "right" else 0.0)


def shaded(color: Color, shade: float) -> Color:
    """``color`` mixed with white (``shade`` up to 1) or with black (down to -1)."""
    end = 255 if shade > 0 else 0
    red, green, blue = (round(value + (end - value) * abs(shade)) for value in color[:3])
    return Color(red, green, blue, color.alpha)


def text_on(background: Color) -> Color:
    """The text color, white or dark, that reads better on ``background``."""
    brightness = 0.299 * background.red + 0.587 * background.green + 0.114 * background.blue
    return DARK_TEXT if brightness > 130 else TEXT


def heat_colors(heat: Floats) -> Image:
    """Color a map (H, W) of 0..1: returns (H, W, 4) uint8 = B G R alpha, premultiplied, transparent at 0."""
    heat = np.clip(heat, 0, 1)
    colors = cv2.applyColorMap((MIN_LEVEL + (255 - MIN_LEVEL) * heat).astype(np.uint8), cv2.COLORMAP_INFERNO)
    alpha = (HEATMAP_ALPHA * heat)[..., None]
    return np.concatenate([colors * alpha, 255 * alpha], axis=-1).astype(np.uint8)


@cache
def _grades() -> list[Color]:
    middles = ((np.arange(GRADES) + 0.5) / GRADES * 255).astype(np.uint8)
    colors = cv2.applyColorMap(middles[:, None], cv2.COLORMAP_VIRIDIS)[:, 0]
    return [Color(int(red), int(green), int(blue)) for blue, green, red in colors]

"""Colors of people. A dark halo keeps all of them visible on any background."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from app.core.people import Floats, Image, Person
from app.core.skeleton import Side
from app.overlay.shape import Color
from app.overlay.style import DrawStyle

# Blue and orange are distinguishable with every common color blindness.
SIDE_COLORS: dict[Side, Color] = {
    "middle": Color(240, 240, 232),
    "right": Color(255, 146, 43),
    "left": Color(64, 172, 255),
}
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


def person_color(number: int) -> Color:
    """The color of the person with the id ``number``; the same for the same id."""
    return PERSON_COLORS[(number - 1) % len(PERSON_COLORS)]


def score_color(score: float) -> Color:
    """The color of ``score`` (0..1): from dark blue over green to yellow, in perceptually uniform steps."""
    return _grades()[min(max(int(score * GRADES), 0), GRADES - 1)]


def keypoint_colors(person: Person, style: DrawStyle) -> Callable[[Side, float], Color]:
    """A function that returns the color of a keypoint or limb of ``person``, from its side and its score."""
    alpha = style.alpha
    if style.color == "person":
        own = person_color(person.id)._replace(alpha=alpha)
        return lambda side, score: own
    if style.color == "score":
        return lambda side, score: score_color(score)._replace(alpha=alpha)
    colors = {side: color._replace(alpha=alpha) for side, color in SIDE_COLORS.items()}
    return lambda side, score: colors[side]


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

"""The colours of people. The halo parts all of them from any background."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from app.overlay.look import Look
from app.overlay.shape import Ink
from app.people import Floats, Image, Person
from app.skeleton import Side

# Blue against orange stays apart for every common colour blindness.
SIDE_INKS: dict[Side, Ink] = {"middle": Ink(240, 240, 232), "right": Ink(255, 146, 43), "left": Ink(64, 172, 255)}
HALO = Ink(10, 12, 18, 0.5)
BOX = Ink(240, 240, 232, 0.85)
CHIP = Ink(16, 18, 26, 0.72)
TEXT = Ink(255, 255, 255)
DARK_TEXT = Ink(12, 14, 20)

# Okabe and Ito's colours, but for black, in an order that keeps neighbours apart.
PERSON_INKS = (
    Ink(86, 180, 233),
    Ink(230, 159, 0),
    Ink(204, 121, 167),
    Ink(213, 94, 0),
    Ink(0, 114, 178),
    Ink(240, 228, 66),
    Ink(0, 158, 115),
)

GRADES = 16
HEAT_COVER = 0.9
DIMMEST = 70
"""Heat glows from this of 255 levels on: below, it would be soot."""


def person_ink(number: int) -> Ink:
    """The colour of the person with the id ``number``, always the same."""
    return PERSON_INKS[(number - 1) % len(PERSON_INKS)]


def score_ink(score: float) -> Ink:
    """Dark blue for a score of 0, over green, to yellow for 1, in steps that look even."""
    return _grades()[min(max(int(score * GRADES), 0), GRADES - 1)]


def inks_of(person: Person, look: Look) -> Callable[[Side, float], Ink]:
    """What gives the ink of a part of ``person``, from its side and its score."""
    cover = look.cover
    if look.color == "person":
        own = person_ink(person.id)._replace(cover=cover)
        return lambda side, score: own
    if look.color == "score":
        return lambda side, score: score_ink(score)._replace(cover=cover)
    inks = {side: ink._replace(cover=cover) for side, ink in SIDE_INKS.items()}
    return lambda side, score: inks[side]


def text_on(ink: Ink) -> Ink:
    """White or dark, whichever reads better on ``ink``."""
    brightness = 0.299 * ink.red + 0.587 * ink.green + 0.114 * ink.blue
    return DARK_TEXT if brightness > 130 else TEXT


def heat_colors(heat: Floats) -> Image:
    """A map (H, W) of 0..1 as colours (H, W, 4) = B G R cover, premultiplied: nothing where it is 0."""
    heat = np.clip(heat, 0, 1)
    colors = cv2.applyColorMap((DIMMEST + (255 - DIMMEST) * heat).astype(np.uint8), cv2.COLORMAP_INFERNO)
    cover = (HEAT_COVER * heat)[..., None]
    return np.concatenate([colors * cover, 255 * cover], axis=-1).astype(np.uint8)


@cache
def _grades() -> list[Ink]:
    middles = ((np.arange(GRADES) + 0.5) / GRADES * 255).astype(np.uint8)
    colors = cv2.applyColorMap(middles[:, None], cv2.COLORMAP_VIRIDIS)[:, 0]
    return [Ink(int(red), int(green), int(blue)) for blue, green, red in colors]

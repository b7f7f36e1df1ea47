"""Colours that stay apart for every common colour blindness, on light and on dark."""

from __future__ import annotations

from app.window.theme import DARK, Colors

ON_LIGHT = ("#0072b2", "#d55e00", "#009e73", "#aa3377", "#e69f00", "#56b4e9", "#1b1c20")
ON_DARK = ("#56b4e9", "#e69f00", "#2cc295", "#e58fc0", "#f0e442", "#ff7a59", "#d8d8dc")
"""After Okabe and Ito (Color Universal Design, 2008), some darkened or lightened to read on their ground."""


def hue(place: int, chosen: Colors) -> str:
    """The colour of number ``place`` (from 0) on the ground of ``chosen``; they come again after the last."""
    hues = ON_DARK if chosen is DARK else ON_LIGHT
    return hues[place % len(hues)]


def hues_apart() -> int:
    """So many colours there are before the first comes again."""
    return len(ON_LIGHT)

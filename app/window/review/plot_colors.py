"""Pens of the curves: body sides have their overlay colors; suited to light and dark themes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QPen

from app.core.skeleton import Side
from app.window.review.curves import Curve
from app.window.style.side_colors import side_color
from app.window.style.theme import DARK, Colors

WIDTH = 1.6
"""Line width of a curve, in pixels."""
MIDDLE_ON_LIGHT = ("#00805c", "#aa3377", "#1b1c20")
MIDDLE_ON_DARK = ("#2cc295", "#e58fc0", "#d8d8dc")
"""Colors of curves without a side, distinct from the side colors for all common color vision deficiencies.

After Okabe and Ito (Color Universal Design, 2008).
"""
DASHES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
)
COMPARED_DASHES = [1.5, 2.5]
"""Lengths of the dashes and gaps of compared curves, in widths of the line."""
SHADE = 140
"""Factor in per cent by which a color is darkened or lightened after all dash patterns have been used."""


def curve_pens(curves: Sequence[Curve], chosen: Colors) -> list[QPen]:
    """A pen for each of ``curves`` in the theme ``chosen``: color shows the side, dashes tell its curves apart.

    Curves of a compared analysis have the colors of those they are compared with, and short dashes.
    """
    shown = [curve for curve in curves if not curve.compared]
    pens = _pens(shown, chosen)
    by_title = {curve.title: pen for curve, pen in zip(shown, pens, strict=True)}
    for curve in curves[len(shown) :]:
        pen = QPen(by_title.get(curve.compared) or _pens([curve], chosen)[0])
        pen.setDashPattern(COMPARED_DASHES)
        pens.append(pen)
    return pens


def _pens(curves: Sequence[Curve], chosen: Colors) -> list[QPen]:
    middles = MIDDLE_ON_DARK if chosen is DARK else MIDDLE_ON_LIGHT
    used: Counter[Side] = Counter()
    pens = []
    for curve in curves:
        number = used[curve.side]
        used[curve.side] += 1
        if curve.side == "middle":
            color, number = QColor(middles[number % len(middles)]), number // len(middles)
        else:
            color = side_color(curve.side)
        for _ in range(min(number // len(DASHES), 3)):
            color = color.lighter(SHADE) if chosen is DARK else color.darker(SHADE)
        pens.append(QPen(color, WIDTH, DASHES[number % len(DASHES)]))
    return pens

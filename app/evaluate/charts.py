"""Charts as SVG text, styled by CSS classes of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 44, 14, 14, 40
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Values of the axis labels."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A line through points ``x``, ``y`` (N,), 0..1; ``tone`` 1 to 3 is its intensity, ``dots`` marks the points."""

    label: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    tone: int = 3
    dots: bool = False


def curves(drawn: Sequence[Curve], x_label: str, y_label: str, *, diagonal: bool = False) -> str:
    """An SVG line chart with axes from 0 to 1, and a legend for several lines; ``diagonal`` adds the line y = x."""
    title = f"{y_label} by {x_label}"
    parts = [_axes(x_label, y_label)]
    if diagonal:
        parts.append(f'<path class="even" d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}"/>')
    for curve in drawn:
        points = [(_x(a), _y(b)) for a, b in zip(curve.x.tolist(), curve.y.tolist(), strict=True)]
        path = "M" + "L".join(f"{a} {b}" for a, b in points)
        parts.append(f'<path class="curve tone{curve.tone}" d="{path}"/>')
        if curve.dots:
            parts += [f'<circle class="tone{curve.tone}" cx="{a}" cy="{b}" r="3.2"/>' for a, b in points]
    chart = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'
    if len(drawn) == 1:
        return chart
    legend = "".join(f'<li class="tone{curve.tone}">{escape(curve.label)}</li>' for curve in drawn)
    return f'<ul class="legend">{legend}</ul>{chart}'


def bars(rows: Sequence[tuple[str, Sequence[float]]], labels: Sequence[str], *, printed: int) -> str:
    """An SVG bar chart with a row per name and nested bars, 0..1.

    ``labels`` name the nested values from the narrowest to the widest; the value with index ``printed`` is written
    beside the bars.
    """
    height, step, left, right = 12, 24, 124, 52
    width = 2 * WIDTH
    span = width - left - right
    parts = []
    for row, (name, values) in enumerate(rows):
        y = row * step + 6
        parts.append(f'<text class="name" x="{left - 10}" y="{y + 10}">{escape(name)}</text>')
        parts.append(f'<rect class="track" x="{left}" y="{y}" width="{span}" height="{height}" rx="3"/>')
        for tone, value in reversed(list(enumerate(values, 1))):
            if value > 0:
                parts.append(
                    f'<rect class="tone{len(values) + 1 - tone}" x="{left}" y="{y}" width="{span * value:.1f}" '
                    f'height="{height}" rx="3"/>'
                )
        number = f"{values[printed]:.3f}" if values[printed] == values[printed] else "–"
        parts.append(f'<text class="value" x="{width - right + 10}" y="{y + 10}">{number}</text>')
    legend = "".join(f'<li class="tone{len(labels) - i}">{escape(label)}</li>' for i, label in enumerate(labels))
    size = f"0 0 {width} {len(rows) * step + 6}"
    return (
        f'<ul class="legend">{legend}</ul><div class="scroll"><svg class="bars" viewBox="{size}" role="img" '
        f'aria-label="{escape(labels[printed])} by part">{"".join(parts)}</svg></div>'
    )


def _axes(x_label: str, y_label: str) -> str:
    lines = [f'<path class="grid" d="M{_x(0)} {_y(tick)}H{_x(1)}"/>' for tick in TICKS]
    lines += [f'<text class="tick" x="{_x(tick)}" y="{_y(0) + 16}">{tick:g}</text>' for tick in TICKS]
    lines += [f'<text class="tick left" x="{_x(0) - 8}" y="{_y(tick) + 4}">{tick:g}</text>' for tick in TICKS]
    middle = (_y(0) + _y(1)) / 2
    lines.append(f'<text class="axis" x="{(_x(0) + _x(1)) / 2}" y="{HEIGHT - 4}">{escape(x_label)}</text>')
    lines.append(f'<text class="axis" transform="translate(11 {middle}) rotate(-90)">{escape(y_label)}</text>')
    return "".join(lines)


def _x(value: float) -> float:
    return round(LEFT + value * (WIDTH - LEFT - RIGHT), 1)


def _y(value: float) -> float:
    return round(TOP + (1 - value) * (HEIGHT - TOP - BOTTOM), 1)

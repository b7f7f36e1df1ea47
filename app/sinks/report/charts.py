"""Line charts as SVG, with mean and spread, in sizes for paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

WIDTH, HEIGHT = 360, 200
LEFT, RIGHT, TOP, BOTTOM = 42, 10, 10, 34
MAX_POINTS = 600
"""Points of a line that can be told apart at this width."""
TICKS = 5
TONES = {"left": "#1864ab", "right": "#d9480f", "middle": "#343a40"}
"""Colors of the sides, dark enough for white paper; the right side is dashed too, for printers without colors."""
DASHES = {"right": ' stroke-dasharray="4 2"'}
DOTS = 'stroke-width="1.7" stroke-linecap="round" stroke-dasharray="0.1 2.8"'
"""What was filled in between measured values."""
GRID, ZERO = "#e6e9ec", "#868e96"
TEXT = 'font-size="9" font-family="sans-serif" fill="#5c636a"'
# The look is in attributes, because programs that turn the page into PDF or text documents do not apply its style here.


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line through ``y`` (N,) at ``x`` (N,), broken where ``y`` is NaN, with a band ``spread`` (N,) to either side.

    ``tone`` is the side, which decides the color: left, right or middle. The line is dotted where it is ``dotted``
    (N,), if that is given.
    """

    label: str
    x: Values
    y: Values
    tone: str = "middle"
    spread: Values | None = None
    dotted: NDArray[np.bool_] | None = None


def chart(lines: Sequence[Line], x_label: str, y_label: str, title: str) -> str:
    """An SVG chart of ``lines`` with axes that span them; empty if no value is known."""
    lines = [_thinned(line) for line in lines if np.isfinite(line.y).any()]
    if not lines:
        return ""
    known = [line.y[np.isfinite(line.y)] for line in lines]
    edges = [
        edge[np.isfinite(edge)]
        for line in lines
        if line.spread is not None
        for edge in (line.y - line.spread, line.y + line.spread)
    ]
    y_ticks = ticks(min(v.min() for v in [*known, *edges]), max(v.max() for v in [*known, *edges]))
    x_low, x_high = min(line.x[0] for line in lines), max(line.x[-1] for line in lines)
    scale = _Scale(x_low, max(x_high, x_low + 1e-6), y_ticks[0], y_ticks[-1])
    x_ticks = [tick for tick in ticks(x_low, x_high) if x_low <= tick <= x_high]
    parts = [_axes(scale, x_ticks, y_ticks, x_label, y_label)]
    parts += [_band(line, scale) for line in lines if line.spread is not None]
    parts += [_drawn(line, scale) for line in lines]
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'


def ticks(low: float, high: float, count: int = TICKS) -> list[float]:
    """Round values in equal steps from at most ``low`` to at least ``high``, about ``count`` of them."""
    extent = max(high - low, 1e-6)
    power = 10.0 ** floor(log10(extent / count))
    step = next(size * power for size in (1, 2, 5, 10) if extent / (size * power) <= count)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, max(last, first + 1) + 1)]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Places in the chart of values from ``x_low`` to ``x_high`` and from ``y_low`` to ``y_high``."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def x(self, value: float) -> float:
        return round(LEFT + (value - self.x_low) / (self.x_high - self.x_low) * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        return round(TOP + (self.y_high - value) / (self.y_high - self.y_low) * (HEIGHT - TOP - BOTTOM), 1)


def _axes(scale: _Scale, x_ticks: Sequence[float], y_ticks: Sequence[float], x_label: str, y_label: str) -> str:
    left, right, bottom = scale.x(scale.x_low), scale.x(scale.x_high), scale.y(scale.y_low)
    parts = [
        f'<path stroke="{GRID if tick else ZERO}" stroke-width="0.7" d="M{left} {scale.y(tick)}H{right}"/>'
        for tick in y_ticks
    ]
    parts += [_label(left - 5, scale.y(tick) + 3, f"{tick:g}".replace("-", "−"), "end") for tick in y_ticks]
    parts += [_label(scale.x(tick), bottom + 13, f"{tick:g}") for tick in x_ticks]
    parts.append(_label((left + right) / 2, HEIGHT - 5, x_label))
    middle = (scale.y(scale.y_high) + bottom) / 2
    turned = _label(0, 0, y_label)
    return "".join([*parts, f'<g transform="translate(10 {middle:.1f}) rotate(-90)">{turned}</g>'])


def _label(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {TEXT}>{escape(text)}</text>'


def _drawn(line: Line, scale: _Scale) -> str:
    """The line; its dotted stretches reach to the values on both sides of them."""
    look = f'fill="none" stroke="{TONES[line.tone]}" stroke-linejoin="round"'
    dotted = np.zeros(len(line.y), bool) if line.dotted is None else line.dotted
    solid = _path(line.x, np.where(dotted, np.nan, line.y), scale)
    paths = f'<path class="line {line.tone}" {look} stroke-width="1.5"{DASHES.get(line.tone, "")} d="{solid}"/>'
    if dotted.any():
        beside = dotted | np.roll(dotted, 1) & (np.arange(len(dotted)) > 0)
        beside |= np.append(dotted[1:], False)
        path = _path(line.x, np.where(beside, line.y, np.nan), scale)
        paths += f'<path class="line {line.tone} filled" {look} {DOTS} d="{path}"/>'
    return paths


def _path(x: Values, y: Values, scale: _Scale) -> str:
    """The path through the known points; a single known point becomes a short line."""
    pieces = []
    for start, end in _stretches(np.isfinite(y)):
        pairs = zip(x[start:end].tolist(), y[start:end].tolist(), strict=True)
        points = [f"{scale.x(a)} {scale.y(b)}" for a, b in pairs]
        pieces.append("M" + "L".join(points) + ("h1" if len(points) == 1 else ""))
    return "".join(pieces)


def _band(line: Line, scale: _Scale) -> str:
    """The area between ``y`` - ``spread`` and ``y`` + ``spread``."""
    assert line.spread is not None
    pieces = []
    for start, end in _stretches(np.isfinite(line.y) & np.isfinite(line.spread)):
        x, y, spread = (values[start:end].tolist() for values in (line.x, line.y, line.spread))
        upper = [f"{scale.x(a)} {scale.y(b + c)}" for a, b, c in zip(x, y, spread, strict=True)]
        lower = [f"{scale.x(a)} {scale.y(b - c)}" for a, b, c in zip(x, y, spread, strict=True)]
        pieces.append("M" + "L".join([*upper, *reversed(lower)]) + "Z")
    return f'<path class="band {line.tone}" fill="{TONES[line.tone]}" fill-opacity="0.16" d="{"".join(pieces)}"/>'


def _stretches(known: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and end (exclusive) of the stretches in which ``known`` (N,) is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _thinned(line: Line) -> Line:
    """``line`` with at most ``MAX_POINTS`` points: the lowest and the highest of each part, so that peaks stay."""
    count = len(line.y)
    if count <= MAX_POINTS or line.spread is not None:
        return line
    kept: list[int] = []
    dotted = line.dotted.copy() if line.dotted is not None else None
    for part in np.array_split(np.arange(count), MAX_POINTS // 2):
        known = part[np.isfinite(line.y[part])]
        chosen = {int(known[line.y[known].argmin()]), int(known[line.y[known].argmax()])} if len(known) else {part[0]}
        kept += sorted(int(one) for one in chosen)
        if dotted is not None:
            dotted[part] = dotted[part].any()
    return Line(line.label, line.x[kept], line.y[kept], line.tone, dotted=None if dotted is None else dotted[kept])

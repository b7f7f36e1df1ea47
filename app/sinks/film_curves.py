"""Curves of angles below the picture of a film, with a line at the moment that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from app.analysis import Analysis
from app.analysis.angles import ANGLES
from app.analysis.series import series
from app.analysis.whole_turns import continuous
from app.core.errors import StanceError
from app.core.film_options import FilmOptions
from app.core.message import Message
from app.core.people import Image
from app.core.settings import Language
from app.core.skeleton import Side, side_of
from app.overlay import SIDE_COLORS
from app.sinks.report.angle_titles import TITLES
from app.sinks.report.charts import ticks
from app.sinks.report.person import SIDES
from app.sinks.report.texts import Texts

Values = NDArray[np.float64]
Bgr = tuple[int, int, int]

GROUND, GRID, TEXT, CURSOR = (26, 24, 22), (64, 60, 56), (196, 192, 186), (245, 245, 245)
"""Blue, green and red of the ground, the grid, the texts and the line at the moment that is shown."""
FAINT = 0.45
"""Opacity of what comes after that moment."""
TEXT_HEIGHT, MIN_TEXT = 1 / 62, 9
"""Height of texts, in widths of the film; and the least one in pixels."""
ROW, FOOT = 7.5, 2.2
"""Height of a row and of the times below all of them, in heights of the text."""
Y_TICKS, X_TICKS = 3, 8
MIN_RANGE = 10.0
"""Least range of a row, in degrees: an angle that stays does not look as if it changed."""
SHIFT = 4
"""Binary digits of the fractions of pixels in which OpenCV takes places."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One angle of the person: ``values`` (T,) in degrees at ``times_s`` (T,), NaN where unknown."""

    name: str
    times_s: Values
    values: Values

    @property
    def side(self) -> Side:
        """The side of the body."""
        return side_of(self.name.replace(" ", "_"))

    @property
    def joint(self) -> str:
        """The name without the side."""
        return self.name.removeprefix(f"{self.side} ")

    def at(self, time_s: float) -> float:
        """The value of the frame at ``time_s``, the nearest one."""
        return float(self.values[np.abs(self.times_s - time_s).argmin()]) if len(self.times_s) else float("nan")


def curves_of(people: Analysis, names: Sequence[str], number: int | None, threshold: float) -> list[Curve]:
    """The angles ``names`` of the person ``number``; None: the one seen longest.

    Raises StanceError for an angle that the skeleton does not have, and for a person who is not in the clip.
    """
    track = people.track(seen_longest(people) if number is None else number)
    if number is not None and not len(track.times_s):
        raise no_person(people, number)
    found = []
    for name in names:
        one = series(track, people.skeleton, "angle", name, threshold)
        found.append(Curve(name, one.times_s, continuous(one.times_s, one.values, one.gap_s, ANGLES[name].period)))
    return found


def empty_curves(people: Analysis, film: FilmOptions, threshold: float) -> list[Message]:
    """A sentence for each curve of ``film`` that stays empty, because its angle is seen in no frame.

    Raises StanceError as ``curves_of`` does.
    """
    if not film.curves:
        return []
    return [
        Message("The curve of {name} is empty: this angle is seen in no frame.", name=curve.name)
        for curve in curves_of(people, film.curves, film.crop_to, threshold)
        if not np.isfinite(curve.values).any()
    ]


def seen_longest(people: Analysis) -> int:
    """The id of the person seen in most frames, the largest of several; 0 if there is nobody."""
    hidden = people.hidden()
    totals = {number: sums for number, sums in people.totals().items() if number not in hidden}
    return max(totals, key=lambda number: (totals[number].frames, totals[number].height), default=0)


def no_person(people: Analysis, number: int) -> StanceError:
    """The error for an id that nobody in the clip has."""
    known = ", ".join(map(str, sorted(people.ids()))) or "0"
    return StanceError("There is no person {number} in the clip: wanted one of {known}.", number=number, known=known)


class FilmCurves:
    """Draws ``curves`` into a strip of ``width`` pixels, both sides of a joint in one row.

    The strip spans the times ``start_s`` to ``end_s`` and is ``height`` pixels high, at most ``most``.
    """

    def __init__(
        self, curves: Sequence[Curve], span_s: tuple[float, float], width: int, most: int, language: Language = "en"
    ) -> None:
        self._texts = Texts(language)
        self._rows: dict[str, list[Curve]] = {}
        for curve in curves:
            self._rows.setdefault(curve.joint, []).append(curve)
        rows = len(self._rows) * ROW + FOOT
        self._letter = min(max(round(width * TEXT_HEIGHT), MIN_TEXT), max(int(most / rows), 1))
        self.height = round(rows * self._letter / 2) * 2
        self._start_s, self._end_s = span_s[0], max(span_s[1], span_s[0] + 1e-3)
        self._left, self._right = round(4.2 * self._letter), width - 1 - round(1.2 * self._letter)
        bare: Image = np.full((self.height, width, 3), GROUND, np.uint8)
        for number, (joint, row) in enumerate(self._rows.items()):
            self._draw_axes(bare, number, joint, row)
        self._draw_times(bare)
        self._seen = bare.copy()
        for number, row in enumerate(self._rows.values()):
            for curve in row:
                self._draw_curve(self._seen, number, row, curve)
        self._later: Image = np.asarray(cv2.addWeighted(self._seen, FAINT, bare, 1 - FAINT, 0), np.uint8)

    def draw(self, time_s: float) -> Image:
        """The strip (height, width, 3) uint8 BGR at ``time_s`` seconds of the source."""
        x = self._x(time_s)
        column = min(max(round(x), self._left), self._right)
        strip = self._later.copy()
        strip[:, :column] = self._seen[:, :column]
        thickness = max(1, round(self._letter / 9))
        for number, row in enumerate(self._rows.values()):
            top, bottom = self._plot(number)
            cv2.line(strip, (column, round(top)), (column, round(bottom)), CURSOR, thickness, cv2.LINE_AA)
            right = float(self._right)
            for curve in reversed(row):
                value = curve.at(time_s)
                color = _color(curve)
                if np.isfinite(value):
                    at = _fixed(x, self._y(number, row, value))
                    cv2.circle(strip, at, round(self._letter / 3.4 * 2**SHIFT), color, cv2.FILLED, cv2.LINE_AA, SHIFT)
                right = self._put_value(strip, number, curve, value, right)
        return strip

    def _put_value(self, strip: Image, number: int, curve: Curve, value: float, right: float) -> float:
        """Write the side and the value, ending at ``right``; returns where the text before it ends."""
        shown = f"{value:z.0f}°".replace("-", "−") if np.isfinite(value) else "–"
        side = self._texts(SIDES[curve.side]) + " " if curve.side in SIDES else ""
        y = number * ROW * self._letter + 0.95 * self._letter
        self._put(strip, side + shown, right, y, _color(curve), 1.0)
        return right - 6.5 * self._letter

    def _draw_axes(self, strip: Image, number: int, joint: str, row: list[Curve]) -> None:
        title = TITLES.get(joint, joint)
        y = number * ROW * self._letter + 0.95 * self._letter
        self._put(strip, f"{self._texts(title)} (°)", self._left, y, TEXT, 0.0)
        for tick in _y_ticks(row):
            level = round(self._y(number, row, tick))
            cv2.line(strip, (self._left, level), (self._right, level), GRID, 1)
            self._put(strip, f"{tick:g}".replace("-", "−"), self._left - 0.5 * self._letter, level, TEXT, 1.0)

    def _draw_times(self, strip: Image) -> None:
        last = len(self._rows) - 1
        _, bottom = self._plot(last)
        for tick in ticks(self._start_s, self._end_s, X_TICKS):
            if self._start_s <= tick <= self._end_s:
                for number in range(len(self._rows)):
                    top, low = self._plot(number)
                    cv2.line(strip, (round(self._x(tick)), round(top)), (round(self._x(tick)), round(low)), GRID, 1)
                self._put(strip, f"{tick:g} s", self._x(tick), bottom + 1.3 * self._letter, TEXT, 0.5)

    def _draw_curve(self, strip: Image, number: int, row: list[Curve], curve: Curve) -> None:
        known = np.isfinite(curve.values)
        inside = known & (curve.times_s >= self._start_s - 1e-6) & (curve.times_s <= self._end_s + 1e-6)
        thickness = max(1, round(self._letter / 6))
        places = [
            _fixed(self._x(time_s), self._y(number, row, value)) if drawn else None
            for time_s, value, drawn in zip(curve.times_s.tolist(), curve.values.tolist(), inside.tolist(), strict=True)
        ]
        for piece in _pieces(places):
            points = np.array(piece, np.int32).reshape(-1, 1, 2)
            cv2.polylines(strip, [points], False, _color(curve), thickness, cv2.LINE_AA, SHIFT)

    def _plot(self, number: int) -> tuple[float, float]:
        """The upper and lower end of the plot in row ``number``, in pixels."""
        top = number * ROW * self._letter
        return top + 2.2 * self._letter, top + (ROW - 0.6) * self._letter

    def _x(self, time_s: float) -> float:
        share = (time_s - self._start_s) / (self._end_s - self._start_s)
        return self._left + min(max(share, 0.0), 1.0) * (self._right - self._left)

    def _y(self, number: int, row: list[Curve], value: float) -> float:
        low, *_, high = _y_ticks(row)
        top, bottom = self._plot(number)
        return bottom - (value - low) / (high - low) * (bottom - top)

    def _put(self, strip: Image, text: str, x: float, y: float, color: Bgr, align: float) -> None:
        """Write ``text`` in the middle of the height ``y``: from ``x`` (``align`` 0), around (0.5) or up to it (1)."""
        font = cv2.FontFace("sans")
        left, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), font, self._letter, 500)
        # The same base line for texts with and without long letters.
        _, upper, _, tall = cv2.getTextSize((0, 0), "0", (0, 0), font, self._letter, 500)
        at = (round(x - left - align * width), round(y - upper - tall / 2))
        cv2.putText(strip, text, at, color, font, self._letter, 500)


def _pieces(places: Sequence[tuple[int, int] | None]) -> list[list[tuple[int, int]]]:
    """The stretches of known ``places``."""
    pieces: list[list[tuple[int, int]]] = [[]]
    for place in places:
        if place is not None:
            pieces[-1].append(place)
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _y_ticks(row: Sequence[Curve]) -> list[float]:
    """Round values that span all curves of a row."""
    known = np.concatenate([curve.values[np.isfinite(curve.values)] for curve in row])
    if not len(known):
        return [0.0, 90.0]
    low, high = float(known.min()), float(known.max())
    spare = max(MIN_RANGE - (high - low), 0.0) / 2
    return ticks(low - spare, high + spare, Y_TICKS)


def _color(curve: Curve) -> Bgr:
    color = SIDE_COLORS[curve.side]
    return color.blue, color.green, color.red


def _fixed(x: float, y: float) -> tuple[int, int]:
    """A place in pixels as OpenCV takes it with ``SHIFT``."""
    return round(x * 2**SHIFT), round(y * 2**SHIFT)

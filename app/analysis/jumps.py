"""Jumps: flight time, and height by flight time and by the rise of the hips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.analysis.events import SIDES, Contact, FootSide

Values = NDArray[np.float64]

GRAVITY = 9.80665
"""Standard acceleration of free fall, in meters per square second."""
MIN_FLIGHT_S, MAX_FLIGHT_S = 0.25, 1.2
"""Shortest and longest flight of a jump; those of a run are shorter."""
FREE_FALL = (0.5, 1.5)
"""The hips fall by this part of the acceleration of free fall: the body also bends, and its size is not exact."""
LEVEL_M = 0.2
"""Take-off and landing differ by less in height, in meters; a jump onto something or from it has no such height."""
MIN_FRAMES = 4
"""Smallest number of frames of a flight in which the hips are known."""
STILL_S = 5.0
"""How long before and after a jump a person stands, for the height from which the hips rise, in seconds."""
STILL_SPEED = 0.25
"""Largest speed of the hips of a person who stands still, in meters per second."""
UPRIGHT = 0.8
"""Quantile of the heights of hips at rest that is taken as standing upright, because some rest in a crouch."""


@dataclass(frozen=True, slots=True)
class Jump:
    """A time in which neither foot is down and the body falls freely.

    Attributes:
        take_off_s: When the last foot leaves, in seconds.
        landing_s: When the first foot comes down, in seconds.
        height_by_flight_m: In meters: g t^2 / 8 for a flight of t seconds, the rise of the center of mass from take-off
            if the body is in the same posture at landing (C. Bosco, P. Luhtanen, P. V. Komi, European Journal of
            Applied Physiology 50, 1983).
        hips_rise: How far the hips rise above those of the upright standing person, in units of length (the method of
            standing and flight heights in L. F. Aragon-Vargas, Measurement in Physical Education and Exercise Science
            4, 2000, with the hips for the center of mass); above those at take-off if the person does not stand still.
    """

    take_off_s: float
    landing_s: float
    height_by_flight_m: float
    hips_rise: float

    @property
    def flight_s(self) -> float:
        """Flight time in seconds."""
        return self.landing_s - self.take_off_s


@dataclass(frozen=True, slots=True)
class Hips:
    """The middle of the hips in T frames.

    ``heights`` (T,) in units of length, up, are as they were found, ``smooth`` (T,) smoothed, ``speeds`` (T,) in units
    of length per second; NaN where unknown. ``meter`` is the number of units in a meter, about.
    """

    times_s: Values
    heights: Values
    smooth: Values
    speeds: Values
    meter: float


def find_jumps(feet: Sequence[Contact], hips: Hips) -> list[Jump]:
    """The jumps of a person between the contacts ``feet``, in order of time."""
    jumps = []
    standing = _standing(feet, hips)
    for take_off_s, landing_s in _flights(feet):
        first, after = np.searchsorted(hips.times_s, [take_off_s, landing_s])
        known = np.arange(first, after)[np.isfinite(hips.heights[first:after])]
        if len(known) < MIN_FRAMES:
            continue
        parabola = np.polynomial.Polynomial.fit(hips.times_s[known], hips.heights[known], 2)
        fall = -float(parabola.deriv(2)(take_off_s)) / (GRAVITY * hips.meter)
        is_level = abs(float(parabola(landing_s) - parabola(take_off_s))) < LEVEL_M * hips.meter
        if is_level and FREE_FALL[0] <= fall <= FREE_FALL[1]:
            top_s = float(np.clip(parabola.deriv().roots()[0].real, take_off_s, landing_s))
            first, after = np.searchsorted(hips.times_s, [take_off_s - STILL_S, landing_s + STILL_S])
            still = hips.smooth[first:after][standing[first:after]]
            ground = float(np.quantile(still, UPRIGHT)) if len(still) else float(parabola(take_off_s))
            height_m = GRAVITY * (landing_s - take_off_s) ** 2 / 8
            jumps.append(Jump(take_off_s, landing_s, height_m, float(parabola(top_s)) - ground))
    return jumps


def _flights(feet: Sequence[Contact]) -> list[tuple[float, float]]:
    """Times (lift-off, contact) in seconds between which neither foot is down."""
    flights = []
    latest: dict[FootSide, Contact] = {}
    for foot in sorted(feet, key=lambda foot: _bounds(foot)[0]):
        if len(latest) == len(SIDES):
            take_off_s = float(np.max([other.end_s for other in latest.values()]))  # NaN if one was not seen
            if MIN_FLIGHT_S <= foot.start_s - take_off_s <= MAX_FLIGHT_S:
                flights.append((take_off_s, foot.start_s))
        latest[foot.side] = foot
    return flights


def _bounds(foot: Contact) -> tuple[float, float]:
    """From when to when a foot is down, as far as it was seen, in seconds."""
    start_s = foot.start_s if np.isfinite(foot.start_s) else foot.first_s
    return start_s, foot.end_s if np.isfinite(foot.end_s) else foot.last_s


def _standing(feet: Sequence[Contact], hips: Hips) -> NDArray[np.bool_]:
    """The frames (T,) in which both feet are down and the hips at rest."""
    down = {side: np.zeros(len(hips.times_s), bool) for side in SIDES}
    for foot in feet:
        first, after = np.searchsorted(hips.times_s, _bounds(foot))
        down[foot.side][first:after] = True
    return np.asarray(down["left"] & down["right"] & (hips.speeds < STILL_SPEED * hips.meter))

"""Steps and strides of a person who walks or runs, from the contacts of the feet.

Definitions as in J. Perry, J. M. Burnfield, Gait Analysis: Normal and Pathological Function (2010) and M. W. Whittle,
Gait Analysis: An Introduction (2007): a step is from the contact of one foot to that of the other, a stride (gait
cycle) from the contact of one foot to its next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.analysis.events import Contact, FootSide

Values = NDArray[np.float64]

MIN_STEP_S, MAX_STEP_S = 0.18, 1.5
"""Shortest and longest step of a walk or a run."""
MIN_STRIDE_M = 0.3
"""Two steps of a walk or a run get at least this far, in meters."""
MIN_STEPS = 3
"""Fewer steps are no walk."""


@dataclass(frozen=True, slots=True)
class Step:
    """From the contact of the other foot at ``start_s`` to that of ``side``: its time in seconds, and its length.

    ``length`` is the distance between the feet, ``travel`` how far the hips get.
    """

    side: FootSide
    start_s: float
    seconds: float
    length: float
    travel: float


@dataclass(frozen=True, slots=True)
class Stride:
    """From the contact of ``side`` at ``start_s`` to its next one: its time in seconds, its length, and its stance.

    ``stance_s`` is how long the foot is down, in seconds; NaN if its lift-off was not seen.
    """

    side: FootSide
    start_s: float
    seconds: float
    length: float
    stance_s: float

    @property
    def duty_factor(self) -> float:
        """Part of the stride in which the foot is down: over 0.5 in a walk, under 0.5 in a run.

        R. McN. Alexander, Optimization and gaits in the locomotion of vertebrates, Physiological Reviews 69, 1989.
        """
        return self.stance_s / self.seconds


@dataclass(frozen=True, slots=True)
class Walk:
    """A stretch in which a person walks or runs in one direction, ``start_s`` to ``end_s`` seconds."""

    start_s: float
    end_s: float
    steps: tuple[Step, ...]
    strides: tuple[Stride, ...]


@dataclass(frozen=True, slots=True)
class Gait:
    """All walks of a person. Lengths are in meters, or in pixels if there is no scale; NaN where there is no walk."""

    walks: tuple[Walk, ...] = ()

    @property
    def steps(self) -> list[Step]:
        """All steps in order of time."""
        return [step for walk in self.walks for step in walk.steps]

    @property
    def strides(self) -> list[Stride]:
        """All strides in order of time."""
        return sorted((stride for walk in self.walks for stride in walk.strides), key=lambda stride: stride.start_s)

    @property
    def cadence(self) -> float:
        """Steps per minute: the number of steps divided by the time that they take."""
        return 60 / mean([step.seconds for step in self.steps])

    @property
    def speed(self) -> float:
        """Length per second: how far the hips get, divided by the time that it takes."""
        steps = self.steps
        return sum(step.travel for step in steps) / sum(step.seconds for step in steps) if steps else float("nan")

    def between(self, spans_s: Sequence[tuple[float, float]]) -> Gait:
        """The steps and strides that lie in ``spans_s`` (start, end) in seconds."""

        def inside(part: Step | Stride) -> bool:
            return any(start <= part.start_s and part.start_s + part.seconds <= end for start, end in spans_s)

        walks = (
            Walk(walk.start_s, walk.end_s, tuple(filter(inside, walk.steps)), tuple(filter(inside, walk.strides)))
            for walk in self.walks
        )
        return Gait(tuple(walk for walk in walks if walk.steps))

    def step_seconds(self, side: FootSide) -> float:
        """Mean time of the steps that end with ``side``, in seconds."""
        return mean([step.seconds for step in self.steps if step.side == side])

    def step_length(self, side: FootSide) -> float:
        """Mean length of the steps that end with ``side``."""
        return mean([step.length for step in self.steps if step.side == side])

    @property
    def stride_seconds(self) -> float:
        """Mean time of a stride, in seconds."""
        return mean([stride.seconds for stride in self.strides])

    @property
    def stride_length(self) -> float:
        """Mean length of a stride."""
        return mean([stride.length for stride in self.strides])

    def duty_factor(self, side: FootSide) -> float:
        """Mean duty factor of ``side``."""
        return mean([stride.duty_factor for stride in self.strides if stride.side == side])


def mean(values: Sequence[float]) -> float:
    """The mean of the finite values; NaN if there is none."""
    finite = [value for value in values if np.isfinite(value)]
    return sum(finite) / len(finite) if finite else float("nan")


def find_gait(feet: Sequence[Contact], places: Values, times_s: Values, hips: Values, min_stride: float) -> Gait:
    """The walks of a person.

    Args:
        feet: The N contacts of both feet.
        places: (N, D), where each foot stands, along the floor, in units of length.
        times_s: (T,), timestamps in seconds.
        hips: (T, D), the middle of the hips along the floor, smoothed; NaN where unknown.
        min_stride: ``MIN_STRIDE_M`` in units of length.
    """
    seen = [row for row, contact in enumerate(feet) if np.isfinite(contact.start_s)]
    order = sorted(seen, key=lambda row: feet[row].start_s)
    chains = _chains([feet[row] for row in order], places[order], min_stride)
    walks = []
    for chain in chains:
        rows = [order[place] for place in chain]
        walks.append(_walk([feet[row] for row in rows], places[rows], times_s, hips))
    return Gait(tuple(walks))


def _chains(feet: list[Contact], places: Values, min_stride: float) -> list[list[int]]:
    """Positions of the contacts of each walk: the feet alternate and get on in one direction."""
    chains: list[list[int]] = []
    for place in range(len(feet)):
        chain = chains[-1] if chains else []
        if chain and _is_step(feet[chain[-1]], feet[place]):
            if len(chain) < 2 or _gets_on(places, chain, place, min_stride):
                chain.append(place)
            else:
                chains.append([chain[-1], place])
        else:
            chains.append([place])
    return [chain for chain in chains if len(chain) > MIN_STEPS]


def _is_step(before: Contact, after: Contact) -> bool:
    return before.side != after.side and MIN_STEP_S <= after.start_s - before.start_s <= MAX_STEP_S


def _gets_on(places: Values, chain: list[int], place: int, min_stride: float) -> bool:
    stride = places[place] - places[chain[-2]]
    if np.linalg.norm(stride) < min_stride:
        return False
    return len(chain) < 3 or float(stride @ (places[chain[-1]] - places[chain[-3]])) > 0


def _walk(feet: list[Contact], places: Values, times_s: Values, hips: Values) -> Walk:
    starts = [foot.start_s for foot in feet]
    seconds = np.diff(starts).tolist()
    lengths = np.linalg.norm(np.diff(places, axis=0), axis=1).tolist()
    travels = np.linalg.norm(np.diff(_at(starts, times_s, hips), axis=0), axis=1).tolist()
    steps = [
        Step(after.side, before.start_s, *values)
        for (before, after), *values in zip(pairwise(feet), seconds, lengths, travels, strict=True)
    ]
    ways = np.linalg.norm(places[2:] - places[:-2], axis=1).tolist()
    strides = [
        Stride(here.side, here.start_s, later.start_s - here.start_s, way, here.end_s - here.start_s)
        for here, later, way in zip(feet, feet[2:], ways, strict=False)
    ]
    return Walk(starts[0], starts[-1], tuple(steps), tuple(strides))


def _at(times: list[float], times_s: Values, values: Values) -> Values:
    """``values`` (T, D) at N ``times``, (N, D)."""
    known = np.isfinite(values).all(axis=1)
    return np.stack([np.interp(times, times_s[known], column[known]) for column in values.T], axis=1)

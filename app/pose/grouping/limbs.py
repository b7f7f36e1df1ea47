"""Limbs between candidate keypoints, and how they are joined into people (OpenPose's greedy parsing)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.inference.bottom_up_card import PartAffinity
from app.pose.grouping.peaks import Cells
from app.system.giving_up import raise_if_given_up

Numbers = NDArray[np.float64]
Field = Callable[[Cells, Cells, Cells], Numbers]
"""``field(limb, x, y)``: the components (2, ...), x and y, of the field of a limb at pixels (...,) of the input."""

SAMPLES = 10
"""Points along a limb at which the field is sampled."""

MIN_LENGTH = 1e-3
"""Shortest limb, in pixels, so that it has a direction."""


class Parts(NamedTuple):
    """Candidate keypoints (M,), ordered by ``keypoint``: position in pixels of the input, and score."""

    keypoint: Cells
    x: Numbers
    y: Numbers
    score: Numbers

    def rows(self, keypoint: int) -> Cells:
        """The numbers of the candidates for one keypoint."""
        return np.arange(*np.searchsorted(self.keypoint, [keypoint, keypoint + 1]))


class Limb(NamedTuple):
    """All pairs of candidates for one limb: candidates ``a`` (A,) and ``b`` (B,), scores (A, B), and which are likely.

    A score is the mean of the field along the pair, in its direction, less a penalty for length; that of a pair that is
    not likely may be missing.
    """

    a: Cells
    b: Cells
    scores: Numbers
    likely: NDArray[np.bool_]


class Joined(NamedTuple):
    """People: the candidate of each keypoint (N, K), -1 if there is none, and their total score (N,)."""

    parts: Cells
    totals: Numbers

    @property
    def counts(self) -> Cells:
        """The number of keypoints (N,)."""
        return np.count_nonzero(self.parts >= 0, axis=1)


class LimbPairs:
    """All pairs (P,) of candidates for the limbs of ``spec``, in an input that is ``height`` pixels high.

    ``limb``, ``a`` and ``b`` (P,) are the numbers of limb and candidates, ``likely`` (P,) is as in ``Limb``.
    """

    def __init__(self, parts: Parts, field: Field, height: int, spec: PartAffinity) -> None:
        self._field, self._height, self._spec = field, height, spec
        sides = [(parts.rows(first), parts.rows(second)) for first, second in spec.limbs]
        self.a = np.concatenate([np.repeat(one, len(other)) for one, other in sides])
        self.b = np.concatenate([np.tile(other, len(one)) for one, other in sides])
        sizes = [len(one) * len(other) for one, other in sides]
        self.limb = np.repeat(np.arange(len(sides)), sizes)
        self._x, self._y = parts.x[self.a], parts.y[self.a]
        self._dx, self._dy = parts.x[self.b] - self._x, parts.y[self.b] - self._y
        self._length = np.maximum(np.sqrt(self._dx**2 + self._dy**2), MIN_LENGTH)
        self._scores = np.zeros(len(self.limb))
        self.likely = np.zeros(len(self.limb), bool)
        self._known = np.zeros(len(self.limb), bool)
        self._compute(self._promising())
        ends = np.cumsum(sizes)[:-1]
        self.limbs = [
            Limb(one, other, own.reshape(len(one), len(other)), good.reshape(len(one), len(other)))
            for (one, other), own, good in zip(
                sides, np.split(self._scores, ends), np.split(self.likely, ends), strict=True
            )
        ]

    def weights(self, rows: Cells) -> Numbers:
        """What the pairs ``rows`` (R,) count for in one person: the score if it is likely, else nothing or less."""
        self._compute(rows[~self._known[rows]])
        return np.where(self.likely[rows], self._scores[rows], np.minimum(self._scores[rows], 0))

    @property
    def _inclusive(self) -> bool:
        """Whether the samples include both ends ("hzzone")."""
        return self._spec.dialect == "hzzone"

    @property
    def _least(self) -> int:
        """More samples than this are over the threshold in a likely pair."""
        return 8 if self._inclusive else 6

    def _promising(self) -> Cells:
        """The rows (R,) that can still be likely; the others have too many low samples, whatever the rest are."""
        rows = np.arange(len(self.limb))
        few = SAMPLES - self._least
        steps = [round((number + 0.5) * SAMPLES / few - 0.5) for number in range(few)]
        return rows[(self._along(rows, steps) > self._spec.sample_threshold).any(axis=1)]

    def _compute(self, rows: Cells) -> None:
        """Compute scores and ``likely`` of the pairs ``rows`` (R,)."""
        values = self._along(rows, list(range(SAMPLES)))
        scores = values.mean(axis=1) + np.minimum(0.5 * self._height / self._length[rows] - 1, 0)
        good = np.count_nonzero(values > self._spec.sample_threshold, axis=1) > self._least
        self._scores[rows], self.likely[rows], self._known[rows] = scores, good & (scores > 0), True

    def _along(self, rows: Cells, samples: list[int]) -> Numbers:
        """The field (R, S) in the direction of the pairs ``rows`` (R,), at these ``samples``."""
        steps = np.linspace(0, 1, SAMPLES) if self._inclusive else np.arange(SAMPLES) / SAMPLES
        at, dx, dy = steps[samples], self._dx[rows, None], self._dy[rows, None]
        x, y = self._x[rows, None] + dx * at, self._y[rows, None] + dy * at
        pixels = [(np.rint(one) if self._inclusive else np.floor(one + 0.5)).astype(np.intp) for one in (x, y)]
        along_x, along_y = self._field(self.limb[rows, None], *pixels)
        length = self._length[rows, None]
        return np.asarray(along_x * (dx / length) + along_y * (dy / length))


def best_pairs_first(limb: Limb) -> list[tuple[int, int, float]]:
    """Likely pairs (candidate a, candidate b, score), the best first; each candidate is in one pair at most."""
    rows, columns = np.nonzero(limb.likely)
    scores = limb.scores[rows, columns]
    free_a, free_b = np.ones(len(limb.a), bool), np.ones(len(limb.b), bool)
    pairs = []
    for index in np.argsort(-scores, kind="stable").tolist():
        row, column = rows[index], columns[index]
        if free_a[row] and free_b[column]:
            free_a[row] = free_b[column] = False
            pairs.append((int(limb.a[row]), int(limb.b[column]), float(scores[index])))
    return pairs


def closing_limbs(limbs: Sequence[tuple[int, int]]) -> set[int]:
    """The numbers of the limbs whose keypoints are connected by the limbs before: they start no person."""
    group = {keypoint: keypoint for limb in limbs for keypoint in limb}
    closing = set()
    for number, (first, second) in enumerate(limbs):
        one, other = group[first], group[second]
        if one == other:
            closing.add(number)
        group = {keypoint: one if own == other else own for keypoint, own in group.items()}
    return closing


class _Person(NamedTuple):
    """A person that grows limb by limb: its candidates [K] (-1: none), and the total score and number of them."""

    parts: list[int]
    total: float
    size: int

    def extended(self, keypoint: int, candidate: int, score: float) -> _Person:
        """The person with another keypoint, which may replace one."""
        parts = self.parts.copy()
        parts[keypoint] = candidate
        return _Person(parts, self.total + score, self.size + 1)

    def merged(self, other: _Person, score: float) -> _Person:
        """One person of two that share no keypoint."""
        parts = [max(one, two) for one, two in zip(self.parts, other.parts, strict=True)]
        return _Person(parts, self.total + other.total + score, self.size + other.size)


def join_greedily(parts: Parts, limbs: list[Limb], keypoints: int, spec: PartAffinity) -> tuple[Joined, Cells]:
    """People from the best pairs of each limb, and the number of keypoints that were counted for each (N,).

    A pair starts a person, extends one, or merges two, in the order of the limbs.
    """
    closing = closing_limbs(spec.limbs)
    # The port in C takes the candidate 0 for none where it merges.
    first_counted = 0 if spec.dialect == "hzzone" else 1
    scores = parts.score.tolist()
    people: list[_Person] = []
    for number, ((first, second), limb) in enumerate(zip(spec.limbs, limbs, strict=True)):
        raise_if_given_up()
        for a, b, score in best_pairs_first(limb):
            known = [row for row, one in enumerate(people) if one.parts[first] == a or one.parts[second] == b]
            if not known:
                if number not in closing:
                    pair = [
                        a if keypoint == first else b if keypoint == second else -1 for keypoint in range(keypoints)
                    ]
                    people.append(_Person(pair, scores[a] + scores[b] + score, 2))
                continue
            one = people[known[0]]
            if len(known) == 2:
                other = people[known[1]]
                if not any(min(pair) >= first_counted for pair in zip(one.parts, other.parts, strict=True)):
                    people[known[0]] = one.merged(people.pop(known[1]), score)
                    continue
            if len(known) == 2 or (len(known) == 1 and one.parts[second] != b):
                people[known[0]] = one.extended(second, b, scores[b] + score)
    table = np.array([one.parts for one in people], np.intp).reshape(-1, keypoints)
    totals, counts = np.array([one.total for one in people]), np.array([one.size for one in people], np.intp)
    return Joined(table, totals), counts

"""Limbs between candidate keypoints, and how they are joined into people (OpenPose's greedy parsing)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.inference.bottom_up_card import PartAffinity
from app.pose.grouping.peaks import Cells

Numbers = NDArray[np.float64]
Field = Callable[[int, Cells, Cells], Numbers]
"""``field(channel, x, y)``: the values (...,) of one channel at pixels (...,) of the input."""

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

    A score is the mean of the field along the pair, in its direction, less a penalty for length.
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


def limb_scores(parts: Parts, field: Field, height: int, spec: PartAffinity) -> list[Limb]:
    """All pairs of each limb of ``spec``, in an input that is ``height`` pixels high."""
    inclusive = spec.dialect == "hzzone"
    steps = np.linspace(0, 1, SAMPLES) if inclusive else np.arange(SAMPLES) / SAMPLES
    least = 8 if inclusive else 6
    limbs = []
    for (first, second), channels in zip(spec.limbs, spec.fields, strict=True):
        a, b = parts.rows(first), parts.rows(second)
        start = np.stack([parts.x[a], parts.y[a]], axis=-1)[:, None]
        between = np.stack([parts.x[b], parts.y[b]], axis=-1)[None] - start
        length = np.maximum(np.sqrt((between**2).sum(axis=-1)), MIN_LENGTH)
        points = start[..., None, :] + between[..., None, :] * steps[:, None]
        pixels = np.rint(points) if inclusive else np.floor(points + 0.5)
        x, y = np.moveaxis(pixels.astype(np.intp), -1, 0)
        direction = between / length[..., None]
        along = sum(field(channel, x, y) * direction[..., None, axis] for axis, channel in enumerate(channels))
        scores = np.asarray(along).mean(axis=-1) + np.minimum(0.5 * height / length - 1, 0)
        supported = np.count_nonzero(np.asarray(along) > spec.sample_threshold, axis=-1) > least
        limbs.append(Limb(a, b, scores, supported & (scores > 0)))
    return limbs


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


class _People:
    """People that grow limb by limb."""

    def __init__(self, keypoints: int, scores: Numbers, first_counted: int) -> None:
        self.parts = np.empty((0, keypoints), np.intp)
        self.totals = np.empty(0)
        self.counts = np.empty(0, np.intp)
        self._scores = scores
        self._first_counted = first_counted

    def having(self, first: int, a: int, second: int, b: int) -> Cells:
        """The people that have candidate ``a`` as keypoint ``first`` or ``b`` as ``second``."""
        return np.flatnonzero((self.parts[:, first] == a) | (self.parts[:, second] == b))

    def start(self, first: int, a: int, second: int, b: int, score: float) -> None:
        """Add a person of two keypoints."""
        row = np.full((1, self.parts.shape[1]), -1)
        row[0, [first, second]] = a, b
        self.parts = np.concatenate([self.parts, row])
        self.totals = np.append(self.totals, self._scores[a] + self._scores[b] + score)
        self.counts = np.append(self.counts, 2)

    def extend(self, person: int, keypoint: int, candidate: int, score: float) -> None:
        """Give a person another keypoint."""
        self.parts[person, keypoint] = candidate
        self.totals[person] += self._scores[candidate] + score
        self.counts[person] += 1

    def merge(self, one: int, other: int, score: float) -> bool:
        """Make one person of two that share no keypoint; returns whether that is so."""
        if (np.minimum(self.parts[one], self.parts[other]) >= self._first_counted).any():
            return False
        self.parts[one] = np.maximum(self.parts[one], self.parts[other])
        self.totals[one] += self.totals[other] + score
        self.counts[one] += self.counts[other]
        for name in ("parts", "totals", "counts"):
            setattr(self, name, np.delete(getattr(self, name), other, axis=0))
        return True


def join_greedily(parts: Parts, limbs: list[Limb], keypoints: int, spec: PartAffinity) -> tuple[Joined, Cells]:
    """People from the best pairs of each limb, and the number of keypoints that were counted for each (N,).

    A pair starts a person, extends one, or merges two, in the order of the limbs; the redundant limbs start none.
    """
    # The port in C takes the candidate 0 for none here.
    people = _People(keypoints, parts.score, 0 if spec.dialect == "hzzone" else 1)
    for number, ((first, second), limb) in enumerate(zip(spec.limbs, limbs, strict=True)):
        for a, b, score in best_pairs_first(limb):
            known = people.having(first, a, second, b)
            if len(known) == 1:
                if people.parts[known[0], second] != b:
                    people.extend(int(known[0]), second, b, score)
            elif len(known) == 2:
                if not people.merge(int(known[0]), int(known[1]), score):
                    people.extend(int(known[0]), second, b, score)
            elif not len(known) and number < len(limbs) - spec.redundant:
                people.start(first, a, second, b, score)
    return Joined(people.parts, people.totals), people.counts

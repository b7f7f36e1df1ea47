"""What the frames around say about the frames in which a limb is taken as swapped.

The best path compares neighboring frames. Where left and right are as close to each other as keypoints are inexact, it
fits noise; many frames around are exact enough there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.analysis.low_pass import low_pass
from app.tracking.limb_swaps import ACCELERATION, MAX_COST, NOISE, Offsets

Mask = NDArray[np.bool_]
Values = NDArray[np.float64]

AROUND_S = 0.25
"""A swap is compared with the frames up to this before and after it, in seconds."""
MIN_AROUND = 4
"""Minimum number of these frames in which a joint must be seen."""
AROUND_CUTOFF_HZ = 4.0
"""Cutoff frequency of the interpolation between them."""
MIN_EVIDENCE = 30.0
"""So much more likely (logarithm) must a swap be than none."""
MOST_OF_ONE = 20.0
"""Greatest evidence of a joint in a frame: one false keypoint must not decide alone."""
FRAME_COST = 1.0
"""So much each of its frames has to add to that, on average from either end."""
MEAN_S = 0.15
"""Time on both sides whose mean a part is compared with, in seconds."""
MAX_FLIP_S = 0.25
"""Longest part that is compared with it."""
FLIP_EVIDENCE = 30.0
"""The evidence that this takes."""
FLIP_ROUNDS = 5


def keep_certain(times_s: Values, offsets: Offsets, swapped: Mask) -> None:
    """Clear those parts of ``swapped`` (T,) that the frames around do not confirm; ``offsets`` (T, J) of one limb.

    Where left and right are as close as the keypoints are inexact, the best path fits noise.
    """
    for first, end in spans(swapped):
        evidence = _evidence(times_s, offsets, swapped, range(first, end)) - FRAME_COST
        best, start, stop = MIN_EVIDENCE, end, end
        sums = np.concatenate([[0.0], np.cumsum(evidence)])
        low = 0
        for place in range(1, len(sums)):
            if sums[place] - sums[low] > best:
                best, start, stop = float(sums[place] - sums[low]), first + low, first + place
            if sums[place] < sums[low]:
                low = place
        swapped[first:start] = False
        swapped[stop:end] = False


def flip_contradicted(times_s: Values, offsets: Offsets, steps: Values, swapped: Mask) -> None:
    """Exchange what is swapped and what is not, in ``swapped`` (T,), for frames that the frames around contradict.

    The means of the frames before and after decide: they are exact enough where left and right are close to each other.
    What that costs on the path counts against it: ``steps`` (T, 2, 2), see ``step_costs``. ``offsets`` (T, J) are those
    of one limb.
    """
    if len(times_s) <= MIN_AROUND:
        return
    step = float(np.median(np.diff(times_s)))
    width = max(round(MEAN_S / step), MIN_AROUND)
    for _ in range(FLIP_ROUNDS):
        signs = np.where(swapped, -1.0, 1.0)[:, None, None]
        gains = _gains(offsets._replace(vectors=signs * offsets.vectors), width, max(round(MAX_FLIP_S / step), 1))
        lengths, best = gains.argmax(axis=0) + 1, gains.max(axis=0)
        taken = np.zeros(len(swapped), bool)
        for first in np.argsort(-best):
            if best[first] <= FLIP_EVIDENCE:
                break
            end = int(first + lengths[first])
            reach = slice(max(first - width, 0), end + width)
            even = times_s[reach][-1] - times_s[reach][0] <= 1.5 * step * (end - first + 2 * width)
            if not even or taken[reach].any():
                continue
            flipped = swapped.copy()
            flipped[first:end] = ~flipped[first:end]
            if best[first] - (_cost(steps, flipped, first, end) - _cost(steps, swapped, first, end)) > FLIP_EVIDENCE:
                swapped[:] = flipped
                taken[reach] = True
        if not taken.any():
            return


def _cost(steps: Values, swapped: Mask, first: int, end: int) -> float:
    """The cost of the path ``swapped`` (T,) in those frames that depend on the frames from ``first`` to ``end``."""
    rows = np.arange(max(first, 2), min(end + 2, len(swapped)))
    changed = [swapped[rows] ^ swapped[rows - back] for back in (1, 2)]
    return float(steps[rows, changed[0].astype(int), changed[1].astype(int)].sum())


def _gains(offsets: Offsets, width: int, most: int) -> Values:
    """The evidence (most, T) for swapping 1 to ``most`` frames, by the means of ``width`` frames on both sides.

    A joint has less weight where it moves, and where it is as far from the means with either sign.
    """
    frames = len(offsets.seen)
    totals = _Sums.of(offsets)
    gains = np.full((most, frames), -np.inf)
    for length in range(1, min(most, frames - 2) + 1):
        start = np.arange(1, frames - length)
        end = start + length
        left = totals.between(np.maximum(start - width, 0), start)
        right = totals.between(end, np.minimum(end + width, frames))
        means = [side.vectors / np.maximum(side.counts, 1)[..., None] for side in (left, right)]
        within = (left.squares + right.squares) / np.maximum(left.counts + right.counts, 1)
        within -= (means[0] ** 2 + means[1] ** 2).sum(axis=-1) / 2
        apart = ((means[0] - means[1]) ** 2).sum(axis=-1) / 4
        inside, expected = totals.between(start, end), (means[0] + means[1]) / 2
        middle = inside.vectors / np.maximum(inside.counts, 1)[..., None]
        wrong = np.minimum(*(((middle + sign * expected) ** 2).sum(axis=-1) for sign in (-1, 1)))
        variance = 3 * NOISE**2 + apart + np.maximum(within - 4 * NOISE**2, 0) + wrong
        evidence = -2 * (inside.vectors * expected).sum(axis=-1) / variance
        evidence *= np.minimum(left.counts, right.counts) >= MIN_AROUND
        gains[length - 1, start] = np.clip(evidence, -MAX_COST * length, MAX_COST * length).sum(axis=-1)
    return gains


class _Sums(NamedTuple):
    """Running sums over frames: of vectors (T + 1, J, 2), of their squared lengths and of seen joints (T + 1, J)."""

    vectors: Values
    squares: Values
    counts: Values

    @classmethod
    def of(cls, offsets: Offsets) -> _Sums:
        """The sums of ``offsets`` (T, J)."""
        values = (offsets.vectors, (offsets.vectors**2).sum(axis=-1), offsets.seen.astype(np.float64))
        return cls(*(np.concatenate([np.zeros((1, *value.shape[1:])), value.cumsum(axis=0)]) for value in values))

    def between(self, first: NDArray[np.int64], end: NDArray[np.int64]) -> _Sums:
        """The sums (N) over the frames from ``first`` (N,) to before ``end`` (N,)."""
        return _Sums(*(values[end] - values[first] for values in self))


def _evidence(times_s: Values, offsets: Offsets, swapped: Mask, frames: range) -> Values:
    """By how much the logarithm of the likelihood of each of ``frames`` is greater if they are swapped.

    The offsets are compared with those that are interpolated between the frames around.
    """
    near = np.flatnonzero(np.abs(times_s - np.clip(times_s, times_s[frames[0]], times_s[frames[-1]])) <= AROUND_S)
    rows = slice(int(near[0]), int(near[-1]) + 1)
    inside = (np.arange(rows.start, rows.stop) >= frames.start) & (np.arange(rows.start, rows.stop) < frames.stop)
    signs = np.where(swapped[rows], -1.0, 1.0)[:, None]
    evidence = np.zeros(len(frames))
    times, here = times_s[rows], times_s[rows][inside]
    for joint in np.flatnonzero(offsets.seen[rows][inside].any(axis=0)):
        around = offsets.seen[rows, joint] & ~inside
        if np.count_nonzero(around) < MIN_AROUND:
            continue
        expected = low_pass(times, signs * offsets.vectors[rows, joint], around, AROUND_CUTOFF_HZ)[inside]
        away = np.abs(here[:, None] - times[around]).min(axis=1)
        variance = 3 * NOISE**2 + (ACCELERATION * away**2 / 2) ** 2
        ratio = -2 * (expected * offsets.vectors[rows, joint][inside]).sum(axis=1) / variance
        evidence += np.where(offsets.seen[rows, joint][inside], np.clip(ratio, -MOST_OF_ONE, MOST_OF_ONE), 0.0)
    return evidence


def spans(mask: Mask) -> list[tuple[int, int]]:
    """The stretches (first, end) in which ``mask`` (T,) is true."""
    changes = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return [(int(first), int(end)) for first, end in zip(changes[::2], changes[1::2], strict=True)]

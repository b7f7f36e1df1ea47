"""Legs and arms whose left and right a pose network has confused for some frames, found by continuity.

The vector from a right joint to the left one moves smoothly, through zero where limbs cross in the picture, and changes
its sign at once where a network swaps them. Which frames are swapped is the sequence of signs whose vectors are easiest
to predict from the two frames before: the best path (Viterbi, 1967) of a hidden Markov model of second order.
``app/analysis/limb_swaps.py`` takes that over a whole clip; for live pictures see ``live_limb_swaps.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.tracking.median import masked_median

LIMBS = {
    "arms": ("shoulder", "elbow", "wrist"),
    "legs": ("hip", "knee", "ankle", "big_toe", "small_toe", "heel"),
}
"""The joints by which swaps of each limb are found."""
MOVED = {
    "arms": ("arm", "thumb", "forefinger", "middle_finger", "ring_finger", "pinky_finger"),
    "legs": ("leg", "foot"),
}
"""Parts of the body whose other keypoints are swapped together with the joints."""
MIN_JOINTS = 2
"""Fewer joints of a limb do not show a swap."""

NOISE = 0.01
"""Standard deviation of a keypoint's coordinates, in body sizes."""
ACCELERATION = 15.0
"""Standard deviation of a joint's acceleration relative to its counterpart, in body sizes per second squared."""
SPEED = 2.0
"""The same of the speed, in body sizes per second: used where one frame before is known."""
MAX_COST = 12.0
"""Greatest cost of a joint in a frame: one false keypoint must not decide alone."""
SWITCH_COST = 10.0
"""Cost (negative logarithm of the probability) of the begin of a swap, and of its end."""
SWAPPED_COST = 15.0
"""Cost of every second in which a limb is swapped: networks are mostly right."""
FIRST_COST = 10.0
"""Cost of a track that begins with a swap."""
LOST_S = 0.07
"""After a longer time without a person limbs may have crossed: the path begins anew."""
CUT_DISTANCE = 0.1
"""So does it where half of the joints jump farther from where they were expected, in body sizes: at a cut."""
CLEAR = 3 * NOISE
"""A joint that is farther from its counterpart shows by itself whether it is swapped, in body sizes."""

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]

_NOW, _LAST, _BEFORE = np.indices((2, 2, 2))
_CHANGES = np.where(_NOW != _LAST, SWITCH_COST, 0.0)
_A, _B = np.array([1.0, 1.0, -1.0, -1.0]), np.array([1.0, -1.0, 1.0, -1.0])
_LINE_SIGNS = np.stack([-2 * _A, 2 * _B, -2 * _A * _B])
_REST_SIGNS = -2 * _A
FIRST = np.array([[0.0, np.inf], [np.inf, FIRST_COST]])
"""Costs (2, 2) of the states of a first frame; see ``advance``."""


@dataclass(frozen=True, slots=True, eq=False)
class LimbPairs:
    """The B limbs of a skeleton (0 to 2 of "arms" and "legs"), each with up to J joints on both sides.

    ``names`` (B); ``left`` and ``right`` (B, J) are numbers of keypoints, ``exists`` (B, J) where there is such a
    joint (the first is hip or shoulder); ``others`` are, for each limb, pairs (M, 2) of further keypoints that swap
    with it.
    """

    names: tuple[str, ...]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    exists: Mask
    others: tuple[NDArray[np.int64], ...]

    @classmethod
    def of(cls, skeleton: Skeleton, limbs: Sequence[str] = tuple(LIMBS)) -> LimbPairs:
        """Those ``limbs`` of which ``skeleton`` has at least ``MIN_JOINTS`` joints."""
        found = {limb: [_pair(skeleton, part) for part in LIMBS[limb]] for limb in limbs}
        joints = {limb: pairs for limb, pairs in found.items() if sum(pair is not None for pair in pairs) >= MIN_JOINTS}
        table = np.zeros((len(joints), max(map(len, LIMBS.values())), 2), np.int64)
        exists = np.zeros(table.shape[:2], bool)
        for limb, pairs in enumerate(joints.values()):
            for row, pair in enumerate(pairs):
                if pair is not None:
                    table[limb, row], exists[limb, row] = pair, True
        others = tuple(_others(skeleton, limb, pairs) for limb, pairs in joints.items())
        return cls(tuple(joints), table[..., 0], table[..., 1], exists, others)

    def __len__(self) -> int:
        return len(self.names)

    def offsets(self, keypoints: Floats, sizes: Values, threshold: float) -> Offsets:
        """The offsets in ``keypoints`` (..., K, 3) of people with these ``sizes`` (...) in pixels."""
        left, right = keypoints[..., self.left, :], keypoints[..., self.right, :]
        sizes = np.asarray(sizes, np.float64)[..., None, None, None]
        vectors, middles = (left[..., :2] - right[..., :2]) / sizes, (left[..., :2] + right[..., :2]) / 2
        seen = (left[..., 2] >= threshold) & (right[..., 2] >= threshold) & self.exists
        seen &= np.isfinite(vectors).all(axis=-1)
        return Offsets(np.where(seen[..., None], vectors, 0.0), np.where(seen[..., None], middles, 0.0), seen)

    def any_of(self, chosen: Mask) -> Mask:
        """Which limbs (..., B) have a keypoint among the ``chosen`` (..., K), on either side."""
        return np.stack([chosen[..., self._numbers(limb)].any(axis=-1) for limb in range(len(self))], axis=-1)

    def _numbers(self, limb: int) -> NDArray[np.int64]:
        """The numbers of all keypoints of a limb, on both sides."""
        exists = self.exists[limb]
        return np.concatenate([self.left[limb][exists], self.right[limb][exists], self.others[limb].ravel()])

    def swap(self, keypoints: Floats, limb: int, joints: Mask) -> None:
        """Swap left and right of the ``joints`` (J,) of a limb, and its other keypoints, in ``keypoints`` (K, 3)."""
        chosen = joints & self.exists[limb]
        left = np.concatenate([self.left[limb][chosen], self.others[limb][:, 0]])
        right = np.concatenate([self.right[limb][chosen], self.others[limb][:, 1]])
        keypoints[np.concatenate([left, right])] = keypoints[np.concatenate([right, left])]


class Offsets(NamedTuple):
    """Vectors from right joints to left ones.

    ``vectors`` (..., B, J, 2) in body sizes, the ``middles`` (..., B, J, 2) of both joints in pixels, and where both
    are ``seen`` (..., B, J); the vectors of others are 0.
    """

    vectors: Values
    middles: Values
    seen: Mask

    def unseen(self) -> Offsets:
        """As many offsets (..., B, J), of which none is seen."""
        return Offsets(np.zeros_like(self.vectors), np.zeros_like(self.middles), np.zeros_like(self.seen))

    def part(self, rows: Any) -> Offsets:
        """The ``rows`` of the first axes (..., B, J)."""
        return Offsets(self.vectors[rows], self.middles[rows], self.seen[rows])


def cuts(now: Offsets, last: Offsets, before: Offsets, dt: Values, dt_before: Values, sizes: Values) -> Mask:
    """The frames (N,) in which half of the joints are not where they were expected; ``now`` ... are (N, B, J).

    Swaps do not change the middles of both sides, by which this is decided. Times as in ``step_costs``; ``sizes`` (N,)
    are those of the people, in pixels.
    """
    ratio = np.where(np.isfinite(dt_before), dt / np.maximum(dt_before, 1e-6), 0.0)[:, None, None, None]
    moved = now.middles - last.middles
    known = now.seen & last.seen
    expected = np.where(before.seen[..., None], ratio * (last.middles - before.middles), 0.0)
    limits = np.where(before.seen, CUT_DISTANCE, 2 * CUT_DISTANCE) * sizes[:, None, None]
    jumps = np.sqrt(_dot(moved - expected, moved - expected)) / limits
    people = len(known)
    if not (known & (jumps > 1)).any():
        return np.zeros(people, bool)
    known = known.reshape(people, -1)
    far: Mask = masked_median(jumps.reshape(people, -1, 1), known)[:, 0] > 1
    return far & known.any(axis=1)


def step_costs(now: Offsets, last: Offsets, before: Offsets, dt: Values | float, dt_before: Values | float) -> Values:
    """Costs (..., B, 2, 2) of the offsets (..., B, J) in a frame, given those of the two frames before.

    [a, b]: whether (1) or not (0) the sign differs from that of the last frame (a), and of the one before it (b).
    ``dt`` (...) is the time since the last frame and ``dt_before`` (...) the time between these two, in seconds.
    """
    dt = np.asarray(dt, np.float64)[..., None, None]
    ratio = dt / np.maximum(np.asarray(dt_before, np.float64)[..., None, None], 1e-6)
    known = now.seen & last.seen
    noise = 2 * NOISE**2
    still = 2 * (2 * noise + (SPEED * dt) ** 2)
    line = 2 * (noise * (1 + (1 + ratio) ** 2 + ratio**2) + (ACCELERATION * dt**2) ** 2)

    moved, earlier = last.vectors * (1 + ratio[..., None]), before.vectors * ratio[..., None]
    # The squared length of now - sign * moved + sign_before * earlier, for all signs at once.
    crossed = np.stack([_dot(now.vectors, moved), _dot(now.vectors, earlier), _dot(moved, earlier)], axis=-1)
    squares = _dot(now.vectors, now.vectors) + _dot(moved, moved) + _dot(earlier, earlier)
    by_line = (squares[..., None] + crossed @ _LINE_SIGNS) / line[..., None]

    repeated = _dot(now.vectors, last.vectors)[..., None]
    squares = _dot(now.vectors, now.vectors) + _dot(last.vectors, last.vectors)
    by_rest = (squares[..., None] + repeated * _REST_SIGNS) / still[..., None]

    costs = np.where((known & before.seen)[..., None], by_line, by_rest)
    costs = np.where(known[..., None], np.minimum(costs, MAX_COST), 0.0).sum(axis=-2)
    return costs.reshape(*costs.shape[:-1], 2, 2)


def advance(
    costs: Values, step: Values, known: Mask | np.bool_, dt: Values | float
) -> tuple[Values, NDArray[np.int64]]:
    """The costs (..., 2, 2) of the states after one more frame, and the sign of the frame before the last in each.

    A state [s, r] says whether (1) or not (0) the limb is swapped in a frame (s), and in the one before it (r).
    ``costs`` (..., 2, 2) are those of the frame before, ``step`` (..., 2, 2) those of ``step_costs``. Where nothing is
    ``known`` (...) from the frame before, a change costs nothing. ``dt`` (...), without the axis of limbs, is the time
    since that in seconds.
    """
    swapped = SWAPPED_COST * np.asarray(dt, np.float64)[..., None, None, None, None] * _NOW
    total = costs[..., None, :, :] + step[..., _NOW ^ _LAST, _NOW ^ _BEFORE] + swapped
    total += _CHANGES * np.asarray(known)[..., None, None, None]
    best = total.argmin(axis=-1)
    least = total.min(axis=-1)
    return least - least.min(axis=(-2, -1), keepdims=True), best


def swapped_joints(swapped: Mask, now: Offsets, shown: Offsets) -> Mask:
    """Which joints (..., B, J) of ``swapped`` limbs (..., B) are swapped: all but roots that clearly are not.

    The roots are hips and shoulders. ``now`` are a frame's offsets as found, ``shown`` those before it as shown.
    """
    joints = np.repeat(swapped[..., None], now.seen.shape[-1], axis=-1)
    root, before = now.vectors[..., 0, :], shown.vectors[..., 0, :]
    clear = now.seen[..., 0] & shown.seen[..., 0]
    clear &= np.minimum(_dot(root, root), _dot(before, before)) > CLEAR**2
    joints[..., 0] &= ~(clear & (_dot(root, before) > 0))
    return joints


def shown_offsets(now: Offsets, joints: Mask | None, shown: Offsets) -> Offsets:
    """The offsets ``now`` with those of ``joints`` (..., B, J) swapped; of what is not seen, those ``shown`` before."""
    vectors = now.vectors if joints is None else np.where(joints[..., None], -now.vectors, now.vectors)
    vectors = np.where(now.seen[..., None], vectors, shown.vectors)
    return Offsets(vectors, now.middles, now.seen | shown.seen)


def _pair(skeleton: Skeleton, part: str) -> tuple[int, int] | None:
    """The numbers of the left and the right keypoint called ``part``, if ``skeleton`` has both."""
    names = (f"left_{part}", f"right_{part}")
    if not all(name in skeleton.names for name in names):
        return None
    return skeleton.names.index(names[0]), skeleton.names.index(names[1])


def _others(skeleton: Skeleton, limb: str, joints: Sequence[tuple[int, int] | None]) -> NDArray[np.int64]:
    """The pairs (M, 2) of the limb's keypoints that are not among its ``joints``."""
    pairs = [pair for pair in skeleton.flip_pairs if skeleton.part(pair[0]) in MOVED[limb]]
    known = {number for pair in joints if pair is not None for number in pair}
    return np.array([pair for pair in pairs if not known & set(pair)], np.int64).reshape(-1, 2)


def _dot(one: Values, other: Values) -> Values:
    """The scalar products (...) of vectors (..., 2)."""
    products = one * other
    return products[..., 0] + products[..., 1]

"""Swaps the legs of people back frame by frame, without delay.

There are two guesses: that a limb is swapped in the newest frame, and that it is not. Each follows the vectors from
right joints to left ones, as they are if the guess is right, by a Kalman filter for a constant velocity, and has the
cost of the most probable sequence of swaps that leads to it (the Viterbi algorithm, whose paths are merged as in Y.
Bar-Shalom, X. R. Li, T. Kirubarajan, Estimation with Applications to Tracking and Navigation, 2001). A filter looks
back over several frames, so that it predicts better than a line through the last two of them. Limbs that have moved
little are expected to go on so: this shows swaps of legs that stand close together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.tracking.limb_swaps import (
    LOST_S,
    NOISE,
    SPEED,
    SWITCH_COST,
    LimbPairs,
    Offsets,
    cuts,
    shown_offsets,
    swapped_joints,
)
from app.tracking.tracker import Track, expected_sizes

LIMBS = ("legs",)
"""Limbs that are swapped back at once. An arm that a network puts on the wrong side for a frame looks like an arm that
was wrong before, which only the frames after it can tell."""
FIRST_COST = 10.0
"""Cost of a track that begins with a swap."""
SWAPPED_COST = 60.0
"""Cost of every second in which a limb is swapped: more than over a whole clip, because without the frames that follow
it is soon more likely that a past guess was wrong."""
REST_DRIVE, DRIVE = 0.5, 8.0
"""Spectral density of a joint's acceleration relative to its counterpart, in body sizes squared per second cubed: the
least, of limbs at rest, and the greatest."""
DRIVE_RATE = 4.0
"""How much it grows with the squared speed of the limb's joints relative to their counterparts, per second."""
MOVED_S = 0.5
"""Time constant in which such a squared speed is forgotten: a swinging leg stops for a moment at each turn."""
TAIL = 6.0
"""Costs far greater than this grow with their logarithm: one false keypoint must not decide alone."""
MARGIN = 6.0
"""By so much less must the guess that a limb is swapped cost that it is swapped back."""
MAX_SWAP_S = 1.0
"""A swap that lasts longer is taken as right."""

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]

UNKNOWN = (np.inf, 0.0, SPEED**2)
_SIGNS = np.array([1.0, -1.0])
_SWITCH = SWITCH_COST * (1 - np.eye(2))


class LimbSwaps:
    """Swaps the limbs of people back frame by frame; see the module.

    Joints that score below ``threshold``, which may change, are not seen.
    """

    def __init__(self, skeleton: Skeleton, threshold: float) -> None:
        self._limbs = LimbPairs.of(skeleton, LIMBS)
        self.threshold = threshold
        self.reset()

    def reset(self) -> None:
        """Forget all people."""
        self._ids: list[int] = []
        self._past: _Past | None = None

    def update_tracks(self, time_s: float, tracks: list[Track]) -> list[Floats]:
        """The keypoints (K, 3) of each of ``tracks`` at ``time_s``, with limbs swapped back."""
        keypoints = [track.keypoints for track in tracks]
        return self.update(time_s, [track.id for track in tracks], keypoints, expected_sizes(tracks))

    def update(self, time_s: float, ids: list[int], keypoints: list[Floats], sizes: Sequence[float]) -> list[Floats]:
        """The ``keypoints`` (K, 3) of each of ``ids`` at ``time_s``, with limbs swapped back; ``sizes`` are in pixels.

        Arrays are copied where they change. People who are not in ``ids`` are forgotten.
        """
        if not ids or not len(self._limbs):
            self.reset()
            return keypoints
        pixels = np.maximum(sizes, 1.0)
        now = self._limbs.offsets(np.array(keypoints), pixels, self.threshold)
        if self._past is None:
            self._past = _Past.begin(time_s, now)
        elif ids != self._ids:
            rows = [self._ids.index(number) if number in self._ids else -1 for number in ids]
            self._past = self._past.chosen(np.array(rows), now)
        self._ids = list(ids)
        swapped = self._past.add(time_s, now, pixels)
        if not swapped.any():
            self._past.shown = shown_offsets(now, None, self._past.shown)
            return keypoints
        joints = swapped_joints(swapped, now, self._past.shown)
        self._past.shown = shown_offsets(now, joints, self._past.shown)
        result = list(keypoints)
        for row in np.flatnonzero(swapped.any(axis=1)):
            result[row] = keypoints[row].copy()
            for limb in np.flatnonzero(swapped[row]).tolist():
                self._limbs.swap(result[row], limb, joints[row, limb])
        return result


@dataclass(slots=True, eq=False)
class _Past:
    """N people up to their last frame, for B limbs of J joints and both guesses (0: not swapped, 1: swapped).

    ``last`` and ``before`` are the offsets of the last two frames as the network found them, ``shown`` those that were
    shown. ``costs`` (N, B, 2) are those of the guesses, ``vectors`` and ``speeds`` (N, B, 2, J, 2) what they follow, in
    body sizes and per second. ``spreads`` (N, B, J, 3) are the variances of a vector's coordinates and of their speeds,
    and between these the covariance of both; the first is infinite where a joint was not seen yet. ``moved`` (N, B) is
    the mean squared speed of each limb's joints of late, in body sizes squared per second squared. In seconds:
    ``last_s`` (N,) and ``before_s`` (N,), the times of the last two frames, and ``since_s`` (N, B), when each limb was
    last not swapped.
    """

    last: Offsets
    before: Offsets
    shown: Offsets
    costs: Values
    vectors: Values
    speeds: Values
    spreads: Values
    moved: Values
    last_s: Values
    before_s: Values
    since_s: Values

    @classmethod
    def begin(cls, time_s: float, now: Offsets) -> _Past:
        """People who have not been seen before; ``now`` are their offsets in the frame at ``time_s``."""
        people, limbs, joints = now.seen.shape
        return cls(
            now.unseen(),
            now.unseen(),
            now.unseen(),
            costs=np.tile([0.0, FIRST_COST], (people, limbs, 1)),
            vectors=np.zeros((people, limbs, 2, joints, 2)),
            speeds=np.zeros((people, limbs, 2, joints, 2)),
            spreads=np.tile(UNKNOWN, (people, limbs, joints, 1)),
            moved=np.full((people, limbs), DRIVE / DRIVE_RATE),
            last_s=np.full(people, -np.inf),
            before_s=np.zeros(people),
            since_s=np.full((people, limbs), time_s),
        )

    def chosen(self, rows: NDArray[np.int64], now: Offsets) -> _Past:
        """The people in these ``rows`` (M,), new ones where that is -1; ``now`` are the offsets of all M."""
        new, known = _Past.begin(0.0, now), rows >= 0
        for empty, values in zip(new.arrays, self.arrays, strict=True):
            empty[known] = values[rows[known]]
        return new

    @property
    def arrays(self) -> list[NDArray[Any]]:
        """All values, each with one row for each of the N people."""
        filters = [self.costs, self.vectors, self.speeds, self.spreads, self.moved]
        return [*self.last, *self.before, *self.shown, *filters, self.last_s, self.before_s, self.since_s]

    def add(self, time_s: float, now: Offsets, sizes: Values) -> Mask:
        """Whether each limb (N, B) is swapped in the frame at ``time_s``, whose offsets are ``now``.

        ``sizes`` (N,) are those of the people, in pixels.
        """
        dt = time_s - self.last_s
        begins = ~((dt > 0) & (dt <= LOST_S))
        begins |= cuts(now, self.last, self.before, np.where(begins, 1.0, dt), self.last_s - self.before_s, sizes)
        if begins.any():
            self._begin(begins, time_s)
        self._predict(np.where(begins, 0.0, dt))
        self._follow(now)
        swapped: Mask = self.costs[..., 0] - self.costs[..., 1] > MARGIN
        np.copyto(self.since_s, time_s, where=~swapped)
        lasting = time_s - self.since_s > MAX_SWAP_S
        if lasting.any():  # what lasts is right: the same guesses, with opposite signs
            self.costs[lasting] = self.costs[lasting][:, ::-1]
            self.vectors[lasting] = -self.vectors[lasting][:, ::-1]
            self.speeds[lasting] = -self.speeds[lasting][:, ::-1]
            self.since_s[lasting] = time_s
            swapped &= ~lasting
        self.before, self.before_s, self.last = self.last, self.last_s, now
        self.last_s = np.full(len(dt), time_s)
        return swapped

    def _begin(self, begins: Mask, time_s: float) -> None:
        """Forget the people where ``begins`` (N,) is true."""
        for offsets in (self.last, self.before, self.shown):
            offsets.seen[begins] = False
        self.costs[begins], self.spreads[begins], self.since_s[begins] = (0.0, FIRST_COST), UNKNOWN, time_s
        self.moved[begins] = DRIVE / DRIVE_RATE
        self.last_s = np.where(begins, time_s, self.last_s)
        self.before_s = np.where(begins, time_s, self.before_s)

    def _predict(self, dt: Values) -> None:
        """Move what both guesses follow on by ``dt`` (N,) seconds."""
        self.moved = np.maximum(self.moved * np.exp(-dt / MOVED_S)[:, None], self._squared_speeds())
        drive = np.minimum(REST_DRIVE + DRIVE_RATE * self.moved, DRIVE)[..., None]
        dt = dt[:, None, None]
        self.costs[..., 1] += SWAPPED_COST * dt[..., 0]
        self.vectors += dt[..., None, None] * self.speeds
        place, both, speed = self._spreads()
        self._set_spreads(
            place + 2 * dt * both + dt**2 * speed + drive * dt**3 / 3,
            both + dt * speed + drive * dt**2 / 2,
            speed + drive * dt,
        )

    def _spreads(self) -> tuple[Values, Values, Values]:
        """The three variances (N, B, J) of ``spreads``."""
        return self.spreads[..., 0], self.spreads[..., 1], self.spreads[..., 2]

    def _set_spreads(self, place: Values, both: Values, speed: Values) -> None:
        self.spreads[..., 0], self.spreads[..., 1], self.spreads[..., 2] = place, both, speed

    def _squared_speeds(self) -> Values:
        """The mean squared speed (N, B) of each limb's joints by the less costly guess, less what noise adds to it."""
        is_swapped = self.costs[..., 1] < self.costs[..., 0]
        speeds = _chosen(is_swapped, self.speeds)
        place, _, variance = self._spreads()
        squares = np.where(np.isfinite(place), np.maximum(_squares(speeds) - 2 * variance, 0.0), 0.0)
        return np.asarray(np.add.reduce(squares, axis=-1) / squares.shape[-1])

    def _follow(self, now: Offsets) -> None:
        """Correct both guesses by the offsets ``now``, each along the less costly way that leads to it."""
        place, both, speed = self._spreads()
        known = now.seen & np.isfinite(place)
        spread = np.where(known, place, 1.0) + 2 * NOISE**2
        signed = _SIGNS[:, None, None] * now.vectors[:, :, None]
        off = signed[:, :, :, None] - self.vectors[:, :, None]  # (N, B, to, from, J, 2)
        squares = _squares(off) / (2 * spread[:, :, None, None])
        step = np.add.reduce(np.where(known[:, :, None, None], TAIL * np.log1p(squares / TAIL), 0.0), axis=-1)
        total = self.costs[:, :, None] + step + _SWITCH * np.logical_or.reduce(known, axis=-1)[..., None, None]
        from_swapped = total[..., 1] < total[..., 0]
        costs = np.minimum(total[..., 0], total[..., 1])
        self.costs = costs - np.minimum(costs[..., :1], costs[..., 1:])
        off = _chosen(from_swapped, off)
        share = np.where(known, place, 0.0) / spread
        speed_share = np.where(known, both, 0.0) / spread
        self.vectors = _chosen(from_swapped, self.vectors[:, :, None]) + share[:, :, None, :, None] * off
        self.speeds = _chosen(from_swapped, self.speeds[:, :, None]) + speed_share[:, :, None, :, None] * off
        self._set_spreads(place * (1 - share), both * (1 - share), speed - speed_share * both)
        new = now.seen & ~known
        if new.any():
            np.copyto(self.vectors, signed, where=new[:, :, None, :, None])
            np.copyto(self.speeds, 0.0, where=new[:, :, None, :, None])
            self.spreads[new] = (2 * NOISE**2, 0.0, SPEED**2)


def _chosen(second: Mask, pairs: Values) -> Values:
    """Of each pair in ``pairs`` (..., 2, J, 2) the second where ``second`` (...) is true, else the first."""
    return np.where(second[..., None, None], pairs[..., 1, :, :], pairs[..., 0, :, :])


def _squares(vectors: Values) -> Values:
    """The squared lengths (...) of ``vectors`` (..., 2)."""
    squares = vectors * vectors
    return squares[..., 0] + squares[..., 1]

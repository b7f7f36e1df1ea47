"""From which frame on a network's estimates are right again before and after a correction, and what is wrong between.

Errors of networks last: an estimate drifts away and back, stays where the keypoint was, or lies on the other leg, and
ends with a leap. The frame in which it ends is unknown; each has a probability, by how well the estimates before it fit
to the wrong place, those after it to the place that is predicted from the rest of the body, and by leaps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.analysis.keypoint_prediction import Body
from app.core.skeleton import Skeleton

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]

LASTING_S = 0.35
"""Mean time until an error ends."""
REACH_S = 1.5
"""Until then it has ended."""
ALIKE_S = 0.06
"""Predictions of frames closer than this have about the same error."""
RIGHT = 0.025
"""A correction that moves an estimate by less than this confirms it, in body sizes."""
AGREES = 0.035
"""An estimate this close to where the other keypoints predict it, in body sizes, is no sign of an error, though it fits
better yet to another wrong place: a foot that stands beside the other one lies on that, too."""
SPREAD = 0.25
"""Wrong estimates lie within about this, in body sizes."""
SAME = 0.03
"""Estimates closer than this are the same place, in body sizes."""
STILL_FRAMES = 5
"""Smallest number of frames at one place after which an estimate is stuck, if the keypoint should move."""
NOISE = 0.012
"""Standard deviation of estimates that stay, in body sizes."""
ELSEWHERE = -5.0
"""Logarithm of how probable it is that an estimate that is stuck or on the other limb is at yet another wrong place."""
LEAP = 0.4
"""A leap is at least this part of the correction, or of ``MIN_LENGTH``: noise leaps as far as small corrections."""
MIN_LENGTH = 0.1
"""Smallest length of a correction that leaps are compared with, in body sizes."""
LEAP_BONUS = 4.0
"""Logarithm of how much more probable an error ends with a leap that takes it off."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """For each frame (T,) the probability that the estimate is right, and whether a wrong one drifts."""

    right: Values
    drifts: Mask

    def part(self, rows: Rows) -> Evidence:
        """That of some frames."""
        return Evidence(self.right[rows], self.drifts[rows])


def weigh(
    body: Body, keypoint: int, rows: Rows, places: Values, predicted: Values, sigmas: Values, skeleton: Skeleton
) -> Evidence:
    """The evidence about the estimates of ``keypoint`` around corrections.

    Args:
        body: The person in T frames.
        keypoint: Number of the keypoint.
        rows: (C,), the corrected frames, in order.
        places: (C, 2), where the keypoint is in them, in body sizes.
        predicted: (T, 2), where the other keypoints say that it is.
        sigmas: (T,), the standard deviation of that.
        skeleton: The skeleton.
    """
    right, drifts = np.ones(len(body.times_s)), np.zeros(len(body.times_s), bool)
    for number, (row, place) in enumerate(zip(rows.tolist(), places, strict=True)):
        for step in (1, -1):
            beyond = number + step
            end = int(rows[beyond]) if 0 <= beyond < len(rows) else (len(right) if step > 0 else -1)
            frames = np.arange(row, end, step)
            frames = frames[np.abs(body.times_s[frames] - body.times_s[row]) <= REACH_S]
            side = _Side(body, keypoint, frames, place, predicted, sigmas, skeleton)
            found = side.right()
            right[frames] = np.minimum(right[frames], found)
            drifts[frames] |= side.drifts & (found < 0.99)
    return Evidence(right, drifts)


class _Side:
    """The frames from a correction on in one direction; the first is the corrected one."""

    def __init__(
        self,
        body: Body,
        keypoint: int,
        frames: Rows,
        place: Values,
        predicted: Values,
        sigmas: Values,
        skeleton: Skeleton,
    ) -> None:
        self.times = np.abs(body.times_s[frames] - body.times_s[frames[0]])
        self.estimates = body.points[frames, keypoint]
        self.seen = np.isfinite(self.estimates).all(axis=1)
        self.offset = place - self.estimates[0] if self.seen[0] else np.zeros(2)
        self.predicted, self.sigmas = predicted[frames], sigmas[frames]
        self.residuals = np.where(self.seen[:, None], self.estimates - self.predicted, 0.0)
        self.bias = place - self.predicted[0]
        in_picture = self.estimates + body.origins[frames] / body.sizes[frames, None]
        other = skeleton.flip_order[keypoint]
        self.wrong = np.full(len(frames), -np.log(np.pi * SPREAD**2))
        self.drifts = self.seen[0] and self._wrong_place(body, frames, other if other != keypoint else None, in_picture)

    def right(self) -> Values:
        """The probability (N,) that the error has ended."""
        if not self.seen[0]:
            return self.seen.astype(np.float64)
        if np.linalg.norm(self.offset) < RIGHT:
            return np.ones(len(self.times))
        dt = self.times[1] - self.times[0] if len(self.times) > 1 else 1.0
        # The prediction's error at the correction is known, and fades.
        fading = np.exp(-self.times / 0.3)
        residuals = self.residuals - self.bias * fading[:, None]
        sigmas = np.hypot(self.sigmas * np.sqrt(1.0 - 0.9 * fading**2), NOISE)
        fits = -0.5 * ((residuals / sigmas[:, None]) ** 2).sum(axis=1) - np.log(2 * np.pi * sigmas**2)
        fits = np.logaddexp(fits, np.log(0.02) - np.log(np.pi * SPREAD**2))
        agrees = np.linalg.norm(residuals, axis=1) < AGREES
        wrong = np.where(agrees, np.minimum(self.wrong, fits), self.wrong)
        gain = (fits - wrong) * self.seen * min(dt / ALIKE_S, 1.0)
        after = np.cumsum(gain[::-1])[::-1]  # the logarithm of how much better the frames from each on fit as right
        chance = after - self.times / LASTING_S + self._leaps()
        chance[0] = -np.inf
        if len(chance) < 2:
            return np.zeros(len(chance))
        never = -self.times[-1] / LASTING_S
        highest = max(chance.max(), never)
        each = np.exp(chance - highest)
        return np.asarray(np.cumsum(each) / (each.sum() + np.exp(never - highest)))

    def _leaps(self) -> Values:
        """For each frame (N,) how much a leap, which takes the error off, speaks for its end there."""
        steps = np.zeros_like(self.residuals)
        last = np.maximum.accumulate(np.where(self.seen, np.arange(len(self.seen)), 0))
        before = last[np.maximum(np.arange(len(last)) - 1, 0)]
        steps[1:] = self.residuals[last[1:]] - self.residuals[before[1:]]
        length = max(float(np.linalg.norm(self.offset)), 1e-9)
        along = steps @ (self.offset / length) / max(length, MIN_LENGTH)
        leaps = np.clip(along / LEAP, 0.0, 1.5)
        self.leaps_seen = bool((along[1:] > LEAP).any()) if len(along) > 1 else False
        return np.asarray(LEAP_BONUS * (leaps - 0.5))

    def _wrong_place(self, body: Body, frames: Rows, other: int | None, in_picture: Values) -> bool:
        """Note in ``wrong`` what wrong estimates look like; returns whether they drift."""
        same = -np.log(2 * np.pi * NOISE**2)
        lies = False
        if other is not None and np.linalg.norm(self.offset) > SAME:
            on_other = np.nan_to_num(np.linalg.norm(self.estimates - body.smooth[frames, other], axis=1), nan=10.0)
            lies = bool(on_other[0] < 1.5 * SAME)
            if lies:
                self.wrong = np.logaddexp(self.wrong + ELSEWHERE, same - 0.5 * (on_other / (2 * NOISE)) ** 2 - 1.5)
        still = np.nan_to_num(np.linalg.norm(in_picture - in_picture[0], axis=1), nan=10.0)
        stays = self.seen & (still < SAME)
        count = int(np.argmin(stays)) if not stays.all() else len(stays)
        moved = np.linalg.norm(
            self.predicted[:count]
            + body.origins[frames[:count]] / body.sizes[frames[:count], None]
            - self.predicted[0]
            - body.origins[frames[0]] / body.sizes[frames[0]],
            axis=1,
        )
        stuck = count >= STILL_FRAMES and moved.max() > 1.5 * SAME
        if stuck:
            self.wrong = np.logaddexp(self.wrong + ELSEWHERE, same - 0.5 * (still / NOISE) ** 2 - 1.0)
        self._leaps()
        return not (lies or stuck or self.leaps_seen)

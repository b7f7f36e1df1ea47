"""Fits the regression that moves contacts of feet (``app/analysis/contact_timing.py``) to true motions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.analysis.contact_timing import INPUTS, MAX_OFFSET_S, ContactTiming
from app.analysis.events import SIDES, contacts_with_courses
from app.analysis.offline_smoothing import OfflineSmoothing, smooth_offline
from app.analysis.stature import height_px
from app.core.errors import StanceError
from app.core.people import Floats
from app.evaluate.motion_events import SAME_FRAMES, can_be_timed, true_events
from app.evaluate.motions import FPS, Filmed, Motion, View, film

Values = NDArray[np.float64]

FILMS: tuple[tuple[View, int, int], ...] = (
    *(("side", seed, 1) for seed in (1, 3, 5, 7)),
    *(("oblique", seed, 1) for seed in (1, 3)),
    ("side", 1, 2),
)
"""How each motion is filmed: the view, the seed of camera and noise, and every which frame is kept."""
OTHER_FILMS: tuple[tuple[View, int, int], ...] = (("side", 0, 1), ("side", 2, 1))
"""Films by which the regression is measured."""
TIMED = 10.0
"""Weight of a contact that ends a step which the camera sees, beside other contacts."""
RIDGE = 0.1
"""Weight of the squares of the weights, for inputs of about unit variance."""
MIN_SPREAD = 0.02
"""Added to the standard deviation of an input."""
DECIMALS = 7
"""Of weights in seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """N contacts that were found: ``inputs`` (N, INPUTS), and the true times less the found ones, (N,) seconds.

    ``timed`` (N,): those that ``app.evaluate motion`` counts. ``motions`` (N,) are the numbers of their motions.
    """

    inputs: Values
    offsets_s: Values
    timed: NDArray[np.bool_]
    motions: NDArray[np.int64]

    def part(self, chosen: NDArray[np.bool_]) -> Samples:
        """Those that are ``chosen`` (N,)."""
        return Samples(self.inputs[chosen], self.offsets_s[chosen], self.timed[chosen], self.motions[chosen])


def find_samples(motions: Sequence[Motion], films: Sequence[tuple[View, int, int]] = FILMS) -> Samples:
    """The contacts found in ``films`` of ``motions``, as recorded and smoothed, for which there is a true one.

    Raises StanceError if there is none.
    """
    rows = [
        (inputs, offset_s, timed, number)
        for number, motion in enumerate(motions)
        for view, seed, every in films
        for filmed in (film(motion, view, seed),)
        for keypoints in _versions(filmed, every)
        for inputs, offset_s, timed in _pairs(filmed, keypoints, every)
    ]
    if not rows:
        raise StanceError("The motions have no contacts of feet to learn from: wanted walks, runs, jumps or climbs.")
    inputs, offsets_s, timed, numbers = zip(*rows, strict=True)
    return Samples(np.stack(inputs), np.array(offsets_s), np.array(timed, bool), np.array(numbers))


def fit(samples: Samples) -> ContactTiming:
    """The ridge regression of the offsets, those of over ``MAX_OFFSET_S`` counted as that."""
    mean, spread = samples.inputs.mean(axis=0), samples.inputs.std(axis=0) + MIN_SPREAD
    scaled = np.column_stack([(samples.inputs - mean) / spread, np.ones(len(samples.inputs))])
    counts = np.where(samples.timed, TIMED, 1.0)
    wanted = np.clip(samples.offsets_s, -MAX_OFFSET_S, MAX_OFFSET_S)
    penalty = np.append(np.full(INPUTS, RIDGE * counts.sum()), 0.0)
    found = np.linalg.solve(scaled.T @ (counts[:, None] * scaled) + np.diag(penalty), scaled.T @ (counts * wanted))
    weights_s = found[:-1] / spread
    return ContactTiming(weights_s, float(found[-1] - mean @ weights_s))


def held_out_figures(samples: Samples, others: Samples) -> tuple[float, float, float, float]:
    """Median and 95th percentile of the error of a contact in frames: before, and moved; each the mean over motions.

    ``samples`` and ``others`` are films of the same motions: each motion of ``others`` is moved by what was fitted to
    the other motions of ``samples``.
    """
    errors = []
    for number in np.unique(others.motions[others.timed]):
        rest = samples.part(samples.motions != number)
        if len(rest.inputs):
            timing, own = fit(rest), others.part((others.motions == number) & others.timed)
            moved_s = np.array([timing.offset_s(inputs) for inputs in own.inputs])
            before, after = np.abs(own.offsets_s) * FPS, np.abs(own.offsets_s - moved_s) * FPS
            errors.append([np.median(before), np.quantile(before, 0.95), np.median(after), np.quantile(after, 0.95)])
    if not errors:
        return float("nan"), float("nan"), float("nan"), float("nan")
    before_median, before_p95, median, p95 = np.mean(errors, axis=0).tolist()
    return before_median, before_p95, median, p95


def as_json(timing: ContactTiming) -> str:
    """What ``contact_timing`` reads."""
    weights = [round(weight, DECIMALS) for weight in timing.weights_s.tolist()]
    return json.dumps({"bias_s": round(timing.bias_s, DECIMALS), "weights_s": weights}) + "\n"


def _versions(filmed: Filmed, every: int) -> Iterator[Floats]:
    """Every ``every``-th frame of the keypoints (T, K, 3), first as recorded, then smoothed."""
    recorded = filmed.with_own_legs[::every]
    yield recorded
    yield smooth_offline(filmed.motion.times_s[::every], recorded, filmed.motion.skeleton, OfflineSmoothing())[0]


def _pairs(filmed: Filmed, keypoints: Floats, every: int) -> Iterator[tuple[Values, float, bool]]:
    """Of each contact that is found its inputs, the offset of the true one in seconds, and whether it is timed."""
    motion, times_s = filmed.motion, filmed.motion.times_s[::every]
    scale = motion.height_m / height_px(times_s, keypoints, motion.skeleton)
    truth = true_events(motion).contacts
    true_s = {side: np.array([foot.start_s for foot in truth if foot.side == side]) for side in SIDES}
    timed = {side: can_be_timed(filmed, side) for side in SIDES}
    for contact, course in contacts_with_courses(times_s, keypoints, motion.skeleton, meters_per_pixel=scale):
        offsets_s = true_s[contact.side] - contact.start_s
        near = offsets_s[np.abs(offsets_s) * FPS <= SAME_FRAMES]
        inputs = course.around(contact.start_s, contact.first_s, contact.last_s) if course and len(near) else None
        if inputs is not None:
            offset_s = float(near[np.abs(near).argmin()])
            yield inputs, offset_s, bool(timed[contact.side][round((contact.start_s + offset_s) * FPS)])

"""Carries the correction of a keypoint to the frames around it, until the track's own estimates agree with it again.

What is known is written as a least-squares problem whose unknowns are the place of the keypoint and the offset of the
network's estimate from it, both in every frame of a window, as in the smoothers of Rauch, Tung and Striebel (AIAA
Journal 1965): corrections hold exactly; estimates hold as far as they are right by ``carry_evidence``; the rest of the
body (``keypoint_prediction``) and, where there are any, the picture (``MotionCue``) and further answers of the network
say where the keypoint may be; it moves without haste.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.analysis.carry_evidence import Evidence, weigh
from app.analysis.carry_problem import ESTIMATE_NOISE, Problem
from app.analysis.keypoint_prediction import Body, body_of, limb_mates, predict
from app.analysis.limb_swaps import body_sizes
from app.analysis.offline_smoothing import stretches
from app.core.people import Floats
from app.core.skeleton import Skeleton

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]

REACH_S = 1.5
"""Longest time over which a correction is carried, in seconds."""
CONTEXT_S = 6.0
"""Time around a correction whose frames are used, in seconds."""
DOUBTFUL_S = 0.3
"""Estimates within this time of a correction are not learned from at first, in seconds."""
CONTRADICTED = 0.035
"""A prediction this far away contradicts an estimate, in body sizes."""
AGREE = 0.015
"""An estimate closer than this to the carried place agrees with it, in body sizes."""
CORRECTION_NOISE = 0.0005
"""Standard deviation of corrections, in body sizes."""


@dataclass(frozen=True, slots=True, eq=False)
class MotionCue:
    """How far the picture says that the keypoint moves from frame ``rows[n]`` to the one after it.

    ``steps`` (N, 2) in pixels, ``sigmas`` (N,) their standard deviations.
    """

    rows: Rows
    steps: Values
    sigmas: Values


@dataclass(frozen=True, slots=True, eq=False)
class PlaceCue:
    """Further places (N, 2) in pixels that the network gives for the keypoint in the frames ``rows`` (N,)."""

    rows: Rows
    places: Values


Cue = MotionCue | PlaceCue


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """The places (N, 2) of a keypoint in pixels, in the frames ``rows`` (N,); ``corrected`` (N,): by the user."""

    rows: Rows
    places: Values
    corrected: Mask


def carry(
    times_s: Values,
    keypoints: Floats,
    keypoint: int,
    corrections: Mapping[int, tuple[float, float]],
    skeleton: Skeleton,
    threshold: float = 0.3,
    cues: Sequence[Cue] = (),
) -> Carried:
    """Carry the ``corrections`` of a ``keypoint`` to the frames around them.

    Args:
        times_s: (T,), timestamps in seconds, in order.
        keypoints: (T, K, 3), x y score in pixels, as the network found them.
        keypoint: Number of the corrected keypoint.
        corrections: Its true place x y in pixels, by row of ``times_s``.
        skeleton: The skeleton of the K keypoints.
        threshold: Minimum keypoint score.
        cues: What else is known, from the picture or the network.

    Returns:
        The corrected frames and those that the corrections are carried to.
    """
    found: dict[int, tuple[float, float]] = {}
    begins = pictures(times_s, keypoints, threshold)
    for group in groups(times_s, sorted(corrections), begins):
        part = stretch_of(times_s, keypoints, threshold, group, begins)
        near = {row - part.start: corrections[row] for row in group}
        body = body_of(times_s[part], keypoints[part], keypoint, skeleton, threshold)
        shifted = [_shifted(cue, part) for cue in cues]
        places = _carry_group(body, keypoint, near, skeleton, shifted)
        found.update({row + part.start: place for row, place in places.items()})
    return as_carried(found | dict(corrections), corrections)


def as_carried(places: Mapping[int, tuple[float, float]], corrections: Mapping[int, object]) -> Carried:
    """``places`` by row, of which the user has made the ``corrections``."""
    rows = np.array(sorted(places), np.int64)
    ordered = np.array([places[row] for row in rows.tolist()], np.float64).reshape(-1, 2)
    return Carried(rows, ordered, np.isin(rows, list(corrections)))


def groups(times_s: Values, rows: Sequence[int], begins: Rows) -> list[list[int]]:
    """The corrected ``rows``, in order, of frames at ``times_s`` (T,) in groups: each is carried without the others.

    ``begins`` are the rows at which another stretch begins, see ``pictures``.
    """
    part = np.searchsorted(begins, np.arange(len(times_s)), side="right")
    found: list[list[int]] = []
    for row in rows:
        last = found[-1][-1] if found else row
        if found and times_s[row] - times_s[last] <= 2 * REACH_S and part[row] == part[last]:
            found[-1].append(row)
        else:
            found.append([row])
    return found


def stretch_of(times_s: Values, keypoints: Floats, threshold: float, group: Sequence[int], begins: Rows) -> slice:
    """The rows around the corrected rows ``group`` without a cut or a long gap between, see ``pictures``."""
    first, last = np.searchsorted(times_s, [times_s[group[0]] - CONTEXT_S, times_s[group[-1]] + CONTEXT_S])
    window = within(range(int(first), int(last)), group, begins)
    rows = slice(window.start, window.stop)
    points = keypoints[rows, :, :2].astype(np.float64)
    seen = keypoints[rows, :, 2] >= threshold
    sizes = np.full(len(points), np.inf)
    low, high = group[0] - window.start, group[-1] - window.start
    start, stop = low, high + 1
    for part in stretches(times_s[rows], points, seen, sizes):
        if part.start <= high and part.stop > low:
            start, stop = min(start, part.start), max(stop, part.stop)
    return slice(window.start + start, window.start + stop)


def within(window: range, group: Sequence[int], begins: Rows) -> range:
    """The rows of ``window`` that are in the same stretch as ``group``; others begin at the rows ``begins``."""
    first = max([window.start, *begins[begins <= group[0]].tolist()])
    return range(first, min([window.stop, *begins[begins > group[-1]].tolist()]))


def pictures(times_s: Values, keypoints: Floats, threshold: float) -> Rows:
    """The rows of ``keypoints`` (T, K, 3) at ``times_s`` (T,) at which another stretch begins, after a cut or a gap."""
    points, seen = keypoints[..., :2].astype(np.float64), keypoints[..., 2] >= threshold
    parts = stretches(times_s, points, seen, body_sizes(keypoints, threshold))
    return np.array([part.start for part in parts[1:]], np.int64)


def _shifted(cue: Cue, part: slice) -> Cue:
    """``cue`` with rows counted from the start of ``part``, and only those in it."""
    inside = (cue.rows >= part.start) & (cue.rows < part.stop - isinstance(cue, MotionCue))
    rows = cue.rows[inside] - part.start
    if isinstance(cue, MotionCue):
        return MotionCue(rows, cue.steps[inside], cue.sigmas[inside])
    return PlaceCue(rows, cue.places[inside])


def _carry_group(
    body: Body,
    keypoint: int,
    corrections: Mapping[int, tuple[float, float]],
    skeleton: Skeleton,
    cues: Sequence[Cue],
) -> dict[int, tuple[float, float]]:
    """The places in pixels of one group of corrections, by row of ``body``."""
    rows = np.array(sorted(corrections), np.int64)
    places = body.to_body(rows, np.array([corrections[row] for row in rows.tolist()], np.float64))
    near = (body.times_s >= body.times_s[rows[0]] - REACH_S) & (body.times_s <= body.times_s[rows[-1]] + REACH_S)
    window = np.flatnonzero(near)
    predicted, sigmas, evidence = _look(body, keypoint, rows, places, near, skeleton)
    problem = Problem(body.times_s[window])
    inside = np.searchsorted(window, rows)
    problem.add_places(inside, places, CORRECTION_NOISE)
    problem.add_estimates(body.points[window, keypoint], evidence.part(window))
    problem.add_prediction(predicted[window], sigmas[window])
    for cue in cues:
        _add_cue(problem, cue, body, window)
    solved = problem.solve()
    changed = _changed(solved, body.points[window, keypoint], evidence.part(window), inside)
    return body.places(window[changed], solved[changed])


def _look(
    body: Body, keypoint: int, rows: Rows, places: Values, near: Mask, skeleton: Skeleton
) -> tuple[Values, Values, Evidence]:
    """What ``predict`` and ``weigh`` say; without the rest of the limb if that contradicts the corrections."""
    middle, doubtful = int(rows[len(rows) // 2]), _close(body.times_s, rows)
    without: tuple[int, ...] = ()
    for _ in range(2):
        predicted, sigmas = predict(body, keypoint, middle, doubtful, without)
        away = np.linalg.norm(predicted[rows] - places, axis=1)
        if not without and (away > np.maximum(CONTRADICTED, 3 * sigmas[rows])).any():
            without = limb_mates(skeleton, keypoint)
            predicted, sigmas = predict(body, keypoint, middle, doubtful, without)
        evidence = weigh(body, keypoint, rows, places, predicted, sigmas, skeleton)
        doubtful = near & (evidence.right < 0.5)
    return predicted, sigmas, evidence


def _close(times_s: Values, rows: Rows) -> Mask:
    """The frames (T,) whose estimates are probably as wrong as those of the corrected ``rows`` (C,)."""
    return np.asarray((np.abs(times_s[:, None] - times_s[rows]) <= DOUBTFUL_S).any(axis=1))


def _changed(solved: Values, estimates: Values, evidence: Evidence, corrected: Rows) -> Rows:
    """The rows around the ``corrected`` ones up to those where the estimates (N, 2) agree with ``solved`` (N, 2)."""
    away = np.linalg.norm(solved - estimates, axis=1)
    near = np.where(evidence.drifts, 1.5 * AGREE, 3 * AGREE)  # what drifts agrees again by and by
    agrees = (away < AGREE) | ((evidence.right > 0.9) & (away < near))
    agrees &= np.isfinite(estimates).all(axis=1)
    taken = np.zeros(len(solved), bool)
    taken[corrected] = True
    for step in (1, -1):
        for start in corrected.tolist():
            row = start + step
            while 0 <= row < len(solved) and not (agrees[row] and agrees[_following(row, step, len(solved))].all()):
                taken[row] = True
                row += step
    return np.flatnonzero(taken)


def _following(row: int, step: int, count: int) -> Rows:
    """The three rows from ``row`` on in the direction of ``step``."""
    return np.clip(row + step * np.arange(3), 0, count - 1)


def _add_cue(problem: Problem, cue: Cue, body: Body, window: Rows) -> None:
    """Add what the picture or the network says, in units of the body."""
    inside = np.isin(cue.rows, window[:-1])
    rows = cue.rows[inside]
    if isinstance(cue, PlaceCue):
        problem.add_places(np.searchsorted(window, rows), body.to_body(rows, cue.places[inside]), 2 * ESTIMATE_NOISE)
        return
    sizes = body.sizes[rows]
    moved = (cue.steps[inside] - (body.origins[rows + 1] - body.origins[rows])) / sizes[:, None]
    problem.add_steps(np.searchsorted(window, rows), moved, cue.sigmas[inside] / sizes)

"""A person's height in the picture or in space, from the lengths of the body's parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.analysis.landmarks import keypoint_indices
from app.core.people import Floats
from app.core.skeleton import Skeleton

Values = NDArray[np.float64]

SIDES = ("left", "right")
MIN_FRAMES = 10
"""With fewer upright frames than this, all frames count."""
MAX_BEND_DEGREES = 45.0
"""Knees and hips of an upright person are bent less than this."""
AVERAGED_S = 0.04
"""Positions are averaged over this time on both sides, because noise alone makes lengths longer."""
SHORTEST, LONGEST = 0.3, 0.2
"""Fractions of the shortest and of the longest lengths that are left out: more of the short ones, because a part that
does not lie in the plane of the picture looks shorter, never longer."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the body from keypoint ``start`` to ``end``, and its ``share`` of body height."""

    start: str
    end: str
    share: float


PARTS = (
    Part("head", "neck", 0.182),
    Part("neck", "hip", 0.288),
    Part("hip", "knee", 0.245),
    Part("knee", "ankle", 0.246),
    Part("ankle", "heel", 0.039),
)
"""The parts from the top of the head to the heel. Their shares of body height are those of Drillis and Contini (Body
Segment Parameters, 1966) as given by Winter (Biomechanics and Motor Control of Human Movement, 2009, figure 4.1)."""
NEEDED = PARTS[1:4]
"""Without these parts the height is unknown; the others may be missing."""
PAIRED = ("hip", "knee", "ankle", "heel")


def height_px(times_s: Values, keypoints: Floats, skeleton: Skeleton, threshold: float = 0.3) -> float:
    """The height in pixels of a person in T frames; NaN where too little of the body is seen.

    It is the sum of head, trunk, thigh, shank and foot, each the trimmed mean of its lengths in the frames in which the
    person is upright, and the mean of both sides, so that it depends neither on the posture in a frame nor on single
    wrong keypoints. Parts that the skeleton lacks or that are never seen are replaced by their usual share of the body
    height. That the height is a sum of parts over upright frames is as in Sports2D (Pagnon, Kim: Sports2D, Journal of
    Open Source Software 2024) and Pose2Sim (``compute_height``).

    Args:
        times_s: (T,), timestamps in seconds.
        keypoints: (T, K, 3), x y score in pixels.
        skeleton: The skeleton of the K keypoints.
        threshold: Minimum keypoint score.
    """
    points = _points(times_s, keypoints, skeleton, threshold)
    upright = _upright(points, len(times_s))
    found = {part: _length(part, points, upright) for part in PARTS}
    if not all(np.isfinite(found[part]) for part in NEEDED):
        return float("nan")
    known = [part for part in PARTS if np.isfinite(found[part])]
    return float(sum(found[part] for part in known) / sum(part.share for part in known) * sum(p.share for p in PARTS))


def height_m(times_s: Values, points: Floats, skeleton: Skeleton, threshold: float = 0.3) -> float:
    """The height in meters of a person with ``points`` (T, K, 4) = x y z in meters and score; see ``height_px``."""
    return height_px(times_s, points, skeleton, threshold)


def averaged(times_s: Values, points: Values, around_s: float) -> Values:
    """``points`` (T, D) averaged over ``around_s`` seconds before and after; NaN only where no value is known there."""
    if len(times_s) < 2:
        return points
    reach = round(around_s / max(float(np.median(np.diff(times_s))), 1e-3))
    total, count = np.zeros_like(points), np.zeros(points.shape)
    for shift in range(-reach, reach + 1):
        rows = np.arange(len(points)) + shift
        inside = (rows >= 0) & (rows < len(points))
        rows = np.clip(rows, 0, len(points) - 1)
        near = inside & (np.abs(times_s[rows] - times_s) <= around_s * 1.5)
        value = np.where(near[:, None], points[rows], np.nan)
        known = np.isfinite(value)
        total += np.where(known, value, 0.0)
        count += known
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def point(keypoints: Floats, skeleton: Skeleton, name: str, threshold: float) -> Values:
    """Position (T, D) of keypoint ``name``, or of the midpoint that replaces it; NaN where it is not seen.

    ``keypoints`` (T, K, D + 1) are coordinates and score.
    """
    rows = keypoint_indices(skeleton, name)
    if not rows:
        return np.full((len(keypoints), keypoints.shape[2] - 1), np.nan)
    found = keypoints[:, rows].astype(np.float64)
    found[~(found[..., -1] >= threshold)] = np.nan
    return np.asarray(found[..., :-1].mean(axis=1))


def _points(times_s: Values, keypoints: Floats, skeleton: Skeleton, threshold: float) -> dict[str, Values]:
    """The averaged positions of the ends of all parts, by name with side."""
    names = ["head", "neck", "hip", *(f"{side}_{name}" for side in SIDES for name in PAIRED)]
    return {name: averaged(times_s, point(keypoints, skeleton, name, threshold), AVERAGED_S) for name in names}


def _length(part: Part, points: dict[str, Values], upright: NDArray[np.bool_]) -> float:
    """The length of ``part`` in pixels, the mean of the sides that are known; NaN if none is."""
    lengths = []
    for start, end in _ends(part):
        length = np.linalg.norm(points[end] - points[start], axis=1)
        known = length[upright & np.isfinite(length)]
        if len(known):
            lengths.append(_trimmed_mean(known))
    return float(np.mean(lengths)) if lengths else float("nan")


def _ends(part: Part) -> list[tuple[str, str]]:
    if part.end not in PAIRED or part.start == "neck":
        return [(part.start, part.end)]
    return [(f"{side}_{part.start}", f"{side}_{part.end}") for side in SIDES]


def _upright(points: dict[str, Values], frames: int) -> NDArray[np.bool_]:
    """The frames (T,) in which no known knee or hip is bent far; all frames where those are few."""
    upright = np.ones(frames, bool)
    for side in SIDES:
        hip, knee, ankle = (points[f"{side}_{name}"] for name in ("hip", "knee", "ankle"))
        for one, other in ((knee - hip, ankle - knee), (points["hip"] - points["neck"], knee - hip)):
            upright &= ~(_angle(one, other) > MAX_BEND_DEGREES)
    return upright if upright.sum() >= MIN_FRAMES else np.ones(frames, bool)


def _angle(one: Values, other: Values) -> Values:
    """The unsigned angle (T,) between two vectors (T, 2 or 3), in degrees."""
    cross = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    if one.shape[1] == 3:
        cross = np.linalg.norm(np.cross(one, other), axis=1)
    return np.asarray(np.degrees(np.abs(np.arctan2(cross, (one * other).sum(axis=1)))))


def _trimmed_mean(values: Values) -> float:
    ordered = np.sort(values)
    return float(ordered[int(SHORTEST * len(ordered)) : len(ordered) - int(LONGEST * len(ordered))].mean())

"""Errors of the angles of elbows and knees on annotated photos: pose networks compared as measuring instruments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.evaluate.estimates import Estimates
from app.evaluate.keypoint_metrics import matched
from app.evaluate.pairs import Pair

Degrees = NDArray[np.float64]

JOINTS = {"elbow": ("shoulder", "elbow", "wrist"), "knee": ("hip", "knee", "ankle")}
"""The three keypoints of each angle, its vertex in the middle; of both sides of the body."""
SIDES = ("left", "right")
VISIBLE = 2
"""COCO's flag of a keypoint that is labeled and visible."""
LARGE_DEGREES = 15.0
"""Errors above this are counted."""


@dataclass(frozen=True, slots=True, eq=False)
class AngleErrors:
    """Absolute errors of one joint's angle, left and right together.

    Attributes:
        errors: (N,), in degrees, of the people who were found.
        labeled: Number of angles whose three keypoints are labeled as visible, of found people and of others.
    """

    errors: Degrees
    labeled: int

    @property
    def mean(self) -> float:
        """Mean error in degrees; NaN without any."""
        return float(self.errors.mean()) if len(self.errors) else float("nan")

    @property
    def median(self) -> float:
        """Median error in degrees; NaN without any."""
        return float(np.median(self.errors)) if len(self.errors) else float("nan")

    @property
    def large(self) -> float:
        """Fraction of the errors that exceed ``LARGE_DEGREES``; NaN without any."""
        return float((self.errors > LARGE_DEGREES).mean()) if len(self.errors) else float("nan")


def angle_errors(estimates: Estimates) -> dict[str, AngleErrors]:
    """The errors of each joint in ``JOINTS`` that the annotations have keypoints for.

    People are matched as for PCK (see ``matched``): those whom the window shows, in descending order of their scores,
    each to the unmatched person of highest OKS, which is at least 0.1; with true boxes by the overlap of boxes. People
    who were not found have no error; ``labeled`` tells how many angles they have. Every estimated keypoint counts,
    whatever its score. An angle is that between the two limbs at the joint in the picture, 0 to 180 degrees.
    """
    pairs = [pair for pair in matched(estimates) if pair.truth is not None]
    skeleton = estimates.photos.skeleton
    return {joint: _errors(pairs, columns) for joint, ends in JOINTS.items() if (columns := _columns(skeleton, ends))}


def _columns(skeleton: Skeleton, ends: Sequence[str]) -> list[list[int]]:
    """The indices of ``ends`` on each side that has all of them."""
    sides = [[f"{side}_{end}" for end in ends] for side in SIDES]
    return [[skeleton.names.index(name) for name in side] for side in sides if set(side) <= set(skeleton.names)]


def _errors(pairs: Sequence[Pair], columns: Sequence[Sequence[int]]) -> AngleErrors:
    errors, labeled = [], 0
    for pair in pairs:
        if pair.truth is None:
            continue
        for ends in columns:
            truth = pair.truth.keypoints[list(ends)]
            wanted = _angle(truth)
            if not (truth[:, 2] == VISIBLE).all() or np.isnan(wanted):
                continue
            labeled += 1
            if pair.estimate is not None and not np.isnan(found := _angle(pair.estimate.keypoints[list(ends)])):
                errors.append(abs(found - wanted))
    return AngleErrors(np.array(errors, np.float64), labeled)


def _angle(points: Floats) -> float:
    """The angle at the second of three ``points`` (3, 2 or 3), 0 to 180 degrees; NaN where two of them coincide."""
    before, vertex, after = points[:, :2].astype(np.float64)
    one, other = before - vertex, after - vertex
    if not one.any() or not other.any():
        return float("nan")
    cross, dot = one[0] * other[1] - one[1] * other[0], float(one @ other)
    return float(np.degrees(np.arctan2(abs(cross), dot)))

"""A refiner that estimates new people a second time, in a crop that fits their first pose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.core.people import Floats, Frame
from app.core.settings import Settings
from app.pose.model import Candidates, PoseModel

BOX_MARGIN = 0.06
"""Margin of a person's box around the keypoints, as a fraction of the longer side of their extent."""

VISIBLE_SCORE = 0.3
"""Minimum score of keypoints from which a box is computed; it does not depend on the threshold for drawing."""

MIN_KEYPOINTS = 6
"""Minimum number of visible keypoints from which a box is computed."""


class SecondLook:
    """Estimates new people a second time, with a flip test.

    Only new people have no better box than the detector's; those of tracked people follow their poses. Candidates with
    a score below half of the person threshold keep their first pose.
    """

    def __init__(self, pose_model: PoseModel, settings: Settings) -> None:
        self._pose_model = pose_model
        self.adjust(settings)

    def adjust(self, settings: Settings) -> None:
        """See ``Refiner``."""
        self._least_score = settings.person_threshold / 2

    def refine(self, frame: Frame, candidates: Candidates, frames: Sequence[Frame]) -> Candidates:
        """See ``Refiner``."""
        if None not in candidates.assigned_tracks:
            return candidates
        likely = person_scores(candidates.scores, pose_confidence(candidates.poses)) >= self._least_score
        new = np.array(
            [row for row, track in enumerate(candidates.assigned_tracks) if track is None and likely[row]], np.intp
        )
        if len(new):
            rows = candidates[new]
            rows.boxes = tighten_boxes(rows.boxes, rows.poses)
            candidates.poses[new] = self._pose_model.estimate(frames, rows, flip_test=True).poses
        return candidates


def pose_confidence(poses: Floats) -> Floats:
    """Mean score (N,) of the better half of the keypoints of ``poses`` (N, K, 3).

    The worse half is ignored because a person may be only half visible.
    """
    half = max(poses.shape[1] // 2, 1)
    ordered = poses[..., 2].copy()
    ordered.sort(axis=1)
    return np.add.reduce(ordered[:, -half:], axis=1) / half


def person_scores(box_scores: Floats, confidence: Floats) -> Floats:
    """Score (N,) of being a person: the ``confidence`` (N,) of the poses times the root of ``box_scores`` (N,)."""
    return np.sqrt(box_scores) * confidence


def tighten_boxes(boxes: Floats, poses: Floats) -> Floats:
    """Boxes (N, 4) halfway between ``boxes`` (N, 4) and the extent of the visible keypoints of ``poses`` (N, K, 3).

    A detector's box may cut off feet and hands, or include a neighbor; the first pose shows this. The boxes go only
    halfway because keypoints may be missing.
    """
    fitted = boxes.copy()
    for box, pose in zip(fitted, poses, strict=True):
        seen = pose[pose[:, 2] >= VISIBLE_SCORE, :2]
        if len(seen) >= MIN_KEYPOINTS:
            low, high = seen.min(axis=0), seen.max(axis=0)
            margin = BOX_MARGIN * (high - low).max()
            box[:] = (box + np.concatenate([low - margin, high + margin])) / 2
    return fitted

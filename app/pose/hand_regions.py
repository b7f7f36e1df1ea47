"""Where hands are: regions from the arm of a body, and from the landmarks of the last frame.

MediaPipe, ``modules/holistic_landmark/hand_landmarks_from_pose_to_recrop_roi.pbtxt`` and
``modules/hand_landmark/palm_detection_detection_to_roi.pbtxt``, ``hand_landmark_landmarks_to_roi.pbtxt``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.detection.keypoint_detections import KeypointDetections
from app.pose.rotated_region import UP, Regions, angles_of_lines, regions_of_boxes, regions_of_points

SIDES = ("left", "right")
KNUCKLES = 0.36
"""Distance from the wrist to the middle of the knuckles, in lengths of the forearm."""
UPPER_ARM, SHOULDERS = 0.78, 0.7
"""Length of the forearm in lengths of the upper arm and in distances of the shoulders, for arms in line of sight."""
ARM_SCALE, ARM_SHIFT = 3.5, -0.1
"""Size of the region from an arm in distances of twice wrist to knuckles, and its shift along the hand."""
PALM = (0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18)
"""Landmarks that the next region is computed from: without the ends of the fingers."""
HAND_SCALE, HAND_SHIFT = 2.0, -0.1
PALM_SCALE, PALM_SHIFT = 2.6, -0.5
"""Size of a region in longer sides of the box of a palm, and its shift to the fingers in heights of that box."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ArmPoints:
    """The numbers of a body's keypoints around its hands, left and right; ``knuckles`` (index, pinky) if it has any."""

    wrists: tuple[int, int]
    elbows: tuple[int, int]
    shoulders: tuple[int, int] | None
    knuckles: tuple[tuple[int, int], tuple[int, int]] | None

    @classmethod
    def of(cls, names: Sequence[str]) -> ArmPoints | None:
        """Those among ``names``; None without wrists or elbows."""
        wrists, elbows, shoulders = (_pair(names, part) for part in ("wrist", "elbow", "shoulder"))
        index, pinky = _pair(names, "index"), _pair(names, "pinky")
        if wrists is None or elbows is None:
            return None
        knuckles = None if index is None or pinky is None else ((index[0], pinky[0]), (index[1], pinky[1]))
        return cls(wrists, elbows, shoulders, knuckles)


def arm_regions(poses: Floats, arms: ArmPoints, least_score: float) -> tuple[Regions, Mask]:
    """An upright region for both hands of ``poses`` (N, K, 3): 2 N rows, left and right of the first person first.

    The mask (2 N,) tells where wrist and elbow have at least ``least_score``; other regions have no meaning.
    """
    wrists, elbows = poses[:, arms.wrists], poses[:, arms.elbows]
    seen = (wrists[..., 2] >= least_score) & (elbows[..., 2] >= least_score)
    along = wrists[..., :2] - elbows[..., :2]
    forearms = _lengths(along)
    if arms.shoulders is not None:
        shoulders = poses[:, arms.shoulders]
        known = shoulders[..., 2] >= least_score
        upper = np.where(known, _lengths(elbows[..., :2] - shoulders[..., :2]), 0)
        across = np.where(known.all(axis=1), _lengths(shoulders[:, 0, :2] - shoulders[:, 1, :2]), 0)
        forearms = np.maximum(forearms, np.maximum(UPPER_ARM * upper, SHOULDERS * across[:, None]))
    middles = wrists[..., :2] + KNUCKLES * along
    reach = KNUCKLES * forearms
    if arms.knuckles is not None:
        hands = poses[:, arms.knuckles]
        both: Mask = np.logical_and.reduce(hands[..., 2] >= least_score, axis=2)
        middle = (2 * hands[:, :, 0, :2] + hands[:, :, 1, :2]) / np.float32(3)
        middles = np.where(both[..., None], middle, middles)
        reach = np.where(both, np.maximum(_lengths(middle - wrists[..., :2]), reach / 2), reach)
    middles, start = middles.reshape(-1, 2), wrists[..., :2].reshape(-1, 2)
    angles = angles_of_lines(start, middles, UP)
    boxes = np.column_stack([middles, np.tile(2 * reach.reshape(-1, 1), 2)])
    regions = regions_of_boxes(boxes.astype(np.float32), angles, ARM_SCALE, ARM_SHIFT)
    return Regions(regions.rows * np.array([1, 1, 1, 0], np.float32)), seen.reshape(-1)


def palm_regions(palms: KeypointDetections) -> Regions:
    """The regions of hands from N detected ``palms``, whose first and third keypoints are wrist and middle knuckle."""
    corners = palms.boxes.reshape(-1, 2, 2)
    boxes = np.concatenate([corners.mean(axis=1), corners[:, 1] - corners[:, 0]], axis=1)
    angles = angles_of_lines(palms.keypoints[:, 0], palms.keypoints[:, 2], UP)
    return regions_of_boxes(boxes, angles, PALM_SCALE, PALM_SHIFT)


def hand_regions(landmarks: Floats) -> Regions:
    """The regions of hands from their ``landmarks`` (N, 21, 2) in pixels, for the next frame."""
    middles = (landmarks[:, 5] + landmarks[:, 13] + 2 * landmarks[:, 9]) / np.float32(4)
    angles = angles_of_lines(landmarks[:, 0], middles, UP)
    return regions_of_points(landmarks[:, PALM], angles, HAND_SCALE, HAND_SHIFT)


def _pair(names: Sequence[str], part: str) -> tuple[int, int] | None:
    left, right = (f"{side}_{part}" for side in SIDES)
    return (names.index(left), names.index(right)) if left in names and right in names else None


def _lengths(vectors: Floats) -> Floats:
    """The lengths (...) of ``vectors`` (..., 2)."""
    return np.hypot(vectors[..., 0], vectors[..., 1])

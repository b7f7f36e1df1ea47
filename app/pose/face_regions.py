"""Where faces are: regions from the nose, eyes and ears of a body, and from the landmarks of the last frame.

MediaPipe, ``modules/face_landmark/face_landmark_landmarks_to_roi.pbtxt``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.pose.rotated_region import ALONG, Regions, angles_of_lines, regions_of_boxes

EYE_CORNERS = (33, 263)
"""The outer corners of the right and of the left eye: the face stands upright between them."""
FACE_SCALE = 1.5
"""Size of a region in longer sides of the box of the landmarks."""
HEAD_PARTS = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR = range(5)
PAIRS = (
    (LEFT_EAR, RIGHT_EAR, 0.63),
    (NOSE, LEFT_EAR, 0.52),
    (NOSE, RIGHT_EAR, 0.52),
    (LEFT_EYE, LEFT_EAR, 0.41),
    (RIGHT_EYE, RIGHT_EAR, 0.41),
    (LEFT_EYE, RIGHT_EYE, 0.27),
    (NOSE, LEFT_EYE, 0.22),
    (NOSE, RIGHT_EYE, 0.22),
)
"""Two parts of a head and their distance in heights of the head; shorter where the head is turned."""
HEAD_SCALE = 1.1
"""Size of a region in heights of the head."""
BELOW_EYES = 0.12
"""Distance of the middle of a face below the eyes, in heights of the head."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class HeadPoints:
    """The numbers of a body's nose, eyes and ears."""

    numbers: tuple[int, int, int, int, int]

    @classmethod
    def of(cls, names: Sequence[str]) -> HeadPoints | None:
        """Those among ``names``; None if one is missing."""
        if not all(name in names for name in HEAD_PARTS):
            return None
        nose, left_eye, right_eye, left_ear, right_ear = (names.index(name) for name in HEAD_PARTS)
        return cls((nose, left_eye, right_eye, left_ear, right_ear))


def head_regions(poses: Floats, head: HeadPoints, least_score: float) -> tuple[Regions, Mask]:
    """The region of the face of each of ``poses`` (N, K, 3), and where nose and one eye are seen (N,).

    Seen is what has at least ``least_score``. Other regions have no meaning.
    """
    parts = poses[:, head.numbers]
    known = parts[..., 2] >= least_score
    points = np.where(known[..., None], parts[..., :2], 0)  # places of other parts may be no numbers
    seen: Mask = known[:, NOSE] & (known[:, LEFT_EYE] | known[:, RIGHT_EYE])
    first, second, shares = np.array(PAIRS).T
    a, b = first.astype(int), second.astype(int)
    heights = np.linalg.norm(points[:, a] - points[:, b], axis=-1) / shares
    heights = np.where(known[:, a] & known[:, b], heights, 0).max(axis=1)
    upright = angles_of_lines(points[:, RIGHT_EYE], points[:, LEFT_EYE], ALONG)
    faces_us = known[:, LEFT_EYE] & known[:, RIGHT_EYE] & (np.abs(upright) < np.pi / 2)
    angles = np.where(faces_us, upright, 0).astype(np.float32)
    across = np.where(known, points[..., 0], points[:, [NOSE], 0])
    eyes = known[:, [LEFT_EYE, RIGHT_EYE]]
    middle = (points[:, [LEFT_EYE, RIGHT_EYE]] * eyes[..., None]).sum(axis=1) / np.maximum(eyes.sum(axis=1), 1)[:, None]
    centers = np.column_stack([(across.min(axis=1) + across.max(axis=1)) / 2, middle[:, 1]])
    down = np.column_stack([-np.sin(angles), np.cos(angles)])
    centers = centers + BELOW_EYES * heights[:, None] * down
    boxes = np.column_stack([centers, heights, heights]).astype(np.float32)
    return regions_of_boxes(boxes, angles, HEAD_SCALE), seen & (heights > 0)


def face_regions(landmarks: Floats) -> Regions:
    """The regions of faces from their ``landmarks`` (N, 468, 2) in pixels, for the next frame."""
    right, left = EYE_CORNERS
    angles = angles_of_lines(landmarks[:, right], landmarks[:, left], ALONG)
    low, high = landmarks.min(axis=1), landmarks.max(axis=1)
    upright = np.column_stack([(low + high) / 2, high - low]).astype(np.float32)
    return regions_of_boxes(upright, angles, FACE_SCALE)

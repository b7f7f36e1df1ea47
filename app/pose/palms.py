"""The palm detector of MediaPipe's hands: up to a few palms in each region."""

from __future__ import annotations

import numpy as np

from app.core.people import Floats, Frame
from app.detection.keypoint_detections import PALM_STRIDES, KeypointDetections, merge_detections, read_detections
from app.pose.landmark_network import Landmarker
from app.pose.rotated_region import Regions

SIDE, ANCHORS, NUMBERS = 192, 2016, 18
"""Side of the input in pixels, number of anchors, and numbers of each: a box and seven keypoints."""
OUTPUTS = (NUMBERS * ANCHORS, ANCHORS)
"""Lengths of the network's outputs: boxes with keypoints, and the logits of their scores."""
MIN_SCORE = 0.3
"""Minimum score of a palm: less than for a whole picture, because an arm ends here."""
MAX_PALMS = 6
"""Most palms that are read in a region."""


class Palms:
    """A ``Landmarker`` whose outputs are the palms in each region, as ``palms_in_image`` reads them."""

    def __init__(self, network: Landmarker) -> None:
        self.landmarks = network

    def __call__(self, frame: Frame, regions: Regions) -> Floats:
        """The best palms in N ``regions``, (N, L): for each of ``MAX_PALMS`` its score, box and keypoints."""
        rows = np.zeros((len(regions), MAX_PALMS, 1 + NUMBERS), np.float32)
        boxes, logits = np.split(self.landmarks(frame, regions), [OUTPUTS[0]], axis=1)
        for row, numbers, scores in zip(rows, boxes.reshape(-1, ANCHORS, NUMBERS), logits, strict=True):
            palms = merge_detections(read_detections(numbers, scores, SIDE, PALM_STRIDES, MIN_SCORE))[:MAX_PALMS]
            keypoints = palms.keypoints.reshape(len(palms), NUMBERS - 4)
            row[: len(palms)] = np.concatenate([palms.scores[:, None], palms.boxes, keypoints], axis=1)
        return rows.reshape(len(rows), MAX_PALMS * (1 + NUMBERS))


def palms_in_image(numbers: Floats, region: Regions) -> KeypointDetections:
    """The palms in the one upright ``region``, in pixels of the image, from its ``numbers`` (L,) of ``Palms``."""
    rows = numbers.reshape(MAX_PALMS, 1 + NUMBERS)
    rows = rows[rows[:, 0] > 0]
    return KeypointDetections(rows[:, 0], rows[:, 1:5], rows[:, 5:].reshape(len(rows), (NUMBERS - 4) // 2, 2)).in_image(
        region
    )

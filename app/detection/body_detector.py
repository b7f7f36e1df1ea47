"""MediaPipe's body detector: people with the rotated region that a pose network of MediaPipe looks at."""

from __future__ import annotations

import numpy as np

from app.core.errors import StanceError
from app.core.people import Floats, Image
from app.detection.keypoint_detections import BODY_STRIDES, anchors, merge_detections, read_detections
from app.inference.model_card import DetectorCard
from app.inference.onnx_model import DTYPES, OnnxModel
from app.pose.crop import normalize
from app.pose.rotated_region import UP, Regions, regions_of_lines, whole_image_regions

COLUMNS = 9
"""Numbers of a detection: x0 y0 x1 y1 score, and those of its region."""

PADDING = 1.25
"""The region to the circle around the body."""

LENGTH, WIDTH = 0.96, 0.4
"""A standing person is so much of the circle long, and so much of the own length wide."""

LEAST_SCORE = 1e-3


class BodyDetector:
    """A ``Detect`` by MediaPipe's body detector, which finds people by their faces, and its card.

    It tells where the middle of the hips and the circle around the body are, also outside of the picture. Its
    boxes are made from these, and are less tight than those of other detectors.
    """

    columns = COLUMNS

    def __init__(self, network: OnnxModel, card: DetectorCard) -> None:
        if not _fits(network, card):
            raise StanceError(
                "{file} has other outputs than its model card says: wanted those of MediaPipe's body detector.",
                file=network.path.name,
            )
        self.network = network
        self.card = card
        self.name = card.name

    def __call__(self, image: Image, threshold: float) -> Floats:
        """Rows (N, 9) of at least ``threshold``, best first: those of ``Detect``, and regions (see ``Regions``)."""
        side = self.card.picture.size[0]
        whole = whole_image_regions((image.shape[1], image.shape[0]))
        batch = normalize(whole.crops(image, side, "constant"), self.card.picture)
        rows, logits = self.network.run([batch.astype(DTYPES[self.network.inputs[0].type], copy=False)])
        finite = np.isfinite(rows[0]).all(axis=1) & np.isfinite(logits[0]).all(axis=1)
        safe = np.where(finite[:, None], logits[0], -np.inf).astype(np.float32)
        found = merge_detections(
            read_detections(np.nan_to_num(rows[0]), safe, side, BODY_STRIDES, max(threshold, LEAST_SCORE))
        ).in_image(whole)
        regions = regions_of_lines(found.keypoints[:, 0], found.keypoints[:, 1], UP, PADDING)
        return np.column_stack([_boxes(regions), found.scores, regions.rows]).astype(np.float32)


def _boxes(regions: Regions) -> Floats:
    """The boxes (N, 4) around people who lie along the middle of ``regions``."""
    length = regions.sizes * LENGTH / PADDING / 2
    cosine, sine = np.abs(np.cos(regions.angles)), np.abs(np.sin(regions.angles))
    reach = np.stack([length * (sine + WIDTH * cosine), length * (cosine + WIDTH * sine)], axis=1)
    return np.concatenate([regions.centers - reach, regions.centers + reach], axis=1)


def _fits(network: OnnxModel, card: DetectorCard) -> bool:
    """Whether ``network`` has the outputs of the detector for a square input as ``card`` says."""
    width, height = card.picture.size
    count = len(anchors(width, BODY_STRIDES))
    shapes = [output.shape[1:] for output in network.outputs]
    return width == height and shapes == [(count, 12), (count, 1)]

"""Rotated square regions of an image: their crops, and points of a crop back in the image, as in MediaPipe.

Networks for landmarks of bodies, hands and faces are trained on crops that stand upright: the region turns with the
body. MediaPipe, ``calculators/tensor/image_to_tensor_converter_opencv.cc`` and
``calculators/util/rect_transformation_calculator.cc``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats, Image
from app.pose import crop  # noqa: F401  # limits the threads of OpenCV

Border = Literal["replicate", "constant"]
"""What lies outside of the image: its nearest pixels, or black."""

BORDERS: dict[Border, int] = {"replicate": cv2.BORDER_REPLICATE, "constant": cv2.BORDER_CONSTANT}

UP, DOWN, ALONG = np.pi / 2, -np.pi / 2, 0.0
"""Directions of a line in the upright crop, for ``angles_of_lines``: upwards, downwards, from left to right."""


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """N rotated squares in an image, one row (x, y, size, angle) of ``rows`` (N, 4) float32 each.

    ``x`` and ``y`` of the center and ``size``, the length of a side, are in pixels; ``angle`` is in radians, positive
    is clockwise in the image. A fraction of a crop is pixel / side of the crop; both pixel 0 of the crop and the left
    edge of the region are fraction 0, and pixel centers are integers.
    """

    rows: Floats

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Regions:
        """The regions of these ``rows`` (M,)."""
        return Regions(self.rows[rows])

    @property
    def centers(self) -> Floats:
        """(N, 2) = x y in pixels."""
        return self.rows[:, :2]

    @property
    def sizes(self) -> Floats:
        """(N,) in pixels."""
        return self.rows[:, 2]

    @property
    def angles(self) -> Floats:
        """(N,) in radians."""
        return self.rows[:, 3]

    def crops(self, image: Image, side: int, border: Border = "replicate") -> Image:
        """The crops (N, side, side, 3) uint8 of ``image`` (H, W, 3), in its order of channels, bilinear."""
        crops = np.empty((len(self), side, side, 3), np.uint8)
        for cut, matrix in zip(crops, self.matrices(side), strict=True):
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            cv2.warpAffine(image, matrix, (side, side), dst=cut, flags=flags, borderMode=BORDERS[border])
        return crops

    def to_image(self, fractions: Floats) -> Floats:
        """Points (N, K, 2) or (N, K, 3) in pixels of the image, from ``fractions`` (N, K, 2 or 3) of the crops.

        The third coordinate, the depth, is a fraction of the region's size too.
        """
        centered = fractions.copy()
        centered[..., :2] -= 0.5
        points = self.rotate(centered) * self.sizes[:, None, None]
        points[..., :2] += self.centers[:, None]
        return points.astype(np.float32)

    def to_crop(self, points: Floats) -> Floats:
        """Fractions (N, K, 2) of the crops, from ``points`` (N, K, 2) in pixels of the image."""
        sizes = np.maximum(self.sizes, 1e-6)[:, None, None]
        apart = ((points - self.centers[:, None]) / sizes).astype(np.float32)
        return (_rotated(apart, -self.angles) + 0.5).astype(np.float32)

    def rotate(self, points: Floats) -> Floats:
        """``points`` (N, K, 2 or 3) along the axes of the crops, along those of the image; a third column stays."""
        turned = points.astype(np.float32, copy=True)
        turned[..., :2] = _rotated(points[..., :2], self.angles)
        return turned

    def scaled(self, scale: float) -> Regions:
        """Regions with the same centers and ``scale`` times the size."""
        return Regions(self.rows * np.array([1, 1, scale, 1], np.float32))

    def corners(self) -> Floats:
        """The corners (N, 4, 2) in pixels: top left, top right, bottom right and bottom left of the crops."""
        square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
        return self.to_image(np.repeat(square[None], len(self), axis=0))

    def matrices(self, side: int) -> NDArray[np.float64]:
        """The matrices (N, 2, 3) from pixels of crops of ``side`` pixels to pixels of the image."""
        x, y, size, angle = self.rows.astype(np.float64).T
        cosine, sine = np.cos(angle) * size / side, np.sin(angle) * size / side
        half = side / 2
        left = x - (cosine - sine) * half
        top = y - (sine + cosine) * half
        return np.array([[cosine, -sine, left], [sine, cosine, top]]).transpose(2, 0, 1)


def angles_of_lines(start: Floats, end: Floats, direction: float) -> Floats:
    """Angles (N,) of regions in whose crops the lines from ``start`` (N, 2) to ``end`` (N, 2) have ``direction``.

    ``direction`` is ``UP``, ``DOWN`` or ``ALONG``; the angles are from -pi up to pi.
    """
    apart = end - start
    angles = direction - np.arctan2(-apart[..., 1], apart[..., 0])
    wrapped: Floats = (angles - 2 * np.pi * np.floor((angles + np.pi) / (2 * np.pi))).astype(np.float32)
    return wrapped


def regions_of_lines(centers: Floats, ends: Floats, direction: float = UP, scale: float = 1.0) -> Regions:
    """Regions around ``centers`` (N, 2) that reach to ``ends`` (N, 2), ``scale`` times as large.

    Half the size is the distance of both points, and in the crop the end lies in ``direction`` of the center
    (``alignment_points_to_rects_calculator.cc``).
    """
    sizes = 2 * scale * np.linalg.norm(ends - centers, axis=1)
    angles = angles_of_lines(centers, ends, direction)
    return Regions(np.column_stack([centers, sizes, angles]).astype(np.float32))


def regions_of_boxes(boxes: Floats, angles: Floats, scale: float = 1.0, shift_y: float = 0.0) -> Regions:
    """Regions for ``boxes`` (N, 4) = center x y, width, height in pixels, turned by ``angles`` (N,).

    The center moves by ``shift_y`` heights along the turned vertical axis, then the longer side, times ``scale``,
    becomes the size.
    """
    x, y, width, height = boxes.T
    moved = height * shift_y
    longer = np.maximum(width, height) * scale
    return Regions(
        np.column_stack([x - moved * np.sin(angles), y + moved * np.cos(angles), longer, angles]).astype(np.float32)
    )


def regions_of_points(points: Floats, angles: Floats, scale: float = 1.0, shift_y: float = 0.0) -> Regions:
    """The same for the tight boxes, turned by ``angles`` (N,), of ``points`` (N, K, 2) in pixels.

    ``calculators/util/landmarks_to_detection_calculator.cc``, ``hand_landmarks_to_rect_calculator.cc``.
    """
    middle = (points.min(axis=1) + points.max(axis=1)) / 2
    turned = _rotated(points - middle[:, None], -angles)
    low, high = turned.min(axis=1), turned.max(axis=1)
    centers = middle + _rotated((low + high)[:, None] / 2, angles)[:, 0]
    return regions_of_boxes(np.concatenate([centers, high - low], axis=1), angles, scale, shift_y)


def whole_image_regions(size: tuple[int, int]) -> Regions:
    """The one region that holds an image of ``size`` (width, height), in its middle: the longer side is the size."""
    width, height = size
    return Regions(np.array([[width / 2, height / 2, max(width, height), 0]], np.float32))


def _rotated(points: Floats, angles: Floats) -> Floats:
    """``points`` (N, K, 2) turned clockwise in the image by ``angles`` (N,)."""
    cosine, sine = np.cos(angles)[:, None], np.sin(angles)[:, None]
    x, y = points[..., 0], points[..., 1]
    return np.stack([x * cosine - y * sine, x * sine + y * cosine], axis=-1).astype(np.float32)

"""Crops of people, made as in the training of the networks: Sun et al. (HRNet) and Huang et al. (UDP)."""

from __future__ import annotations

import threading
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats, Image
from app.inference.model_card import InputSpec

# A crop is too small for a second thread to be faster, and threads of OpenCV would slow down the networks'.
cv2.setNumThreads(1)

MAX_COPIED = 8
"""Crops are made from four channels, of which OpenCV interpolates the same values in a third of the time, where the
part of the picture that is copied for it has at most this many times the pixels of the crop."""
EDGE = 4
"""Pixels around a crop's region that are copied too."""


def box_region(boxes: Floats, size: tuple[int, int], padding: float) -> tuple[Floats, Floats]:
    """Centers and extents (N, 2) = (width, height), in source pixels, of the crops for ``boxes`` (N, 4) = x0 y0 x1 y1.

    A box is extended in one direction to the aspect ratio of ``size`` = (width, height) of the network's input,
    then multiplied by ``padding`` (``JointsDataset._box2cs``, ``GetBBoxCenterScale``).
    """
    corners = np.asarray(boxes, np.float64).reshape(-1, 4)
    center = (corners[:, :2] + corners[:, 2:]) / 2
    width, height = np.maximum(corners[:, 2:] - corners[:, :2], 1e-3).T
    aspect = size[0] / size[1]
    extent = np.stack([np.maximum(width, height * aspect), np.maximum(height, width / aspect)], axis=1)
    return center.astype(np.float32), (extent * padding).astype(np.float32)


def crop_matrix(center: Floats, extent: Floats, size: tuple[int, int], udp: bool) -> NDArray[np.float64]:
    """The (2, 3) matrix from source pixels to pixels of a crop of ``size`` = (width, height).

    ``center`` and ``extent`` (2,) are those of ``box_region``.

    Classic (``get_affine_transform``): the extent is ``size`` pixels wide. UDP (``get_udp_warp_matrix``): it is
    ``size - 1`` pixel distances wide.
    """
    cells = np.asarray(size, np.float64) - (1 if udp else 0)
    scale = cells / np.asarray(extent, np.float64)
    if not udp:
        scale[:] = scale[0]
    shift = cells / 2 - scale * np.asarray(center, np.float64)
    return np.array([[scale[0], 0, shift[0]], [0, scale[1], shift[1]]])


def to_image(fractions: Floats, centers: Floats, extents: Floats) -> Floats:
    """Keypoints (N, K, 2) in source pixels, from ``fractions`` (N, K, 2) of crops; the inverse of ``crop_matrix``.

    ``centers`` and ``extents`` (N, 2) are those of ``box_region``.

    A fraction is pixel / width in a classic crop and pixel / (width - 1) in a UDP one, height likewise.
    """
    return (fractions * extents[:, None] + (centers - extents / 2)[:, None]).astype(np.float32)


def crop_people(image: Image, centers: Floats, extents: Floats, picture: InputSpec, udp: bool) -> Image:
    """The crops (N, H, W, 3) uint8 BGR of ``image``, black outside of it.

    ``centers`` and ``extents`` (N, 2) are those of ``box_region``.
    """
    width, height = picture.size
    crops = np.empty((len(centers), height, width, 3), np.uint8)
    for crop, center, extent in zip(crops, centers, extents, strict=True):
        matrix = crop_matrix(center, extent, picture.size, udp)
        part = _part(image, matrix, picture.size)
        if 0 < image[part].size <= MAX_COPIED * crop.size:
            wider = _four_channels.of(image)
            cv2.cvtColor(image[part], cv2.COLOR_BGR2BGRA, dst=wider[part])
            warped = cv2.warpAffine(wider, matrix, picture.size, flags=cv2.INTER_LINEAR)
            cv2.cvtColor(warped, cv2.COLOR_BGRA2BGR, dst=crop)
        else:
            cv2.warpAffine(image, matrix, picture.size, dst=crop, flags=cv2.INTER_LINEAR)
    return crops


def _part(image: Image, matrix: NDArray[np.float64], size: tuple[int, int]) -> tuple[slice, slice]:
    """The rows and columns of ``image`` from which a crop of ``size`` by ``matrix`` (2, 3) is interpolated."""
    (across, _, left), (_, down, top) = matrix.tolist()
    if not (across > 0 and down > 0):  # of an infinite box
        return slice(None), slice(None)
    return _within(image.shape[0], -top / down, size[1] / down), _within(
        image.shape[1], -left / across, size[0] / across
    )


def _within(count: int, first: float, length: float) -> slice:
    """The numbers below ``count`` from ``first`` on over ``length``, and ``EDGE`` more on both sides."""
    low, high = max(0.0, first - EDGE), max(0.0, first + length + EDGE)
    return slice(int(min(count, low)), int(min(count, high)))


class _FourChannels(threading.local):
    """A picture with four channels for each thread, kept because new memory costs more than the crop."""

    def __init__(self) -> None:
        self._picture: Image = np.empty((0, 0, 4), np.uint8)

    def of(self, image: Image) -> Image:
        """The picture (H, W, 4) for an ``image`` (H, W, 3), with any content."""
        if self._picture.shape[:2] != image.shape[:2]:
            self._picture = np.empty((*image.shape[:2], 4), np.uint8)
        return self._picture


_four_channels = _FourChannels()


def to_input(crops: Image, picture: InputSpec) -> Floats | Image:
    """The network's input for uint8 BGR ``crops`` (N, H, W, 3): normalized, or unchanged for a ``raw`` network."""
    return crops if picture.raw else normalize(crops, picture)


def normalize(crops: Image, picture: InputSpec) -> Floats:
    """uint8 BGR ``crops`` (N, H, W, 3) as normalized float32: (N, 3, H, W), or (N, H, W, 3) for ``nhwc``."""
    order = (2, 1, 0) if picture.color == "rgb" else (0, 1, 2)
    count, height, width, _ = crops.shape
    batch = np.empty((count, 3, height, width), np.float32)
    tables = _tables(picture.mean, picture.std)
    for crop, planes in zip(crops, batch, strict=True):
        channels = cv2.split(crop)
        for plane, channel, table in zip(planes, order, tables, strict=True):
            cv2.LUT(channels[channel], table, dst=plane)
    return batch if picture.layout == "nchw" else np.ascontiguousarray(batch.transpose(0, 2, 3, 1))


@cache
def _tables(mean: tuple[float, ...], std: tuple[float, ...]) -> list[Floats]:
    """The normalized value of every byte, for each channel of the network's input."""
    levels = np.arange(256, dtype=np.float32)
    return [(levels - np.float32(one)) / np.float32(other) for one, other in zip(mean, std, strict=True)]

"""A person's box, cut out of the picture the way the network was trained: Sun et al. (HRNet) and Huang et al. (UDP)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from app.card import Picture
from app.people import Floats, Image

# Crops are small: a second thread for one is woken in vain, and stands in the way of the networks'.
cv2.setNumThreads(1)


def box_region(boxes: Floats, size: tuple[int, int], padding: float) -> tuple[Floats, Floats]:
    """Centres and extents (N, 2), in source pixels, of the crops for ``boxes`` (N, 4) = x0 y0 x1 y1.

    A box grows in its shorter direction to the aspect of ``size`` = (width, height) of the network's input,
    then by ``padding`` in both (``JointsDataset._box2cs``, ``GetBBoxCenterScale``).
    """
    corners = np.asarray(boxes, np.float64).reshape(-1, 4)
    centre = (corners[:, :2] + corners[:, 2:]) / 2
    width, height = np.maximum(corners[:, 2:] - corners[:, :2], 1e-3).T
    aspect = size[0] / size[1]
    extent = np.stack([np.maximum(width, height * aspect), np.maximum(height, width / aspect)], axis=1)
    return centre.astype(np.float32), (extent * padding).astype(np.float32)


def crop_matrix(centre: Floats, extent: Floats, size: tuple[int, int], udp: bool) -> NDArray[np.float64]:
    """The 2x3 matrix from source pixels to pixels of a ``size`` = (width, height) crop.

    Classic (``get_affine_transform``): the extent is ``size`` pixels wide. UDP (``get_udp_warp_matrix``): it is
    ``size - 1`` pixel distances wide.
    """
    cells = np.asarray(size, np.float64) - (1 if udp else 0)
    scale = cells / np.asarray(extent, np.float64)
    if not udp:
        scale[:] = scale[0]
    shift = cells / 2 - scale * np.asarray(centre, np.float64)
    return np.array([[scale[0], 0, shift[0]], [0, scale[1], shift[1]]])


def to_image(fractions: Floats, centres: Floats, extents: Floats) -> Floats:
    """Keypoints (N, K, 2) in fractions of their crop as source pixels, the inverse of both kinds of matrix.

    A fraction is pixel / width in a classic crop and pixel / (width - 1) in a UDP one, height likewise.
    """
    return (fractions * extents[:, None] + (centres - extents / 2)[:, None]).astype(np.float32)


def cut(image: Image, centres: Floats, extents: Floats, picture: Picture, udp: bool) -> Image:
    """The crops (N, H, W, 3) uint8 BGR of ``image``; what lies outside the picture is black."""
    width, height = picture.size
    crops = np.empty((len(centres), height, width, 3), np.uint8)
    for crop, centre, extent in zip(crops, centres, extents, strict=True):
        matrix = crop_matrix(centre, extent, picture.size, udp)
        cv2.warpAffine(image, matrix, (width, height), dst=crop, flags=cv2.INTER_LINEAR)
    return crops


def feed(crops: Image, picture: Picture) -> Floats | Image:
    """What the network is fed for uint8 BGR ``crops`` (N, H, W, 3): those themselves if it wants them ``raw``."""
    return crops if picture.raw else normalise(crops, picture)


def normalise(crops: Image, picture: Picture) -> Floats:
    """uint8 BGR ``crops`` (N, H, W, 3) as numbers: (N, 3, H, W), or (N, H, W, 3) for ``nhwc``."""
    channels = (2, 1, 0) if picture.color == "rgb" else (0, 1, 2)
    count, height, width, _ = crops.shape
    batch = np.empty((count, 3, height, width), np.float32)
    for place, channel in enumerate(channels):
        np.subtract(crops[..., channel], np.float32(picture.mean[place]), out=batch[:, place])
        batch[:, place] /= np.float32(picture.std[place])
    return batch if picture.layout == "nchw" else np.ascontiguousarray(batch.transpose(0, 2, 3, 1))

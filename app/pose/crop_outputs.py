"""What the outputs for crops mean in the picture: keypoints, heatmaps, and the flip test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.pose.codecs import PoseCodec
from app.pose.codecs.codec import Maps, MatchingCodec, average
from app.pose.codecs.heatmap_view import ProjectedHeatmap, heatmap_matrix
from app.pose.crop import to_image


def keypoints_in_image(
    codec: PoseCodec, outputs: Sequence[Maps], udp: bool, centers: Floats, extents: Floats
) -> Floats:
    """Keypoints (N, K, 3) = x y score in pixels of the picture, from the ``outputs`` (N, ...) for N crops.

    ``centers`` and ``extents`` (N, 2) are those of the crops. A keypoint with invalid coordinates is invisible.
    """
    fractions, scores = codec.decode(outputs, udp)
    keypoints = np.empty((*scores.shape, 3), np.float32)
    keypoints[..., :2] = to_image(fractions, centers, extents)
    keypoints[..., 2] = np.minimum(np.maximum(scores, 0), 1)
    valid = np.isfinite(keypoints).all(axis=-1)
    if not valid.all():
        keypoints[~valid] = 0
    return keypoints


def average_flipped(
    codec: PoseCodec, both: Sequence[NDArray[Any]], order: list[int], shift: bool, width: int
) -> list[NDArray[Any]]:
    """The mean of the outputs for N crops and for the same crops mirrored, from those of one run (2 N, ...).

    ``order``, ``shift`` and ``width`` are those of ``PoseCodec.unflip``.
    """
    count = len(both[0]) // 2
    straight, mirrored = ([output[part] for output in both] for part in (slice(count), slice(count, None)))
    if isinstance(codec, MatchingCodec):
        straight, mirrored = codec.match(straight), codec.match(mirrored)
    return average(straight, codec.unflip(mirrored, order, shift, width))


def project_heatmaps(
    codec: PoseCodec, outputs: Sequence[Maps], keypoint: int, udp: bool, centers: Floats, extents: Floats
) -> list[ProjectedHeatmap]:
    """One heatmap of ``keypoint`` for each of N crops, from their ``outputs`` (N, ...)."""
    maps = codec.heatmap(outputs, keypoint)
    ends = udp and codec.udp_aligned
    size = (maps.shape[2], maps.shape[1])
    return [
        ProjectedHeatmap(cells, heatmap_matrix(center, extent, size, ends))
        for cells, center, extent in zip(maps, centers, extents, strict=True)
    ]

"""Synthetic heatmaps for known keypoints, as in training, and a check that a decoding graph recovers the keypoints.

The heatmaps follow the definitions in the codecs' papers and share no code with the decoding.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.inference.model_card import Heatmap, UdpCombined
from app.inference.onnx_model import open_network

Numbers = NDArray[Any]

ALLOWED = {"none": 0.51, "quarter": 0.26, "dark": 0.25, "udp": 0.25, "combined": 0.01}
"""Maximum error by refinement, in heatmap cells: none finds whole cells, a quarter's shift halves the error, the Newton
steps of DARK and UDP are exact except in maps hardly larger than the blur kernel, and offsets are exact."""
CROPS = 4
"""Number of synthetic crops."""


def deviation(codec: Heatmap | UdpCombined) -> float:
    """Standard deviation, in cells, of the Gaussian that matches the codec's blur kernel (OpenCV's rule)."""
    return 0.3 * ((codec.blur_kernel - 1) * 0.5 - 1) + 0.8


def target_maps(codec: Heatmap | UdpCombined, size: tuple[int, int], points: Numbers) -> Numbers:
    """The maps (N, C, H, W) for keypoints ``points`` (N, K, 2), x and y in cells; ``size`` is (width, height).

    One Gaussian per keypoint. For UDP with offsets three maps per keypoint: a disc, and the distance from each cell to
    the keypoint in x and in y, in units of the disc's radius, which is a fraction of the longer side (Huang et al.,
    CVPR 2020, as in MMPose 1.3.2).
    """
    width, height = size
    apart_x = points[..., 0, None, None] - np.arange(width)
    apart_y = points[..., 1, None, None] - np.arange(height)[:, None]
    squares = apart_x**2 + apart_y**2
    if isinstance(codec, Heatmap):
        return np.exp(-squares / (2 * deviation(codec) ** 2)).astype(np.float32)
    radius = codec.radius * max(width, height)
    flat_x, flat_y = (np.broadcast_to(apart / radius, squares.shape) for apart in (apart_x, apart_y))
    maps = np.stack([squares <= radius**2, flat_x, flat_y], axis=2)
    return maps.reshape(len(points), -1, height, width).astype(np.float32)


def check_decoding(path: Path, codec: Heatmap | UdpCombined, size: tuple[int, int], channels: int, udp: bool) -> None:
    """Check that the decoding graph in ``path`` recovers known keypoints from synthetic maps.

    Args:
        path: ONNX file that maps heatmaps (N, C, H, W) to keypoints (N, K, 3) in fractions of the crop.
        codec: The codec that the graph decodes.
        size: (width, height) of a map, in cells.
        channels: Number of maps, C.
        udp: Fractions refer to size - 1: the first and last cell are the borders of the crop.

    Raises:
        StanceError: A keypoint is further off than ``ALLOWED``.
    """
    keypoints = channels // 3 if isinstance(codec, UdpCombined) else channels
    margin = 2 * deviation(codec) + 2
    random = np.random.default_rng(0)
    # In a map smaller than the margins, all keypoints lie in the center.
    low, high = (
        np.minimum(margin, (np.array(size) - 1) / 2),
        np.maximum(np.array(size) - 1 - margin, np.array(size) / 2),
    )
    points = random.uniform(low, high, (CROPS, keypoints, 2))
    if isinstance(codec, UdpCombined) and codec.radius * max(size) < 1:
        points = points.round()  # so small a disc contains a cell only if it is centered on one
    maps = target_maps(codec, size, points)
    network = open_network(path, "cpu", lambda _: [maps[:1]])
    found = np.concatenate([network.run([one])[0] for one in np.split(maps, CROPS)])[..., :2]
    span = np.array(size) - (1 if udp else 0)
    worst = float(np.abs(found * span - points).max())
    allowed = ALLOWED["combined" if isinstance(codec, UdpCombined) else codec.refine]
    if not worst <= allowed:
        raise StanceError(
            "The decoding fused into the model is wrong by {worst:.2f} cells on heatmaps of known keypoints: "
            "wanted {allowed} at most; it was not kept.",
            worst=worst,
            allowed=allowed,
        )

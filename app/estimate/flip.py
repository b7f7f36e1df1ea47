"""The flip test: the network also sees the mirrored crop, and both answers are averaged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.card import Codec, Heatmap, Keypoints, Regression, SimCC, UdpCombined

Maps = NDArray[np.float32]


def unflip(outputs: Sequence[Maps], codec: Codec, order: list[int], shift: bool, width: int) -> list[Maps]:
    """The network's answer to a mirrored crop, as if the crop had not been mirrored.

    ``order`` gives each keypoint's mirror image; ``shift`` moves the answer by one cell (one pixel of ``width`` for
    coordinates), which makes up for maps whose first cell sits on the first pixel (``flip_back``, ``SHIFT_HEATMAP``).
    """
    match codec:
        case Heatmap():
            maps = outputs[0][:, order, :, ::-1].copy()
            if shift:
                maps[..., 1:] = maps[..., :-1].copy()
            return [maps]
        case UdpCombined():
            count, channels, height, columns = outputs[0].shape
            maps = outputs[0].reshape(count, channels // 3, 3, height, columns)[:, order, ..., ::-1].copy()
            maps[:, :, 1] *= -1
            return [maps.reshape(outputs[0].shape)]
        case SimCC():
            return [outputs[0][:, order, ::-1], outputs[1][:, order]]
        case Regression():
            values = outputs[0][:, order].copy()
            values[..., 0] = 1 - values[..., 0] - (1 / width if shift else 0)
            return [values]
        case Keypoints():
            # Fractions count from the maps' first cell, so that they are the shifted maps' own, and UDP's.
            values = outputs[0][:, order].copy()
            values[..., 0] = 1 - values[..., 0]
            return [values]


def average(one: Sequence[Maps], other: Sequence[Maps]) -> list[Maps]:
    """The mean of two answers."""
    return [(a + b) * np.float32(0.5) for a, b in zip(one, other, strict=True)]

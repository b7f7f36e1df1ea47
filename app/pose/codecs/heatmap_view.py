"""Where in the picture a network sees a keypoint: its answer before that is read as one place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.card import Codec, Heatmap, SimCC, UdpCombined
from app.people import Floats


class Heat(NamedTuple):
    """One person's map: ``cells`` (h, w) 0..1, and the ``matrix`` (2, 3) from cells (x, y) to pixels of the picture.

    Centres of cells and of pixels are integers.
    """

    cells: Floats
    matrix: NDArray[np.float64]


def has_heat(codec: Codec) -> bool:
    """Whether a network that answers in ``codec`` tells more than places."""
    return isinstance(codec, Heatmap | UdpCombined | SimCC)


def heat_of(outputs: Sequence[Floats], codec: Codec, keypoint: int) -> Floats:
    """The maps (N, h, w), 0..1, of one keypoint in the network's ``outputs``.

    Where it answers a vector an axis, the map is their outer product, as high as the lower of the two peaks: it knows
    no more. Raises ValueError where ``codec`` has no heat.
    """
    match codec:
        case Heatmap():
            maps = outputs[0][:, keypoint]
        case UdpCombined():
            maps = outputs[0][:, 3 * keypoint]
        case SimCC():
            x, y = (np.maximum(output[:, keypoint], 0) for output in outputs)
            top = np.maximum(x.max(axis=1), y.max(axis=1))
            maps = y[:, :, None] * x[:, None] / np.maximum(top, 1e-9)[:, None, None]
        case _:
            raise ValueError(f"{type(codec).__name__} has no heat")
    return np.clip(maps, 0, 1).astype(np.float32, copy=False)


def heat_matrix(centre: Floats, extent: Floats, size: tuple[int, int], ends: bool) -> NDArray[np.float64]:
    """From cells of a map of ``size`` (width, height) to the crop's place in the picture, as ``crop.to_image`` has it.

    ``ends``: the first and the last cell are the crop's borders.
    """
    scale = np.asarray(extent, np.float64) / (np.array(size) - (1 if ends else 0))
    corner = np.asarray(centre, np.float64) - np.asarray(extent, np.float64) / 2
    return np.array([[scale[0], 0, corner[0]], [0, scale[1], corner[1]]])

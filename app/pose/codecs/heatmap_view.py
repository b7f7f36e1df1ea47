"""Heatmaps of a keypoint with their position in the picture."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats


class ProjectedHeatmap(NamedTuple):
    """One person's map: ``cells`` (h, w) 0..1, and the ``matrix`` (2, 3) from cells (x, y) to pixels of the picture.

    Centers of cells and of pixels are integers.
    """

    cells: Floats
    matrix: NDArray[np.float64]


def heatmap_matrix(center: Floats, extent: Floats, size: tuple[int, int], ends: bool) -> NDArray[np.float64]:
    """The matrix (2, 3) from cells of a map of ``size`` (width, height) to pixels of the picture.

    ``center`` and ``extent`` (2,) are those of the crop (see ``crop.to_image``). ``ends``: the first and the last cell
    are the crop's borders.
    """
    scale = np.asarray(extent, np.float64) / (np.array(size) - (1 if ends else 0))
    corner = np.asarray(center, np.float64) - np.asarray(extent, np.float64) / 2
    return np.array([[scale[0], 0, corner[0]], [0, scale[1], corner[1]]])

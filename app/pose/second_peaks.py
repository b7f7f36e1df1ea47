"""Further peaks of a keypoint's heatmap: other places at which the network has seen it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from app.pose.codecs.heatmap_view import ProjectedHeatmap

MIN_SHARE = 0.15
"""A lower peak than this fraction of the highest one does not count."""
MAX_PEAKS = 6


def peaks(heatmap: ProjectedHeatmap) -> NDArray[np.float64]:
    """The places (P, 2) in pixels of the picture of the local maxima of ``heatmap``, highest first."""
    cells = heatmap.cells
    smooth = cv2.GaussianBlur(cells, (0, 0), 1.0)
    highest = float(smooth.max())
    if highest <= 0:
        return np.empty((0, 2))
    top = (smooth >= cv2.dilate(smooth, np.ones((5, 5), np.uint8))) & (smooth >= MIN_SHARE * highest)
    y, x = np.nonzero(top)
    order = np.argsort(-smooth[y, x], kind="stable")[:MAX_PEAKS]
    centers = np.stack([x[order], y[order], np.ones(len(order))], axis=-1)
    return np.asarray(centers @ heatmap.matrix.T)

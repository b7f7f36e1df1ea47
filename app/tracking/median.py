"""The median along the first axis. ``numpy.median`` takes ten times as long for a few dozen keypoints."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def median(values: NDArray[Any]) -> NDArray[Any]:
    """The median of ``values`` (N, ...) along the first axis, N >= 1, as ``numpy.median`` for finite numbers."""
    middle, odd = divmod(len(values), 2)
    if odd:
        return np.partition(values, middle, axis=0)[middle]
    ordered = np.partition(values, (middle - 1, middle), axis=0)
    return (ordered[middle - 1] + ordered[middle]) / 2

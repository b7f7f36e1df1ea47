"""The outlines of shapes in the numbers that OpenCV takes: whole sub-pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.overlay.shape import PROFILE, Point

Polygon = NDArray[np.int32]
Circle = tuple[tuple[int, int], int]

SHIFT = 6  # sub-pixel bits of OpenCV's coordinates
SUBPIXELS = 1 << SHIFT
BLEED = 0.6  # pixels by which OpenCV's anti-aliased edges are too far out

_BONE = np.array([*PROFILE, *((along, -across) for along, across in reversed(PROFILE[1:-1]))])


def polygons(ends: Sequence[float], widths: Sequence[float], tapered: bool) -> NDArray[np.int32]:
    """The corners (W N, C, 2) of N lines without their round ends, or of N tapered bones, in each of W widths.

    ``ends`` (4 N) = ax ay bx by and so on, ``widths`` (W N), all in pixels. All together, because one array is
    converted faster than hundreds of numbers.
    """
    # Complex numbers x + iy: one operation then handles both coordinates.
    points = np.array(ends, np.float64).view(np.complex128).reshape(-1, 2)
    start, along = points[:, 0], points[:, 1] - points[:, 0]
    half = np.maximum(np.array(widths).reshape(-1, len(points)) / 2 - BLEED, 0.0)
    across = (along * (-1j / np.maximum(np.abs(along), 1e-9)) * half)[..., None]
    if tapered:
        corners = start[:, None] + along[:, None] * _BONE[:, 0] - 2 * across * _BONE[:, 1]
    else:
        corners = np.concatenate([points + across, points[:, ::-1] - across], axis=-1)
    corners = corners.reshape(-1, corners.shape[-1])
    return np.rint(corners.view(np.float64) * SUBPIXELS).astype(np.int32).reshape(*corners.shape, 2)


def circle(at: Point, radius: float) -> Circle:
    """The center and the radius in sub-pixels of a disc around ``at`` with ``radius`` in pixels."""
    x, y = at
    return (round(x * SUBPIXELS), round(y * SUBPIXELS)), round(max(radius - BLEED, 0.0) * SUBPIXELS)


def circles(rows: Sequence[float]) -> list[tuple[int, int, int, int]]:
    """The centers and the two radii of discs in sub-pixels, like ``circle``.

    ``rows`` (4 N) = x, y and both radii of each in pixels, one disc after the other.
    """
    discs = np.array(rows, np.float64).reshape(-1, 4)
    discs[:, 2:] = np.maximum(discs[:, 2:] - BLEED, 0.0)
    whole: list[list[int]] = np.rint(discs * SUBPIXELS).astype(np.int64).tolist()
    return [(x, y, inner, outer) for x, y, inner, outer in whole]


def to_subpixels(corners: Sequence[Point]) -> Polygon:
    """``corners`` in pixels as a polygon (C, 2)."""
    return np.rint(np.array(corners, np.float64) * SUBPIXELS).astype(np.int32)

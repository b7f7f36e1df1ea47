"""From pixels to meters in the plane in which a person moves."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scale:
    """How the pixels of a camera that stands still become meters: one scale for the whole plane of motion.

    ``origin`` is the pixel (x, y) that becomes (0, 0). The floor line passes through it and rises to the right of the
    picture by ``slope_degrees``; ``on_floor`` is False where the floor is unknown, so that heights count from the
    origin alone. Things nearer to the camera than the plane appear larger than they are. ``person`` is the id of the
    person whose height states the scale; None if something else does.

    The conversion is the planar one of Sports2D (Pagnon, Kim: Sports2D, Journal of Open Source Software 2024;
    ``convert_px_to_meters``), without its estimate of depth.
    """

    metres_per_pixel: float
    origin: tuple[float, float] = (0.0, 0.0)
    slope_degrees: float = 0.0
    on_floor: bool = True
    person: int | None = None

    def to_metres(self, points: ArrayLike) -> Values:
        """``points`` (..., 2 or more), x y in pixels with y down, in meters (..., 2): x right along the floor, y up."""
        offset = np.asarray(points, np.float64)[..., :2] - self.origin
        return np.asarray(offset @ self._axes.T * self.metres_per_pixel)

    def to_pixels(self, points: ArrayLike) -> Values:
        """The inverse of ``to_metres``: ``points`` (..., 2) in meters as pixels (..., 2), y down."""
        return np.asarray(np.asarray(points, np.float64)[..., :2] / self.metres_per_pixel @ self._axes + self.origin)

    @property
    def _axes(self) -> Values:
        """The directions along the floor to the right, and up from it, as rows in pixels (2, 2)."""
        turn = radians(self.slope_degrees)
        return np.array([[cos(turn), -sin(turn)], [-sin(turn), -cos(turn)]])

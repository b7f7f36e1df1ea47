"""A calibrated camera above a floor: pixels become meters without anything of known length in the picture."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, degrees

import cv2
import numpy as np
from numpy.typing import NDArray

from app.analysis.floor import Floor

Values = NDArray[np.float64]

MIN_DEPTH_M, MAX_DEPTH_M = 0.3, 100.0
SOLE_M = 0.03
"""Height of the keypoints of heel and toes, which lie inside the foot, above the floor."""


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """One camera of a calibration of Pose2Sim: a pinhole camera whose world has z up, and its floor at z = 0.

    ``size`` is (width, height) in pixels, ``matrix`` (3, 3) the camera matrix, ``rotation`` (3,) a Rodrigues vector and
    ``translation`` (3,) in meters: a point X of the world is at R X + t in the camera, whose axes point right, down
    and forward. Lens distortion is left out.
    """

    name: str
    size: tuple[int, int]
    matrix: Values
    rotation: Values
    translation: Values

    @property
    def focal_px(self) -> float:
        """The focal length in pixels, the mean of both axes."""
        return float(self.matrix[0, 0] + self.matrix[1, 1]) / 2

    @property
    def origin_depth_m(self) -> float:
        """The distance of the world's origin from the camera along its optical axis, in meters."""
        return float(self.translation[2])

    @property
    def up(self) -> Values:
        """The direction up in the camera (3,)."""
        turned, _ = cv2.Rodrigues(self.rotation)
        return np.asarray(turned[:, 2], np.float64)

    @property
    def slope_degrees(self) -> float:
        """How far the horizontal of the world rises to the right of the picture."""
        return degrees(atan2(-self.up[0], -self.up[1]))

    def for_size(self, size: tuple[int, int]) -> Calibration | None:
        """The calibration of the same camera for pictures of another ``size``; None if their shape differs."""
        factor = size[0] / self.size[0]
        if abs(self.size[1] * factor - size[1]) > 1:
            return None
        scaled = self.matrix * factor
        scaled[2, 2] = 1.0
        return Calibration(self.name, size, scaled, self.rotation, self.translation)

    def depths_m(self, soles: Values) -> Values:
        """Distances (N,) along the optical axis of the pixels ``soles`` (N, 2), heels and toes that are on the floor.

        NaN where the line of sight does not meet the floor.
        """
        rays = self._rays(soles)
        with np.errstate(divide="ignore", invalid="ignore"):
            depth = (self.up @ self.translation + SOLE_M) / (rays @ self.up)
        return np.where((depth > MIN_DEPTH_M) & (depth < MAX_DEPTH_M), depth, np.nan)

    def floor_at(self, depth_m: float) -> Floor | None:
        """The line of the floor's points at ``depth_m`` meters along the optical axis; None if it is not in view."""
        across, down, forward = self.up
        if abs(down) < abs(across):  # the camera looks straight down, or lies on its side
            return None
        center_x, center_y = self.matrix[0, 2], self.matrix[1, 2]
        row = center_y + self.focal_px / (down * depth_m) * (self.up @ self.translation - forward * depth_m)
        return Floor(float(row + across / down * center_x), self.slope_degrees)

    def _rays(self, places: Values) -> Values:
        ones = np.ones((len(places), 1))
        return np.asarray(np.hstack([places, ones]) @ np.linalg.inv(self.matrix).T)

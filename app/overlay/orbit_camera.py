"""The camera of the 3-D view: it turns around a point, at a distance from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Direction = tuple[float, float]

FOCAL = 1.6
"""Focal length of the view, as a multiple of its shorter side: 35 degrees across it."""
NEAR_M = 0.1
"""What is nearer to the camera is not shown, in meters."""
DISTANCES_M = (0.4, 40.0)
"""Shortest and longest distance to the point that the camera turns around, in meters."""
DEGREES_PER_PIXEL = 0.4
RAISES = 4
"""Rounds of changing the height and the distance, which depend on each other."""
STEEP = 60.0
"""From higher up, in degrees, the height of the target makes no difference."""
FILLED = 0.84
"""The part of the view that framed points fill at most."""

DIRECTIONS: dict[str, Direction] = {"front": (0.0, 0.0), "side": (90.0, 0.0), "top": (0.0, 90.0)}
"""Directions of view as azimuth and elevation in degrees."""


@dataclass(frozen=True, slots=True)
class OrbitCamera:
    """A camera that looks at ``target``, x y z in meters, from ``distance`` meters away.

    Axes are those of ``Person.points_3d``: x to the right, y up, z toward the camera that filmed. ``azimuth`` 0 looks
    as that camera does, 90 from the right of the picture; ``elevation`` 90 from above; both in degrees. A ``parallel``
    view shows what is near and what is far at the same scale.
    """

    azimuth: float = 35.0
    elevation: float = 12.0
    distance: float = 4.0
    target: tuple[float, float, float] = (0.0, 0.9, 0.0)
    parallel: bool = False

    @property
    def axes(self) -> Values:
        """Unit vectors (3, 3): to the right, up, and toward the viewer."""
        turn, lift = radians(self.azimuth), radians(self.elevation)
        right = (cos(turn), 0.0, -sin(turn))
        up = (-sin(turn) * sin(lift), cos(lift), -cos(turn) * sin(lift))
        back = (sin(turn) * cos(lift), sin(lift), cos(turn) * cos(lift))
        return np.array([right, up, back])

    def project(self, points: Values, size: tuple[float, float]) -> Values:
        """Where ``points`` (..., 3) in meters are in a view of ``size`` (width, height): x y in pixels, y down.

        The third value (..., 3) is the depth in meters in the direction of view, ``distance`` at the target. In
        perspective, points nearer than ``NEAR_M`` are NaN.
        """
        seen = (points - np.array(self.target)) @ self.axes.T
        depth = self.distance - seen[..., 2]
        if not self.parallel:
            depth = np.where(depth >= NEAR_M, depth, np.nan)
        scale = self.pixels_per_meter(size) * (1.0 if self.parallel else self.distance / depth[..., None])
        pixels = seen[..., :2] * scale * [1, -1] + np.array(size) / 2
        return np.concatenate([np.where(np.isnan(depth[..., None]), np.nan, pixels), depth[..., None]], axis=-1)

    def pixels_per_meter(self, size: tuple[float, float]) -> float:
        """Pixels of a meter at the target, across the direction of view."""
        return FOCAL * min(size) / self.distance

    def orbited(self, right: float, down: float) -> OrbitCamera:
        """The camera after the pointer was dragged by these pixels: what is in front follows the pointer."""
        azimuth = (self.azimuth - DEGREES_PER_PIXEL * right + 180) % 360 - 180
        elevation = min(max(self.elevation + DEGREES_PER_PIXEL * down, -90.0), 90.0)
        return replace(self, azimuth=azimuth, elevation=elevation, parallel=False)

    def panned(self, right: float, down: float, size: tuple[float, float]) -> OrbitCamera:
        """The camera after the picture was moved by these pixels."""
        scale = self.pixels_per_meter(size)
        across, up, _ = self.axes
        x, y, z = (np.array(self.target) - across * right / scale + up * down / scale).tolist()
        return replace(self, target=(x, y, z))

    def zoomed(self, factor: float) -> OrbitCamera:
        """The camera closer by ``factor``, or further away for factors below 1."""
        shortest, longest = DISTANCES_M
        return replace(self, distance=min(max(self.distance / factor, shortest), longest))

    def looking(self, direction: Direction) -> OrbitCamera:
        """A parallel view in ``direction``, from the same distance."""
        return replace(self, azimuth=direction[0], elevation=direction[1], parallel=True)

    def opposite(self) -> OrbitCamera:
        """The view from the other side: from behind instead of from the front, from below instead of from above."""
        if abs(self.elevation) > 89:
            return replace(self, elevation=-self.elevation)
        return replace(self, azimuth=self.azimuth % 360 - 180)

    def framing(self, points: Values, size: tuple[float, float]) -> OrbitCamera:
        """The camera at a height and a distance at which ``points`` (N, 3) in meters fill a view of ``size``."""
        camera = self
        for _ in range(RAISES):
            camera = camera._far_enough(points, size)._raised_to(points, size)
        return camera._far_enough(points, size)

    def _far_enough(self, points: Values, size: tuple[float, float]) -> OrbitCamera:
        seen = (points - np.array(self.target)) @ self.axes.T
        across = np.abs(seen[:, :2]) * FOCAL * min(size) / (FILLED / 2 * np.array(size))
        needed = across.max(axis=1) + (0.0 if self.parallel else seen[:, 2])
        needed = needed[np.isfinite(needed)]
        shortest, longest = DISTANCES_M
        return replace(
            self, distance=min(max(float(needed.max()), shortest), longest) if len(needed) else self.distance
        )

    def _raised_to(self, points: Values, size: tuple[float, float]) -> OrbitCamera:
        """The camera with a target about as high as needed to have ``points`` (N, 3) in the middle of the view."""
        rows = self.project(points, size)[:, 1]
        rows = rows[np.isfinite(rows)]
        if not len(rows) or abs(self.elevation) > STEEP:
            return self
        x, y, z = self.target
        off = float(rows.min() + rows.max()) / 2 - size[1] / 2
        return replace(self, target=(x, y - off / self.pixels_per_meter(size) / cos(radians(self.elevation)), z))

"""The part of the picture that a film shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.analysis.analysis import Track
from app.core.people import Floats, FramePoses, Person
from app.overlay.annotations import Annotations, Place
from app.overlay.marks import Marks

MARGIN = 1.3
"""Size of the window, in sizes of the person."""
USUAL_SIZE = 0.95
"""Quantile of the boxes' sizes that the window is made for."""
MIN_SIDE = 32
NARROWEST = 0.75
"""Least ratio of the window's sides, unless another is wanted."""
SMOOTHING_S = 0.4
"""Standard deviation of the moving average of the window's place, in seconds."""
GRID_S = 0.04

Values = NDArray[np.float64]


class Window(NamedTuple):
    """A part of the picture: its left upper pixel, width and height, and the film's pixels per pixel of it."""

    x: int
    y: int
    width: int
    height: int
    scale: float = 1.0

    @property
    def shown_size(self) -> tuple[int, int]:
        """Width and height in the film, in pixels."""
        return max(1, round(self.width * self.scale)), max(1, round(self.height * self.scale))

    def moved(self, poses: FramePoses) -> FramePoses:
        """The people in the window, in its pixels in the film."""
        return replace(poses, people=tuple(self._person(one) for one in poses.people if self._has(one)))

    def moved_marks(self, marks: Marks) -> Marks:
        """The marks in pixels of the window in the film."""
        across, down = (shown / own for shown, own in zip(self.shown_size, (self.width, self.height), strict=True))
        known = marks.metres_per_pixel
        items = [
            replace(item, points=tuple(self._place(point, across, down) for point in item.points))
            for item in marks.annotations
        ]
        return replace(
            marks, annotations=Annotations(tuple(items)), metres_per_pixel=None if known is None else known / across
        )

    def _place(self, point: Place, across: float, down: float) -> Place:
        if point.keypoint:
            return replace(point, x=point.x * across, y=point.y * down)
        return replace(point, x=(point.x + 0.5 - self.x) * across - 0.5, y=(point.y + 0.5 - self.y) * down - 0.5)

    def _has(self, person: Person) -> bool:
        x0, y0, x1, y1 = person.box.tolist()
        return bool(x1 > self.x and x0 < self.x + self.width and y1 > self.y and y0 < self.y + self.height)

    def _person(self, person: Person) -> Person:
        """``person`` in pixels of the film; pixel centers are integers in both pictures."""
        width, height = self.shown_size
        scales = np.array([width / self.width, height / self.height], np.float32)
        corner = np.array([self.x, self.y], np.float32)
        box, keypoints = person.box.copy(), person.keypoints.copy()
        box[:2], box[2:] = _moved(box[:2], corner, scales), _moved(box[2:], corner, scales)
        keypoints[:, :2] = _moved(keypoints[:, :2], corner, scales)
        return replace(person, box=box, keypoints=keypoints, measured=None)


def _moved(points: Floats, corner: Floats, scales: Floats) -> Floats:
    """``points`` (..., 2) in a picture that begins at ``corner`` and is scaled by ``scales``, both (2,)."""
    half = np.float32(0.5)
    return (points + half - corner) * scales - half


class FollowingWindow:
    """Follows a person smoothly, with the same size in all frames: ``at`` gives the window of a moment.

    ``frame_size`` is (width, height) of the source in pixels, ``aspect`` the wanted width divided by the height, None
    for about that of the person.
    """

    def __init__(self, track: Track, frame_size: tuple[int, int], aspect: float | None = None) -> None:
        boxes = track.boxes.astype(np.float64)
        sizes = np.maximum(boxes[:, 2:] - boxes[:, :2], 1.0)
        width, height = (MARGIN * np.quantile(sizes, USUAL_SIZE, axis=0)).tolist()
        shape = aspect or min(max(width / height, NARROWEST), 1 / NARROWEST)
        width, height = max(width, height * shape), max(height, width / shape)
        self.size = tuple(
            min(max(round(side / 2) * 2, MIN_SIDE), limit)
            for side, limit in zip((width, height), frame_size, strict=True)
        )
        self._frame_size = frame_size
        self._times_s, self._centers = _smoothed(track.times_s, (boxes[:, :2] + boxes[:, 2:]) / 2)

    def at(self, time_s: float) -> Window:
        """The window at ``time_s`` seconds; where the person is away, that of the nearest moments."""
        center = [float(np.interp(time_s, self._times_s, column)) for column in self._centers.T]
        place = [
            min(max(round(middle - (side - 1) / 2), 0), limit - side)
            for middle, side, limit in zip(center, self.size, self._frame_size, strict=True)
        ]
        return Window(*place, *self.size)


def _smoothed(times_s: Values, points: Values) -> tuple[Values, Values]:
    """Times on a grid (G,) and the moving average of ``points`` (T, 2) there, (G, 2), weighted by a Gaussian."""
    count = min(int((times_s[-1] - times_s[0]) / GRID_S) + 2, 1_000_000)
    grid = np.linspace(times_s[0], max(times_s[-1], times_s[0] + GRID_S), count)
    on_grid = [np.interp(grid, times_s, column) for column in points.T]
    reach = max(1, round(3 * SMOOTHING_S / GRID_S))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) * GRID_S / SMOOTHING_S) ** 2)
    weights /= weights.sum()
    padded: Sequence[Values] = [np.pad(column, reach, mode="reflect", reflect_type="odd") for column in on_grid]
    return grid, np.stack([np.convolve(column, weights, mode="valid") for column in padded], axis=1)

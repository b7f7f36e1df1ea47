"""Whether the camera moves: from how the background moves in the picture."""

from __future__ import annotations

from collections import deque
from math import inf

import cv2
import numpy as np
from numpy.typing import NDArray

from app.analysis.checks.finding import Finding
from app.core.message import Message
from app.core.people import Floats, FramePoses

Gray = NDArray[np.uint8]

POINTS = 120
"""Points of the background that are followed."""
MIN_POINTS = 16
"""Smallest number of points that tell how the picture moves."""
MIN_AGREEING = 0.6
"""Fraction of the points that have to agree on one movement: else the picture has changed, or much in it moves."""
WIDEN = 0.15
"""Boxes of people are widened by this fraction at each side: their shadows and loose clothes move too."""
TOLERANCE_PX = 1.0
"""Distance in pixels of the small picture within which a point agrees."""
MOVED = 0.006
"""Way of a corner of the picture, relative to its width, from which the camera has moved."""
MIN_SAMPLES, MIN_SHARE = 3, 0.05
"""Number of samples, and fraction of them, in which it has moved that are reported."""


class CameraMotion:
    """Compares small gray pictures with an earlier one, over the last ``last_s`` seconds.

    Corners outside the boxes of people are followed (Lucas and Kanade) from a reference picture, and a turn, shift and
    zoom is found on which they agree (RANSAC). The reference stays until they no longer do, or the camera has moved.
    ``samples`` say when, in seconds, and whether it has moved.
    """

    def __init__(self, last_s: float = inf) -> None:
        self._last_s = last_s
        self._reference: tuple[Gray, Floats] | None = None
        self.samples: deque[tuple[float, bool]] = deque()

    def add(self, time_s: float, gray: Gray, poses: FramePoses, scale: float) -> None:
        """Take the next small picture (h, w), in which pixels of the source are ``scale`` times as large."""
        boxes = [_widened(person.box * scale) for person in poses.people]
        way = self._way(gray, boxes)
        if way is not None:
            self.samples.append((time_s, way >= MOVED))
        if way is None or way >= MOVED:
            self._reference = _background(gray, boxes)
        while self.samples and self.samples[0][0] < time_s - self._last_s:
            self.samples.popleft()

    def findings(self) -> list[Finding]:
        """A finding if the camera has moved."""
        moved = sum(has for _, has in self.samples)
        if moved < MIN_SAMPLES or moved < MIN_SHARE * len(self.samples):
            return []
        message = Message("The camera moves, so that positions and speeds contain its movement. Put it on a tripod.")
        return [Finding("camera", message)]

    def _way(self, gray: Gray, boxes: list[Floats]) -> float | None:
        """How far the corners of the picture have moved at most, relative to its width; None if that is not known."""
        if self._reference is None or self._reference[0].shape != gray.shape:
            return None
        before, points = self._reference
        if len(points) < MIN_POINTS:
            return None
        found, status, _ = cv2.calcOpticalFlowPyrLK(before, gray, points, np.empty_like(points))
        clear = (status.ravel() == 1) & _outside(np.asarray(found, np.float32), boxes)
        if clear.sum() < MIN_POINTS:
            return None
        matrix, agreeing = cv2.estimateAffinePartial2D(
            points[clear], found[clear], method=cv2.RANSAC, ransacReprojThreshold=TOLERANCE_PX
        )
        if matrix is None or agreeing.mean() < MIN_AGREEING:
            return None
        height, width = gray.shape
        corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float64)
        moved = corners @ matrix[:, :2].T + matrix[:, 2] - corners
        return float(np.linalg.norm(moved, axis=1).max() / width)


def _background(gray: Gray, boxes: list[Floats]) -> tuple[Gray, Floats]:
    """``gray`` with corners (N, 1, 2) in it that are outside ``boxes``."""
    mask = np.full(gray.shape, 255, np.uint8)
    for x0, y0, x1, y1 in (box.round().astype(int).tolist() for box in boxes):
        mask[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = 0
    points = cv2.goodFeaturesToTrack(gray, POINTS, 0.02, 6, mask=mask)
    return gray, np.empty((0, 1, 2), np.float32) if points is None else np.asarray(points, np.float32)


def _widened(box: Floats) -> Floats:
    margin = WIDEN * float((box[2:] - box[:2]).max())
    return np.asarray(box + np.array([-margin, -margin, margin, margin]), np.float32)


def _outside(points: Floats, boxes: list[Floats]) -> NDArray[np.bool_]:
    """Which of ``points`` (N, 1, 2) are in none of ``boxes`` (N,)."""
    places = points[:, 0]
    inside = [((places >= box[:2]) & (places <= box[2:])).all(axis=1) for box in boxes]
    return ~np.logical_or.reduce(inside) if inside else np.ones(len(places), bool)

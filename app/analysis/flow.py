"""How a keypoint moves in the picture, by optical flow from the frames in which its place is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from app.analysis.carry import MotionCue
from app.core.people import Image

Values = NDArray[np.float64]

WINDOW = 0.1
"""Side of the window that is compared between two frames, in sizes of the person."""
MIN_WINDOW, MAX_WINDOW = 9, 41
"""Its shortest and longest side, in pixels."""
LEVELS = 3
RETURN = 0.01
"""Followed back, a point must come this close to where it was, in sizes of the person; it is lost otherwise."""
LONGEST_STEP = 0.12
"""So must it where it moves farther between two frames."""
SIGMA = 0.006
"""Standard deviation of a step, in sizes of the person."""


def follow(
    images: Sequence[Image | None], places: Mapping[int, tuple[float, float]], size: float, reach: int
) -> MotionCue:
    """The steps of a point through ``images``, from each of the frames in which its place is known.

    By the pyramidal method of Lucas and Kanade (Bouguet, 2001), in both directions; a point is followed until following
    it back does not lead to where it was (Kalal, Mikolajczyk and Matas, ICPR 2010).

    Args:
        images: (H, W) gray, one for each row; None where there is none.
        places: x y in pixels of ``images`` by row.
        size: The person's size in pixels.
        reach: Most frames that the point is followed in each direction.
    """
    steps: dict[int, Values] = {}
    for start, place in sorted(places.items()):
        for direction in (1, -1):
            point = np.array(place, np.float64)
            for row in range(start, start + direction * reach, direction):
                beyond = row + direction
                if not 0 <= beyond < len(images) or beyond in places:
                    break
                step = _step(images[row], images[beyond], point, size)
                if step is None:
                    break
                steps.setdefault(min(row, beyond), step * direction)
                point = point + step
    rows = np.array(sorted(steps), np.int64)
    moved = np.array([steps[row] for row in rows.tolist()], np.float64).reshape(-1, 2)
    return MotionCue(rows, moved, np.full(len(rows), SIGMA * size))


def _step(before: Image | None, after: Image | None, point: Values, size: float) -> Values | None:
    """The step (2,) from ``before`` to ``after`` (H, W) of what is at ``point`` (2,); None if it is lost."""
    if before is None or after is None or before.shape != after.shape:
        return None
    if not (0 <= point[0] < before.shape[1] and 0 <= point[1] < before.shape[0]):
        return None
    side = int(np.clip(WINDOW * size, MIN_WINDOW, MAX_WINDOW)) | 1
    start = point.astype(np.float32).reshape(1, 1, 2)
    found, known, _ = cv2.calcOpticalFlowPyrLK(
        before, after, start, np.empty_like(start), winSize=(side, side), maxLevel=LEVELS
    )
    back, returned, _ = cv2.calcOpticalFlowPyrLK(
        after, before, found, np.empty_like(start), winSize=(side, side), maxLevel=LEVELS
    )
    step = (found - start).reshape(2).astype(np.float64)
    if not (known.all() and returned.all()) or np.linalg.norm(back - start) > max(RETURN * size, 0.7):
        return None
    return step if np.linalg.norm(step) <= LONGEST_STEP * size else None

"""The three values that pass through the pipeline: a frame goes in, people come out.

Pixel centers are integers: ``x = 0`` is the center of the first column, as in COCO and in OpenCV's warps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One frame of a source.

    ``index`` is the frame number from 0, ``time_s`` the frame's own timestamp in seconds, ``image`` (H, W, 3) uint8
    in BGR order; its rows need not be contiguous in memory.
    """

    index: int
    time_s: float
    image: Image

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.image.shape[1], self.image.shape[0]


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One person in one frame, in pixels of the source.

    ``id`` is the track id (from 1; 0 without tracking), ``score`` 0..1, ``box`` (4,) float32 = x0 y0 x1 y1,
    ``keypoints`` (K, 3) float32 = x y score. ``state`` is "estimated" if a network estimated the pose in this frame,
    "predicted" if the tracker extrapolated it. ``points_3d`` (K, 4) float32 = x y z in meters and score, if a network
    or a lifter gives them. ``measured`` (K, 3) are the keypoints as the network found them, before any smoothing, where
    that is known. ``filled`` (K,) bool are the keypoints that offline smoothing has put between measured ones, None if
    there are none.
    """

    id: int
    score: float
    box: Floats
    keypoints: Floats
    state: Literal["estimated", "predicted"] = "estimated"
    points_3d: Floats | None = None
    measured: Floats | None = None
    filled: NDArray[np.bool_] | None = None


def filled_field(person: Person, order: Sequence[Sequence[int]] | None = None) -> dict[str, list[int]]:
    """``{"filled": numbers}`` of the keypoints of ``person`` that were filled in, for files; empty if none were.

    ``order`` is, for each keypoint of the file, the one or several of the skeleton that it is made from.
    """
    if person.filled is None or not person.filled.any():
        return {}
    filled = person.filled
    rows = [[number] for number in range(len(filled))] if order is None else order
    return {"filled": [place for place, numbers in enumerate(rows) if filled[list(numbers)].any()]}


@dataclass(frozen=True, slots=True, eq=False)
class FramePoses:
    """The people of one frame, ordered by id; ``index`` and ``time_s`` are the frame's."""

    index: int
    time_s: float
    people: tuple[Person, ...]

"""The three values that pass through the pipeline: a frame goes in, people come out.

Pixel centers are integers: ``x = 0`` is the center of the first column, as in COCO and in OpenCV's warps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.core.edited import CARRIED, CORRECTED

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
    or a lifter gives them: the pelvis (the middle of the hips) is the origin in every frame, x is to the right as the
    camera sees it, y up and z toward the camera (right-handed); the sizes are those of a person of usual stature,
    since one camera does not know how tall somebody is. ``measured`` (K, 3) are the keypoints as the network found
    them, before any smoothing, where that is known. ``filled`` (K,) bool are the keypoints that offline smoothing has
    put between measured ones, None if there are none. ``edited`` (K,) uint8 has 0 for a keypoint as it was estimated,
    else ``CORRECTED``, ``CARRIED`` or ``SIDE_KNOWN``; None if the user has changed none.
    """

    id: int
    score: float
    box: Floats
    keypoints: Floats
    state: Literal["estimated", "predicted"] = "estimated"
    points_3d: Floats | None = None
    measured: Floats | None = None
    filled: NDArray[np.bool_] | None = None
    edited: NDArray[np.uint8] | None = None


def mark_fields(person: Person, order: Sequence[Sequence[int]] | None = None) -> dict[str, list[int]]:
    """The numbers of the keypoints of ``person`` that no network found at their place, for files.

    ``filled``: put between measured ones; ``corrected``: placed by the user; ``carried``: moved to follow a correction.
    Keys without a number are left out. ``order`` is, for each keypoint of the file, the one or several of the skeleton
    that it is made from.
    """
    marks = {} if person.filled is None else {"filled": person.filled}
    if person.edited is not None:
        marks |= {"corrected": person.edited == CORRECTED, "carried": person.edited == CARRIED}
    rows = [[number] for number in range(len(person.keypoints))] if order is None else order
    return {
        key: [place for place, numbers in enumerate(rows) if marked[list(numbers)].any()]
        for key, marked in marks.items()
        if marked.any()
    }


@dataclass(frozen=True, slots=True, eq=False)
class FramePoses:
    """The people of one frame, ordered by id; ``index`` and ``time_s`` are the frame's.

    ``others`` are further people in the picture, who are neither drawn nor written; privacy hides them too. Of those
    whom only the detector has seen no keypoint is. ``known`` is False where no network has looked for people.
    """

    index: int
    time_s: float
    people: tuple[Person, ...]
    others: tuple[Person, ...] = ()
    known: bool = True

    def of(self, people: tuple[Person, ...]) -> FramePoses:
        """The frame with these ``people`` alone; those who are left out are among the ``others``."""
        kept = {person.id for person in people}
        left_out = tuple(person for person in self.people if person.id not in kept)
        return replace(self, people=people, others=(*self.others, *left_out))

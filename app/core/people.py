"""The three values that flow through the pipe: a frame goes in, people come out.

Pixel centres are integers: ``x = 0`` is the centre of the first column, as in COCO and in OpenCV's warps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a source.

    ``index`` counts the source's frames from 0, ``time_s`` is its own time stamp in seconds,
    ``image`` is HxWx3 uint8 in BGR order; its rows may lie apart in memory.
    """

    index: int
    time_s: float
    image: Image


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One person in one frame, in pixels of the source.

    ``id`` is the track (from 1; 0 where nothing tracks), ``score`` 0..1, ``box`` (4,) float32 = x0 y0 x1 y1,
    ``keypoints`` (K, 3) float32 = x y score. ``state`` tells a pose that a network saw in this
    very frame from one that the tracker foretold.
    """

    id: int
    score: float
    box: Floats
    keypoints: Floats
    state: Literal["estimated", "predicted"] = "estimated"


@dataclass(frozen=True, slots=True, eq=False)
class FramePoses:
    """The people of one frame, ordered by id; ``index`` and ``time_s`` are the frame's."""

    index: int
    time_s: float
    people: tuple[Person, ...]

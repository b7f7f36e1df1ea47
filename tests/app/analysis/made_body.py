"""A body of which it is known when and where its feet stand, with the keypoints that a camera beside it would see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.analysis.measures import PersonTrack
from app.analysis.scale import Scale
from app.core.skeleton import load_skeleton

Values = NDArray[np.float64]

PIXELS = 250.0
"""Pixels in a meter."""
HEIGHT_M = 1.7
FLOOR_Y = 900.0
"""Height of the floor in the picture, in pixels."""
HALPE = load_skeleton("halpe26")


SCALE = Scale(1 / PIXELS, origin=(0.0, FLOOR_Y))


@dataclass(frozen=True)
class Stand:
    """A foot that stands at ``x`` meters from ``start_s`` to ``end_s`` seconds."""

    start_s: float
    end_s: float
    x: float


def foot_path(times_s: Values, stands: Sequence[Stand], lift: float = 0.12) -> Values:
    """Where a foot is (T, 2), x y in meters: at rest while it stands, and on an arc in between."""
    path = np.zeros((len(times_s), 2))
    for here in stands:
        path[times_s >= here.start_s] = here.x, 0.0
    for here, there in pairwise(stands):
        away = (times_s > here.end_s) & (times_s < there.start_s)
        part = (times_s[away] - here.end_s) / (there.start_s - here.end_s)
        path[away, 0] = here.x + (there.x - here.x) * (1 - np.cos(np.pi * part)) / 2
        path[away, 1] = lift * np.sin(np.pi * part) ** 2
    return path


def body(times_s: Values, left: Values, right: Values, hips: Values, noise: float = 0.0) -> PersonTrack:
    """The track of a body of ``HEIGHT_M`` that faces right, from its feet and hips (T, 2), x y in meters.

    ``noise`` is the standard deviation of its keypoints in meters.
    """
    points = np.zeros((len(times_s), len(HALPE.names), 2))
    for side, foot in (("left", left), ("right", right)):
        places = {"heel": foot + [-0.06, 0.02], "ankle": foot + [-0.02, 0.08], "hip": hips}
        places |= {"big_toe": foot + [0.16, 0.02], "small_toe": foot + [0.14, 0.02]}
        places["knee"] = (places["ankle"] + hips) / 2 + [0.05, 0.0]
        for part, (x, y) in {"shoulder": (0, 0.5), "elbow": (0, 0.22), "wrist": (0, 0), "eye": (0.1, 0.7)}.items():
            places[part] = hips + [x, y]
        places["ear"] = hips + [0.0, 0.7]
        for part, place in places.items():
            points[:, HALPE.names.index(f"{side}_{part}")] = place
    for part, height in {"hip": 0.0, "neck": 0.5, "nose": 0.66, "head": 0.8}.items():
        points[:, HALPE.names.index(part)] = hips + [0.1 if part == "nose" else 0.0, height]
    points += np.random.default_rng(1).normal(0, 1, points.shape) * noise
    pixels = points * [PIXELS, -PIXELS] + [0.0, FLOOR_Y]
    keypoints = np.concatenate([pixels, np.full((*pixels.shape[:2], 1), 0.9)], axis=2).astype(np.float32)
    return PersonTrack(times_s, keypoints, np.ones(len(times_s), np.int8), HALPE)


def walk(
    seconds: float = 6.0,
    stride_s: float = 1.1,
    stride: float = 1.4,
    duty: float = 0.62,
    fps: float = 60.0,
    noise: float = 0.01,
) -> tuple[PersonTrack, list[Stand], list[Stand]]:
    """A walk to the right at a constant speed, and where its left and right foot stand."""
    times_s = np.arange(round(seconds * fps)) / fps
    feet = []
    for late in (0.0, 0.5):
        starts = (np.arange(-1, seconds / stride_s + 1) + late) * stride_s
        feet.append([Stand(start, start + duty * stride_s, stride * start / stride_s) for start in starts.tolist()])
    left, right = (foot_path(times_s, stands) for stands in feet)
    hips = np.stack([stride * (times_s / stride_s - 0.3), np.full(len(times_s), 0.86)], axis=1)
    return body(times_s, left, right, hips, noise), feet[0], feet[1]


def jump(flight_s: float = 0.5, fps: float = 60.0, noise: float = 0.01, seconds: float = 4.0) -> PersonTrack:
    """A jump on the spot: standing, up at 2 s for ``flight_s`` seconds in free fall, standing again."""
    times_s = np.arange(round(seconds * fps)) / fps
    since = np.clip(times_s - 2.0, 0, flight_s)
    height = np.stack([np.zeros(len(times_s)), 9.80665 / 2 * since * (flight_s - since)], axis=1)
    feet = height.copy()
    feet[:, 1] *= np.clip(np.minimum(since, flight_s - since) / 0.06, 0, 1)  # they stretch and bend
    return body(times_s, feet, feet + [0.1, 0.0], height + [0.0, 0.86], noise)

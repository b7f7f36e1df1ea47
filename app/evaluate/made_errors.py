"""Errors as pose networks make them, made in the keypoints of a motion, to measure how well they can be corrected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.tracking.limb_swaps import LIMBS

Values = NDArray[np.float64]
Kind = Literal["drift", "stuck", "other side", "missing"]
KINDS: tuple[Kind, ...] = get_args(Kind)

EVERY_FRAMES = 65
"""Mean distance of two errors: 16 of them in 1,050 frames."""
DURATIONS_S: dict[Kind, tuple[float, float]] = {
    "drift": (0.5, 1.5),
    "stuck": (0.2, 0.8),
    "other side": (0.1, 0.6),
    "missing": (0.2, 1.0),
}
"""Shortest and longest duration of each kind, in seconds."""
DRIFT = (0.08, 0.2)
"""How far a keypoint drifts away, in heights of the person."""
NOISE = 0.01
"""Standard deviation of a keypoint at a wrong place, in heights of the person."""
TOGETHER = ("other side", "missing")
"""Kinds of errors of a whole part of a limb: that from a joint on outwards."""
SIDES = ("left", "right")


@dataclass(frozen=True, slots=True)
class MadeError:
    """``kind`` of error of some ``keypoints`` in the frames ``first`` to ``last``."""

    kind: Kind
    keypoints: tuple[int, ...]
    first: int
    last: int


def make_errors(
    truth: Values, keypoints: Floats, heights: Values, skeleton: Skeleton, fps: float, chance: np.random.Generator
) -> tuple[Floats, list[MadeError]]:
    """``keypoints`` (T, K, 3) with errors of all kinds in turn, at random times, in joints of arms and legs.

    A joint drifts or is stuck alone, as networks make it; on the other side or missing it takes along what lies beyond
    it in the limb. ``truth`` (T, K, 2) are the places without noise, ``heights`` (T,) the person's height; in pixels.
    """
    result = keypoints.copy()
    limbs = [
        [skeleton.names.index(f"{side}_{part}") for part in parts if f"{side}_{part}" in skeleton.names]
        for side in SIDES
        for parts in LIMBS.values()
    ]
    joints = [(limb, number) for limb in limbs for number in range(len(limb))]
    made: list[MadeError] = []
    taken = np.zeros(keypoints.shape[:2], bool)
    for number in range(round(len(truth) / EVERY_FRAMES)):
        kind = KINDS[number % len(KINDS)]
        for _ in range(50):
            limb, joint = joints[int(chance.integers(len(joints)))]
            chosen = limb[joint:] if kind in TOGETHER else limb[joint : joint + 1]
            frames = int(chance.uniform(*DURATIONS_S[kind]) * fps)
            first = int(chance.integers(1, max(len(truth) - frames - 1, 2)))
            last = min(first + frames, len(truth) - 1) - 1
            if not taken[max(first - 10, 0) : last + 10, chosen].any():
                taken[first : last + 1, chosen] = True
                made.append(MadeError(kind, tuple(chosen), first, last))
                _make(result, made[-1], truth, heights, skeleton, chance)
                break
    return result, made


def _make(
    keypoints: Floats,
    error: MadeError,
    truth: Values,
    heights: Values,
    skeleton: Skeleton,
    chance: np.random.Generator,
) -> None:
    """Make one ``error`` in ``keypoints``."""
    rows = np.arange(error.first, error.last + 1)
    scale = heights[rows, None]
    for keypoint in error.keypoints:
        noise = chance.normal(0, NOISE, (len(rows), 2)) * scale
        if error.kind == "drift":
            angle, far = chance.uniform(0, 2 * np.pi), chance.uniform(*DRIFT)
            shape = np.sin(np.pi * (np.arange(len(rows)) + 1) / (len(rows) + 1)) ** 2
            keypoints[rows, keypoint, :2] += far * scale * shape[:, None] * [np.cos(angle), np.sin(angle)]
        elif error.kind == "stuck":
            keypoints[rows, keypoint, :2] = truth[error.first, keypoint] + noise / 3
        elif error.kind == "other side":
            keypoints[rows, keypoint, :2] = truth[rows, skeleton.flip_order[keypoint]] + noise
        else:
            keypoints[rows, keypoint, :2] += 15 * noise
            keypoints[rows, keypoint, 2] = 0.1

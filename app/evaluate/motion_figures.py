"""All figures of a filmed motion: before (raw keypoints, plain angles) and after what the analysis improves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.analysis.angles import Degrees
from app.analysis.body_height import body_heights
from app.analysis.facing import facing_of
from app.core.people import Floats
from app.evaluate.motion_angles import THRESHOLD, AngleFigures, compare_angles, facing_by_feet, joint_angles
from app.evaluate.motion_swaps import count_swaps
from app.evaluate.motions import Filmed

Figures = dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class MotionFigures:
    """The figures of one motion: ``angles``, ``counts`` that are added up over motions, ``means`` that are averaged."""

    angles: AngleFigures
    counts: Figures
    means: Figures = field(default_factory=dict)


def measure(filmed: Filmed) -> tuple[MotionFigures, MotionFigures]:
    """The figures of ``filmed`` before and after."""
    skeleton, keypoints = filmed.motion.skeleton, filmed.keypoints
    before = _figures(filmed, joint_angles(keypoints, skeleton, facing_by_feet(keypoints, skeleton)))
    times_s = filmed.motion.times_s
    facing = facing_of(times_s, keypoints, skeleton, THRESHOLD)
    heights = body_heights(times_s, keypoints, skeleton, THRESHOLD)
    return before, _figures(filmed, joint_angles(keypoints, skeleton, facing, heights))


def pooled(figures: Sequence[MotionFigures]) -> dict[str, Any]:
    """The figures of several motions: the mean of each error over motions and that of all joints; sums of counts."""
    errors = np.stack([one.angles.errors for one in figures])
    joints = {name: _mean(column) for name, column in zip(figures[0].angles.names, errors.T, strict=True)}
    result: dict[str, Any] = {
        "angle_mae_deg": _mean(np.array(list(joints.values()))),
        "angles": joints,
        "angles_shown_pct": 100 * _mean(np.array([one.angles.shown for one in figures])),
        "jumps": sum(one.angles.jumps for one in figures),
    }
    result |= {key: int(sum(one.counts[key] for one in figures)) for key in figures[0].counts}
    return result | {key: _mean(np.array([one.means[key] for one in figures])) for key in figures[0].means}


def _figures(filmed: Filmed, measured: Degrees) -> MotionFigures:
    return MotionFigures(compare_angles(filmed.motion, measured), count_swaps(filmed, np.zeros(len(measured), bool)))


def _mean(values: Floats | np.ndarray[Any, Any]) -> float:
    """The mean of the values that are finite; NaN if there is none."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")

"""All figures of a filmed motion: before (raw keypoints, plain angles) and after what the analysis improves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.analysis.angles import Degrees
from app.analysis.facing import Facing, facing_of
from app.analysis.limb_swaps import undo_swaps
from app.analysis.offline_smoothing import OfflineSmoothing, smooth_offline
from app.analysis.part_lengths import body_heights
from app.analysis.scale import Scale
from app.analysis.stature import height_px
from app.core.people import Floats
from app.evaluate.motion_angles import THRESHOLD, AngleFigures, compare_angles, facing_by_feet, joint_angles
from app.evaluate.motion_events import event_figures
from app.evaluate.motion_steadiness import steadiness_figures
from app.evaluate.motion_swaps import count_swaps, undone_live
from app.evaluate.motions import Filmed

Figures = dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class MotionFigures:
    """The figures of one motion: ``angles``, ``counts`` that are added up over motions, ``means`` that are averaged."""

    angles: AngleFigures
    counts: Figures
    means: Figures


@dataclass(frozen=True, slots=True, eq=False)
class _Analysed:
    """What an analysis makes of a filmed motion of T frames.

    ``measured`` are keypoints (T, K, 3), and ``keypoints`` (T, K, 3) these after smoothing. ``heights`` are body
    heights in pixels (None: angles of parts that point at the camera are measured too); in the frames ``undone`` (T,)
    swapped legs were swapped back over the whole clip, in those of ``live`` (T,) frame by frame.
    """

    measured: Floats
    keypoints: Floats
    facing: Facing
    heights: Degrees | None
    undone: NDArray[np.bool_]
    live: NDArray[np.bool_]


def measure(filmed: Filmed) -> tuple[MotionFigures, MotionFigures]:
    """The figures of ``filmed`` before and after."""
    return _figures(filmed, _plain(filmed)), _figures(filmed, _improved(filmed))


def pooled(figures: Sequence[MotionFigures]) -> dict[str, Any]:
    """The figures of several motions: the mean of each error over motions and that of all joints; sums of counts.

    Motions that do not have a figure, as the jump height of a walk, do not count in its mean.
    """
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


def _plain(filmed: Filmed) -> _Analysed:
    """The raw keypoints, and the facing by the feet of each frame."""
    facing = facing_by_feet(filmed.keypoints, filmed.motion.skeleton)
    nothing = np.zeros(len(facing), bool)
    return _Analysed(filmed.keypoints, filmed.keypoints, facing, None, nothing, nothing)


def _improved(filmed: Filmed) -> _Analysed:
    """What the analysis of a clip makes of the keypoints."""
    times_s, skeleton = filmed.motion.times_s, filmed.motion.skeleton
    measured, swapped = undo_swaps(times_s, filmed.keypoints, skeleton, THRESHOLD)
    keypoints, _ = smooth_offline(times_s, measured, skeleton, OfflineSmoothing(threshold=THRESHOLD))
    facing = facing_of(times_s, keypoints, skeleton, THRESHOLD)
    heights = body_heights(times_s, keypoints, skeleton, THRESHOLD)
    return _Analysed(measured, keypoints, facing, heights, swapped[:, 1], undone_live(filmed))


def _figures(filmed: Filmed, found: _Analysed) -> MotionFigures:
    """The figures of what was ``found``; lengths by the scale that follows from the person's true height."""
    measured = joint_angles(found.keypoints, filmed.motion.skeleton, found.facing, found.heights)
    pixels = height_px(filmed.motion.times_s, found.keypoints, filmed.motion.skeleton, THRESHOLD)
    scale = Scale(filmed.motion.height_m / pixels) if np.isfinite(pixels) else None
    return MotionFigures(
        compare_angles(filmed.motion, measured),
        count_swaps(filmed, found.undone) | _live_swaps(filmed, found.live),
        event_figures(filmed, found.keypoints, scale, found.facing, THRESHOLD)
        | steadiness_figures(filmed, found.measured, found.keypoints),
    )


def _live_swaps(filmed: Filmed, undone: NDArray[np.bool_]) -> Figures:
    counts = count_swaps(filmed, undone)
    return {f"live_{key}": counts[key] for key in ("swaps_left", "swaps_made")}


def _mean(values: Degrees) -> float:
    """The mean of the values that are finite; NaN if there is none."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")

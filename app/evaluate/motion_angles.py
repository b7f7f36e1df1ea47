"""Angle errors and jumps of a measured motion, against the angles in its plane of motion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from app.analysis.angles import JOINTS, Degrees, angle_names, angles, wrapped
from app.analysis.facing import LEFT, RIGHT, Facing
from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.evaluate.motions import Motion

THRESHOLD = 0.3
"""Keypoints with a lower score are not seen."""
JUMP_DEGREES, STILL_DEGREES = 60.0, 20.0
"""An angle jumps where it changes by more than the first while its truth changes by less than the second."""
JUMP_FRAMES = 6
"""A value that is not known does not hide a jump, unless it is not known for this long."""

FEET = ("right_big_toe", "right_heel", "left_big_toe", "left_heel")
"""Keypoints by which the feet's direction is known."""


@dataclass(frozen=True, slots=True, eq=False)
class AngleFigures:
    """Errors of the A joint angles of one motion.

    ``errors`` (A,) are mean absolute errors in degrees, over the frames in which the body faces along the plane of
    motion and the angle has a value; NaN where there is none. ``shown`` is the share of angles that have a value in
    those frames, ``jumps`` the number of frames in which at least one angle jumps.
    """

    names: tuple[str, ...]
    errors: Degrees
    shown: float
    jumps: int


@cache
def joint_names(skeleton: Skeleton) -> tuple[str, ...]:
    """The joint angles that ``skeleton`` has."""
    joints = {angle.name for angle in JOINTS}
    return tuple(name for name in angle_names(skeleton) if name in joints)


def true_angles(motion: Motion) -> Degrees:
    """The joint angles (T, A) of ``motion`` in its plane of motion, in degrees."""
    facing = np.where(motion.forward @ motion.direction < 0, LEFT, RIGHT).astype(np.int8)
    return angles(motion.in_plane_of_motion(), motion.skeleton, joint_names(motion.skeleton), facing, THRESHOLD)


def joint_angles(keypoints: Floats, skeleton: Skeleton, facing: Facing, heights: Degrees | None = None) -> Degrees:
    """The joint angles (T, A) of ``keypoints`` (T, K, 3) of a person with this ``facing`` (T,), in degrees.

    ``heights`` (T,) are body heights in pixels, without which parts that point at the camera are measured too.
    """
    return angles(keypoints, skeleton, joint_names(skeleton), facing, THRESHOLD, heights)


def facing_by_feet(keypoints: Floats, skeleton: Skeleton, threshold: float = THRESHOLD) -> Facing:
    """Which way the feet point in each frame (T,), as in Sports2D: left where the toes are left of the heels.

    ``keypoints`` are (T, K, 3), x y score in pixels. The distances of both feet are added up; with one visible foot
    that one decides; with none the previous frame does. A skeleton without feet faces right.
    """
    rows = [skeleton.names.index(name) for name in FEET if name in skeleton.names]
    if len(rows) < len(FEET):
        return np.full(len(keypoints), RIGHT, np.int8)
    x = np.where(keypoints[:, rows, 2] >= threshold, keypoints[:, rows, 0].astype(np.float64), np.nan)
    feet = np.stack([x[:, 0] - x[:, 1], x[:, 2] - x[:, 3]])
    known = np.flatnonzero(np.isfinite(feet).any(axis=0))
    if not len(known):
        return np.full(len(keypoints), RIGHT, np.int8)
    sides = np.where(np.nansum(feet[:, known], axis=0) < 0, LEFT, RIGHT).astype(np.int8)
    last = np.searchsorted(known, np.arange(len(keypoints)), side="right") - 1
    return np.where(last < 0, RIGHT, sides[np.maximum(last, 0)]).astype(np.int8)


def compare_angles(motion: Motion, measured: Degrees) -> AngleFigures:
    """Compare ``measured`` angles (T, A), in degrees, with the truth of ``motion``."""
    truth, valid = true_angles(motion), motion.in_plane[:, None]
    off = np.where(valid, np.abs(wrapped(measured - truth)), np.nan)
    known = np.isfinite(off)
    count = known.sum(axis=0)
    errors = np.where(count > 0, np.nansum(off, axis=0) / np.maximum(count, 1), np.nan)
    possible = int(valid.sum()) * truth.shape[1]
    shown = float(known.sum() / possible) if possible else float("nan")
    return AngleFigures(joint_names(motion.skeleton), errors, shown, int(jumps(truth, measured, known).sum()))


def jumps(truth: Degrees, measured: Degrees, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The frames (T,) in which at least one angle jumps.

    An angle of ``measured`` (T, A) jumps if it differs by more than ``JUMP_DEGREES`` from its last known value, at most
    ``JUMP_FRAMES`` frames before, while ``truth`` (T, A) differs by less than ``STILL_DEGREES`` between the same two
    frames. ``known`` (T, A) are the values that are compared. Differences are wrapped to half a turn.
    """
    jumped = np.zeros(len(truth), bool)
    for column in range(truth.shape[1]):
        rows = np.flatnonzero(known[:, column])
        moved = np.abs(wrapped(np.diff(measured[rows, column])))
        really = np.abs(wrapped(np.diff(truth[rows, column])))
        jumped[rows[1:][(moved > JUMP_DEGREES) & (really < STILL_DEGREES) & (np.diff(rows) <= JUMP_FRAMES)]] = True
    return jumped

"""Points in three dimensions as an animation of joints: bones of constant length, rotations and a moving root."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.core.skeleton import Skeleton
from app.sinks.motion.joint_tree import NOWHERE, Joint, Keypoints, joint_tree
from app.sinks.motion.rotations import Values, frames_of, held, shortest, unit
from app.sinks.motion.twist import twisted


@dataclass(frozen=True, slots=True, eq=False)
class Rig:
    """The animation of one person over T frames, y up.

    ``offsets`` (J, 3) are the places of the ``joints`` in the rest pose, in meters from their parents. ``roots`` (T, 3)
    are those of the root, in meters, and ``rotations`` (T, J, 3, 3) turn each joint against its parent.
    """

    joints: list[Joint]
    offsets: Values
    roots: Values
    rotations: Values


def make_rig(points: Values, skeleton: Skeleton) -> Rig | None:
    """The animation of ``points`` (T, K, 3) in meters, NaN where a keypoint is unknown; None if hips are never seen.

    The length of a bone is the median over all frames, and each bone keeps its direction, so that joints lie at the
    points except for changes of the lengths; the palm, which has several bones, is rigid. Limbs turn around themselves
    as bent joints, palms and feet tell. What is unknown in a frame stays turned as before, and at the beginning as it
    is first seen.
    """
    seen = np.asarray(np.isfinite(points).all(axis=2))
    joints = joint_tree(skeleton, np.asarray(seen.any(axis=0)))
    if not joints:
        return None
    places = [_middle(points, joint.keypoints) for joint in joints]
    frames, count = len(points), len(joints)
    offsets = np.zeros((count, 3))
    turned = np.broadcast_to(np.eye(3), (count, frames, 3, 3)).copy()
    local = turned.copy()
    for number, joint in enumerate(joints):
        above = turned[joint.parent] if joint.parent >= 0 else turned[number]
        twist = np.eye(3)
        children = [row for row, child in enumerate(joints) if child.parent == number]
        aim = next((row for row in children if joints[row].rest != NOWHERE and joints[row].keypoints), None)
        if joint.lines is not None:
            wanted = np.swapaxes(above, 1, 2) @ _turned_by_lines(points, joint)
        elif aim is not None:
            direction = unit(places[aim] - places[number])
            wanted = _turned_to(np.einsum("tji,tj->ti", above, direction), np.array(joints[aim].rest))
            twist = _twist(points, joint, above @ wanted, np.array(joints[aim].rest))
        else:
            wanted = np.full((frames, 3, 3), np.nan)
        local[number] = held(wanted) @ twist if np.isfinite(wanted).all(axis=(1, 2)).any() else np.eye(3)
        turned[number] = above @ local[number]
        is_aimed = joint.lines is None
        for row in children:
            length_only = is_aimed and row == aim
            offsets[row] = _offset(joints[row], places[row] - places[number], turned[number], length_only)
    return Rig(joints, offsets, held(places[0]), np.moveaxis(local, 0, 1))


def _offset(joint: Joint, lines: Values, turned: Values, length_only: bool) -> Values:
    """The place of ``joint`` at rest, from the ``lines`` (T, 3) to it and how its parent is ``turned`` (T, 3, 3)."""
    if joint.rest == NOWHERE:
        return np.zeros(3)
    rest = np.array(joint.rest)
    rest /= np.linalg.norm(rest)
    if not joint.keypoints:
        return rest * joint.end_m
    known = np.isfinite(lines).all(axis=1)
    if not known.any():
        return rest * 0.0
    if length_only:
        return np.asarray(rest * np.median(np.linalg.norm(lines[known], axis=1)))
    return np.asarray(np.median(np.einsum("tji,tj->ti", turned[known], lines[known]), axis=0))


def _turned_by_lines(points: Values, joint: Joint) -> Values:
    """How the lines of ``joint`` say that it is turned (T, 3, 3); NaN where one of them is unknown."""
    assert joint.lines is not None
    now = [_middle(points, line.end) - _middle(points, line.start) for line in joint.lines]
    rest = [np.array([line.direction]) for line in joint.lines]
    return np.asarray(frames_of(now[0], now[1]) @ frames_of(rest[0], rest[1])[0].T)


def _twist(points: Values, joint: Joint, swung: Values, rest: Values) -> Values:
    """How the bone of ``joint``, along ``rest`` in its rest pose, turns around itself once ``swung`` (T, 3, 3)."""
    lines = [(_middle(points, line.end) - _middle(points, line.start), line) for line in joint.twist]
    return twisted(swung, rest / np.linalg.norm(rest), lines)


def _turned_to(directions: Values, rest: Values) -> Values:
    """The smallest rotations (T, 3, 3) of the direction ``rest`` to ``directions`` (T, 3); NaN where unknown."""
    return shortest(rest / np.linalg.norm(rest), directions)


def _middle(points: Values, keypoints: Keypoints | Sequence[int]) -> Values:
    """The middle (T, 3) of some of the ``points`` (T, K, 3); NaN where one of them is unknown, or there are none."""
    if not keypoints:
        return np.full((len(points), 3), np.nan)
    return np.asarray(points[:, list(keypoints)].mean(axis=1))

"""Other bodies and other poses made from true motions: limbs of other lengths, arms and heads of other moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.core.skeleton import load_skeleton
from app.evaluate.motions import Motion

RESCALE = 0.12
"""Limbs become longer or shorter by up to this fraction, both sides alike."""
MIXED = 0.5
"""Fraction of the motions whose arms and head are those of another motion."""

BENT = 0.7
"""Fraction of the motions whose limbs are held differently."""
BEND_DEGREES = {
    **dict.fromkeys(("elbow", "wrist"), 22.0),
    **dict.fromkeys(("knee", "ankle", "heel", "big_toe", "small_toe"), 8.0),
    **dict.fromkeys(("head", "nose", "eye", "ear"), 8.0),
}
"""Standard deviations of the turn of a limb against the trunk, by the keypoints that turn with it."""
END_DEGREES = {"wrist": 12.0, "ankle": 5.0, "heel": 5.0, "big_toe": 5.0, "small_toe": 5.0}
"""The same of a forearm or shin against the limb above."""
TILT_DEGREES = 4.0
"""Standard deviation of the turn of the whole body around each axis."""

SKELETON = load_skeleton("halpe26")
ROW = {name: row for row, name in enumerate(SKELETON.names)}
PARENTS = {
    "neck": "hip",
    "head": "neck",
    "hip_": "hip",
    "knee": "hip_",
    "ankle": "knee",
    "heel": "ankle",
    "big_toe": "ankle",
    "small_toe": "ankle",
    "shoulder": "neck",
    "elbow": "shoulder",
    "wrist": "elbow",
    "nose": "head",
    "eye": "head",
    "ear": "head",
}
"""Where each keypoint hangs; those without a row of their own stand for both sides (``hip_`` for the hips)."""
ALIKE = {"heel": "foot", "big_toe": "foot", "small_toe": "foot", "nose": "face", "eye": "face", "ear": "face"}
"""Keypoints that are scaled together."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Poses ``points`` (F, K, 3) of many motions in body heights around the pelvis, y up.

    ``starts`` and ``ends`` (F,) are the first and the last row of the motion of each row.
    """

    points: Floats
    starts: NDArray[np.intp]
    ends: NDArray[np.intp]


def make_pool(motions: Sequence[Motion], chance: np.random.Generator) -> Pool:
    """All ``motions``, each with a body of its own, some with the arms and the head of another motion."""
    poses = [_around_pelvis(motion) for motion in motions]
    bodies = []
    for pose in poses:
        if chance.random() < MIXED:
            other = poses[int(chance.integers(len(poses)))]
            pose = with_upper_body(pose, _stretch(other, len(pose), chance))
        if chance.random() < BENT:
            pose = bent(pose, chance)
        bodies.append(rescaled(pose @ _turns(TILT_DEGREES, 1, chance)[0], chance))
    lengths = np.array([len(body) for body in bodies])
    ends = np.cumsum(lengths)
    return Pool(
        np.concatenate(bodies).astype(np.float32),
        np.repeat(ends - lengths, lengths),
        np.repeat(ends - 1, lengths),
    )


def rescaled(points: Floats, chance: np.random.Generator) -> Floats:
    """The poses ``points`` (T, K, 3) with other lengths of limbs, in heights of the new body."""
    factors: dict[str, float] = {}
    moved = np.zeros_like(points)
    for name, parent, part in _tree():
        factor = factors.setdefault(ALIKE.get(part, part), 1 + RESCALE * float(chance.uniform(-1, 1)))
        moved[:, ROW[name]] = moved[:, ROW[parent]] + factor * (points[:, ROW[name]] - points[:, ROW[parent]])
    return moved / np.float32(height_of(moved))


def with_upper_body(points: Floats, other: Floats) -> Floats:
    """The poses ``points`` (T, K, 3) with the arms and the head of ``other`` (T, K, 3), turned with the trunk."""
    own, foreign = _trunk_axes(points), _trunk_axes(other)
    turn = np.swapaxes(foreign, 1, 2) @ own
    moved = points.copy()
    for name, parent, part in _tree():
        if part in ("elbow", "wrist", "head", "nose", "eye", "ear"):
            offset = (other[:, ROW[name]] - other[:, ROW[parent]])[:, None]
            moved[:, ROW[name]] = moved[:, ROW[parent]] + (offset @ turn)[:, 0]
    return moved


def bent(points: Floats, chance: np.random.Generator) -> Floats:
    """The poses ``points`` (T, K, 3) with each limb turned against the trunk by the same angle all the time."""
    axes = _trunk_axes(points)
    turns: dict[tuple[str, float, float], Floats] = {}
    moved = points.copy()
    for name, parent, part in _tree():
        offset = (points[:, ROW[name]] - points[:, ROW[parent]])[:, None]
        if part in BEND_DEGREES:
            first, second = BEND_DEGREES[part], END_DEGREES.get(part, 0.0)
            side = name.split("_")[0] if part not in ("nose", "eye", "ear") else "head"
            for key in ((side, first, 0.0), (side, first, second)):
                if key not in turns:
                    turns[key] = _turns(key[2] or first, 1, chance)[0]
            turn = turns[side, first, 0.0] if not second else turns[side, first, second] @ turns[side, first, 0.0]
            offset = offset @ np.swapaxes(axes, 1, 2) @ turn @ axes
        moved[:, ROW[name]] = moved[:, ROW[parent]] + offset[:, 0]
    return moved


def height_of(points: Floats) -> float:
    """The height of the body of ``points`` (T, K, 3), the sum of its parts, as ``Motion.height_m``."""

    def length(a: str, b: str) -> float:
        return float(np.median(np.linalg.norm(points[:, ROW[a]] - points[:, ROW[b]], axis=1)))

    legs = [
        length(f"{side}_{a}", f"{side}_{b}")
        for side in ("left", "right")
        for a, b in (("hip", "knee"), ("knee", "ankle"), ("ankle", "heel"))
    ]
    return length("head", "neck") + length("neck", "hip") + sum(legs) / 2


def _around_pelvis(motion: Motion) -> Floats:
    points = motion.points - motion.points[:, ROW["hip"], None]
    return (points / motion.height_m).astype(np.float32)


def _stretch(points: Floats, count: int, chance: np.random.Generator) -> Floats:
    """``count`` poses from a random place of ``points``, forth and back."""
    period = 2 * len(points) - 2
    rows = (np.arange(count) + int(chance.integers(period))) % period
    return points[np.minimum(rows, period - rows)]


def _trunk_axes(points: Floats) -> Floats:
    """Three axes (T, 3, 3), in rows, that turn with the trunk of ``points`` (T, K, 3)."""
    across = points[:, ROW["left_shoulder"]] - points[:, ROW["right_shoulder"]]
    up = _unit(points[:, ROW["neck"]] - points[:, ROW["hip"]])
    ahead = _unit(np.cross(across, up))
    return np.stack([np.cross(up, ahead), up, ahead], axis=1)


def _unit(vectors: Floats) -> Floats:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32(1e-9))


def _turns(degrees: float, count: int, chance: np.random.Generator) -> Floats:
    """Rotations (count, 3, 3) around random axes, by angles of this standard deviation around each coordinate axis."""
    vectors = np.radians(degrees) * chance.standard_normal((count, 3))
    angles = np.maximum(np.linalg.norm(vectors, axis=1), 1e-9)[:, None, None]
    x, y, z = (vectors / angles[:, :, 0]).T
    none = np.zeros(count)
    cross = np.stack([none, -z, y, z, none, -x, -y, x, none], axis=1).reshape(count, 3, 3)
    turns = np.eye(3) + np.sin(angles) * cross + (1 - np.cos(angles)) * (cross @ cross)
    return turns.astype(np.float32)


def _tree() -> list[tuple[str, str, str]]:
    """All keypoints but the pelvis as (name, parent, part), parents first."""
    rows = []
    for part, parent in PARENTS.items():
        own, above = part.rstrip("_"), parent.rstrip("_")
        for prefix in ("", "left_", "right_"):
            if (prefix + own not in ROW) or (part == "hip_" and not prefix):
                continue
            both_sides = prefix + above in ROW and parent != "hip"
            rows.append((prefix + own, prefix + above if both_sides else above, part))
    return rows

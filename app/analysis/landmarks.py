"""Looks up body keypoints by a common name in any skeleton."""

from __future__ import annotations

from app.core.skeleton import Skeleton

ALIASES = {
    "hip": ("hip", "pelvis"),
    "neck": ("neck", "thorax"),
    "head": ("head", "head_top"),
    "left_big_toe": ("left_big_toe", "left_foot_index"),
    "right_big_toe": ("right_big_toe", "right_foot_index"),
}
"""Alternative names of a keypoint in the skeletons, the preferred first."""

MIDPOINTS = {"hip": ("left_hip", "right_hip"), "neck": ("left_shoulder", "right_shoulder")}
"""The two keypoints whose midpoint replaces a keypoint that a skeleton lacks."""


def keypoint_indices(skeleton: Skeleton, name: str) -> list[int]:
    """The index of keypoint ``name``, else the two indices whose midpoint replaces it, else an empty list."""
    for known in ALIASES.get(name, (name,)):
        if known in skeleton.names:
            return [skeleton.names.index(known)]
    sides = MIDPOINTS.get(name, ())
    found = [skeleton.names.index(side) for side in sides if side in skeleton.names]
    return found if len(found) == len(sides) else []

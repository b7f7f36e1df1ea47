"""Keypoints of a body by one name, whatever a skeleton calls them."""

from __future__ import annotations

from app.skeleton import Skeleton

SAME = {"hip": ("hip", "pelvis"), "neck": ("neck", "thorax"), "head": ("head", "head_top")}
"""What the skeletons call a keypoint; any other has one name."""

MADE_UP = {"hip": ("left_hip", "right_hip"), "neck": ("left_shoulder", "right_shoulder")}
"""A keypoint that a skeleton lacks lies half way between these two."""


def places(skeleton: Skeleton, name: str) -> list[int]:
    """The number of the keypoint ``name``, the numbers of the two that it lies half way between, or nothing."""
    for known in SAME.get(name, (name,)):
        if known in skeleton.names:
            return [skeleton.names.index(known)]
    sides = MADE_UP.get(name, ())
    found = [skeleton.names.index(side) for side in sides if side in skeleton.names]
    return found if len(found) == len(sides) else []

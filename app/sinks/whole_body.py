"""Finds hands and face among the keypoints of a skeleton, in the order that whole-body formats share."""

from __future__ import annotations

from typing import Literal

from app.core.face_points import FACE_68
from app.core.skeleton import Skeleton

FINGERS = ("thumb", "forefinger", "middle_finger", "ring_finger", "pinky_finger")
FINGER_JOINTS = 4
FEET = tuple(f"{side}_{part}" for side in ("left", "right") for part in ("big_toe", "small_toe", "heel"))


def face_keypoints(skeleton: Skeleton) -> list[int]:
    """The indices of the 68 points of a face (Multi-PIE, 300-W), of a mesh those that are nearest to them.

    Empty if ``skeleton`` lacks one of them.
    """
    points = _all_of(skeleton, [f"face-{number}" for number in range(len(FACE_68))])
    return points or _all_of(skeleton, [f"face_mesh-{number}" for number in FACE_68])


def hand_keypoints(skeleton: Skeleton, side: Literal["left", "right"]) -> list[int]:
    """The indices of the 21 points of a hand: wrist, then thumb to little finger from the palm to the tip.

    Empty if ``skeleton`` lacks one of them.
    """
    root = next((name for name in (f"{side}_hand_root", f"{side}_wrist") if name in skeleton.names), "")
    fingers = [f"{side}_{finger}{number}" for finger in FINGERS for number in range(1, FINGER_JOINTS + 1)]
    return _all_of(skeleton, [root, *fingers])


def foot_keypoints(skeleton: Skeleton) -> list[int | None]:
    """The indices of big toe, small toe and heel, left and right; None for each that ``skeleton`` lacks."""
    names = skeleton.names
    same = {name: name.replace("big_toe", "foot_index") for name in FEET}  # what BlazePose calls it
    known = [name if name in names else same[name] for name in FEET]
    return [names.index(name) if name in names else None for name in known]


def _all_of(skeleton: Skeleton, names: list[str]) -> list[int]:
    indices = {name: number for number, name in enumerate(skeleton.names)}
    return [indices[name] for name in names] if all(name in indices for name in names) else []

"""Skeletons: names, limbs, left-right pairs and sigmas of keypoints, each read from one JSON file."""

from __future__ import annotations

from functools import cache
from string import digits
from typing import Literal, get_args

import msgspec

from app.core.assets import asset
from app.core.errors import InvalidValueError, StanceError
from app.core.message import Message

FOLDER = asset("skeletons")
Side = Literal["left", "right", "middle"]
Part = Literal[
    "trunk", "face", "arm", "leg", "foot", "thumb", "forefinger", "middle_finger", "ring_finger", "pinky_finger"
]
PARTS: tuple[Part, ...] = get_args(Part)
"""Parts of the body; a limb between two parts belongs to the later one."""
PARTS_OF_NAMES: dict[str, Part] = {
    **dict.fromkeys(("nose", "eye", "ear", "face", "face_mesh", "head", "head_top", "mouth", "jaw"), "face"),
    **dict.fromkeys(("eye_inner", "eye_outer", "mouth_left", "mouth_right"), "face"),
    **dict.fromkeys(("elbow", "wrist", "hand_root", "front_paw"), "arm"),
    **dict.fromkeys(("knee", "ankle", "back_paw"), "leg"),
    **dict.fromkeys(("big_toe", "small_toe", "heel", "foot_index"), "foot"),
    **{part: part for part in PARTS[5:]},
    "index": "forefinger",
    "pinky": "pinky_finger",
}
"""By the name of a keypoint without side and number; all others are of the trunk."""


class Skeleton(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """K keypoints and how they are connected.

    ``limbs`` and ``flip_pairs`` are pairs of keypoint indices, ``sigmas`` the K standard deviations of the COCO object
    keypoint similarity (in units of the square root of the person's area; empty if unknown).
    """

    name: str
    names: tuple[str, ...]
    limbs: tuple[tuple[int, int], ...] = ()
    flip_pairs: tuple[tuple[int, int], ...] = ()
    sigmas: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.names)
        if not count:
            raise InvalidValueError("skeleton {skeleton!r} has no keypoints", skeleton=self.name)
        for label, pairs in ((Message("limb"), self.limbs), (Message("flip pair"), self.flip_pairs)):
            for pair in pairs:
                if not all(0 <= i < count for i in pair):
                    raise InvalidValueError(
                        "{label} {pair} of skeleton {skeleton!r} is outside 0..{last}",
                        label=label,
                        pair=str(list(pair)),
                        skeleton=self.name,
                        last=count - 1,
                    )
        if self.sigmas and len(self.sigmas) != count:
            raise InvalidValueError(
                "skeleton {skeleton!r} has {found} sigmas for {count} keypoints",
                skeleton=self.name,
                found=len(self.sigmas),
                count=count,
            )
        if any(not 0 < sigma < 10 for sigma in self.sigmas):
            raise InvalidValueError("skeleton {skeleton!r} has a sigma outside 0..10", skeleton=self.name)

    @property
    def flip_order(self) -> list[int]:
        """For each of the K keypoints the index of its left-right counterpart, or its own if it has none."""
        order = list(range(len(self.names)))
        for a, b in self.flip_pairs:
            order[a], order[b] = b, a
        return order

    def side(self, keypoint: int) -> Side:
        """The side of the body that keypoint number ``keypoint`` is on, from its name."""
        return side_of(self.names[keypoint])

    def part(self, keypoint: int) -> Part:
        """The part of the body that keypoint number ``keypoint`` is on, from its name."""
        return part_of(self.names[keypoint])

    def subset(self, other: Skeleton) -> list[int] | None:
        """The indices of ``other``'s keypoints in this skeleton, or None if one is missing."""
        indices = {name: i for i, name in enumerate(self.names)}
        if not all(name in indices for name in other.names):
            return None
        return [indices[name] for name in other.names]


def side_of(name: str) -> Side:
    """The side of the body, from the ``name`` of a keypoint or of an angle."""
    name = name.lower()
    if name.startswith(("left", "l_")) or name.endswith("_left"):
        return "left"
    if name.startswith(("right", "r_")) or name.endswith("_right"):
        return "right"
    return "middle"


def part_of(name: str) -> Part:
    """The part of the body, from the ``name`` of a keypoint."""
    name = name.lower().rstrip(digits).removesuffix("-")
    for side in ("left_", "right_", "l_", "r_"):
        name = name.removeprefix(side)
    return PARTS_OF_NAMES.get(name, "trunk")


@cache
def load_skeleton(name: str) -> Skeleton:
    """Load the bundled skeleton ``assets/skeletons/NAME.json``.

    Raises StanceError if there is none of that name.
    """
    path = FOLDER / f"{name}.json"
    if not name.isidentifier() or not path.is_file():
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.json")))
        raise StanceError("There is no skeleton named {name!r}: wanted one of {known}.", name=name, known=known)
    return msgspec.json.decode(path.read_bytes(), type=Skeleton)


def plain_skeleton(keypoints: int) -> Skeleton:
    """The skeleton for a network that declares none: a bundled one with ``keypoints`` keypoints, else points only."""
    for name in ("coco17", "halpe26", "mpii16", "hand21", "face68", "face106", "wholebody133"):
        if len(load_skeleton(name).names) == keypoints:
            return load_skeleton(name)
    return Skeleton(name=f"points{keypoints}", names=tuple(f"point_{i}" for i in range(keypoints)))

"""A skeleton: the keypoints' names, limbs, left-right pairs and sigmas, read from one JSON file each."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from app.errors import StanceError

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "skeletons"
Side = Literal["left", "right", "middle"]


class Skeleton(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """K keypoints and how they hang together.

    ``limbs`` and ``flip_pairs`` are pairs of keypoint numbers, ``sigmas`` the K standard deviations of the
    COCO object keypoint similarity (in units of the square root of the person's area; empty where unknown).
    """

    name: str
    names: tuple[str, ...]
    limbs: tuple[tuple[int, int], ...] = ()
    flip_pairs: tuple[tuple[int, int], ...] = ()
    sigmas: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.names)
        if not count:
            raise ValueError(f"skeleton {self.name!r} has no keypoints")
        for label, pairs in (("limb", self.limbs), ("flip pair", self.flip_pairs)):
            for pair in pairs:
                if not all(0 <= i < count for i in pair):
                    raise ValueError(f"{label} {list(pair)} of skeleton {self.name!r} is outside 0..{count - 1}")
        if self.sigmas and len(self.sigmas) != count:
            raise ValueError(f"skeleton {self.name!r} has {len(self.sigmas)} sigmas for {count} keypoints")
        if any(not 0 < sigma < 10 for sigma in self.sigmas):
            raise ValueError(f"skeleton {self.name!r} has a sigma outside 0..10")

    @property
    def flip_order(self) -> list[int]:
        """For each keypoint the number of its mirror image (itself where it has none)."""
        order = list(range(len(self.names)))
        for a, b in self.flip_pairs:
            order[a], order[b] = b, a
        return order

    def side(self, keypoint: int) -> Side:
        """Left, right or middle of the body, from the keypoint's name."""
        name = self.names[keypoint].lower()
        if name.startswith(("left", "l_")):
            return "left"
        if name.startswith(("right", "r_")):
            return "right"
        return "middle"

    def subset(self, other: Skeleton) -> list[int] | None:
        """Where ``other``'s keypoints stand in this skeleton, or None where one is missing."""
        places = {name: i for i, name in enumerate(self.names)}
        if not all(name in places for name in other.names):
            return None
        return [places[name] for name in other.names]


@cache
def load_skeleton(name: str) -> Skeleton:
    """The skeleton that ships as ``assets/skeletons/NAME.json``.

    Raises StanceError where there is none of that name.
    """
    path = FOLDER / f"{name}.json"
    if not name.isidentifier() or not path.is_file():
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.json")))
        raise StanceError(f"There is no skeleton named {name!r}: wanted one of {known}.")
    return msgspec.json.decode(path.read_bytes(), type=Skeleton)


def plain_skeleton(keypoints: int) -> Skeleton:
    """A skeleton for a network that names none: the one that ships with that many keypoints, else bare points."""
    for name in ("coco17", "halpe26", "mpii16", "hand21", "face68", "wholebody133"):
        if len(load_skeleton(name).names) == keypoints:
            return load_skeleton(name)
    return Skeleton(name=f"points{keypoints}", names=tuple(f"point_{i}" for i in range(keypoints)))

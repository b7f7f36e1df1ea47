"""Skeletons of a body with hands and a face: the keypoints of the body come first and keep their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import msgspec

from app.core.settings import Face
from app.core.skeleton import Skeleton, load_skeleton

HAND_POINTS = 21
SIDES = ("left", "right")
WHOLE_BODY = "wholebody133"
"""The layout that the names, limbs and sigmas of hands and of the 68 points of a face are from."""
FACE_68 = (23, 91)
MESH = "face468"
MEDIUM_SIGMA = 0.02
"""Standard deviation of the object keypoint similarity for points of the mesh of a face, which no data set states."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where parts are among the keypoints: ``body``, ``face`` and ``hands`` (left, right); empty where there is none.

    The keypoints of ``skeleton`` are those of the body, then those of the face, then both hands, as in COCO-WholeBody.
    """

    skeleton: Skeleton
    body: range
    face: range
    hands: tuple[range, range]


@cache
def compose(body: Skeleton, hands: bool, face: Face) -> Layout:
    """The keypoints of ``body``, with those of a face and of both hands as the switches say.

    Hands and the 68 points of a face have the names, limbs and sigmas of COCO-WholeBody, so that with the feet of the
    body all of its 133 keypoints are there by name. The face's 468 points of ``mesh`` are connected to contours.
    """
    whole = load_skeleton(WHOLE_BODY)
    parts = [body]
    if face:
        parts.append(load_skeleton(MESH) if face == "mesh" else _part(whole, list(range(*FACE_68))))
    parts += [_part(whole, _hand(whole, side)) for side in SIDES] if hands else []
    starts = [0]
    for part in parts:
        starts.append(starts[-1] + len(part.names))
    ranges = [range(start, end) for start, end in pairwise(starts)]
    none = range(0)
    left, right = ranges[-2:] if hands else (none, none)
    skeleton = _joined(body, parts, starts)
    return Layout(skeleton, ranges[0], ranges[1] if face else none, (left, right))


def _hand(whole: Skeleton, side: str) -> list[int]:
    """The numbers of one hand's keypoints, from the root to the tip of the little finger."""
    root = whole.names.index(f"{side}_hand_root")
    return list(range(root, root + HAND_POINTS))


def _part(whole: Skeleton, numbers: list[int]) -> Skeleton:
    """The keypoints with these ``numbers`` alone."""
    row = {number: place for place, number in enumerate(numbers)}
    limbs = tuple((row[a], row[b]) for a, b in whole.limbs if a in row and b in row)
    pairs = tuple((row[a], row[b]) for a, b in whole.flip_pairs if a in row and b in row)
    names = tuple(whole.names[number] for number in numbers)
    return Skeleton("part", names, limbs, pairs, tuple(whole.sigmas[number] for number in numbers))


def _joined(body: Skeleton, parts: list[Skeleton], starts: list[int]) -> Skeleton:
    """One skeleton of all ``parts``, whose keypoints start at these numbers."""
    if len(parts) == 1:
        return body
    names = tuple(name for part in parts for name in part.names)
    row = {name: number for number, name in enumerate(names)}
    left, right = (f"{side}_hand_root" for side in SIDES)
    hands = [(row[left] + i, row[right] + i) for i in range(HAND_POINTS)] if left in row else []
    sigmas = tuple(sigma for part in parts for sigma in part.sigmas or (MEDIUM_SIGMA,) * len(part.names))
    return msgspec.structs.replace(
        body,
        name="+".join([body.name, *dict.fromkeys(_kind(part) for part in parts[1:])]),
        names=names,
        limbs=_shifted([part.limbs for part in parts], starts),
        flip_pairs=(*_shifted([part.flip_pairs for part in parts], starts), *hands),
        sigmas=sigmas if body.sigmas else (),
    )


def _kind(part: Skeleton) -> str:
    return "hands" if len(part.names) == HAND_POINTS else f"face{len(part.names)}"


def _shifted(pairs_of_parts: list[tuple[tuple[int, int], ...]], starts: list[int]) -> tuple[tuple[int, int], ...]:
    """The pairs of keypoints of all parts, by their numbers in the whole."""
    return tuple((a + start, b + start) for pairs, start in zip(pairs_of_parts, starts, strict=False) for a, b in pairs)

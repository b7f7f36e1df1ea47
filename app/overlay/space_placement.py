"""Where people with points in three dimensions stand beside each other, by their places in the picture.

Points in three dimensions have the pelvis as their origin, so that a person's place in the room, and how far two people
are apart, has to be estimated: the size of the person in the picture, compared with that of the points, says how far
away the person is, for a focal length that is assumed, as nothing is known of the lens. The lowest places of the feet
around the time are taken for the floor. It is assumed too that the camera is level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from app.core.people import Person
from app.core.skeleton import Skeleton
from app.overlay.colors import FINGERS

Values = NDArray[np.float64]

FOCAL = 1.0
"""Assumed focal length, as a multiple of the longer side of the picture: 53 degrees across it."""
FEET = ("heel", "big_toe", "small_toe", "ankle")
ANKLE_M = 0.08
"""Height of the ankle over the floor, where a skeleton has no keypoint of the foot, in meters."""
PELVIS_M = 0.93
"""Height of the pelvis over the floor where no foot is seen, in meters."""
RESTING = 0.2
"""Quantile of the heights of the lowest foot that is the floor."""
GATHERED_M, FARTHER = 6.0, 3.0
"""The view follows people up to this distance from the middle one: meters, or that many times the median distance."""
MIN_POINTS = 3
"""A person with fewer points in the picture has no size there."""


@dataclass(frozen=True, slots=True, eq=False)
class PlacedPerson:
    """A ``person`` in the room: ``points`` (K, 3) in meters, NaN where they are not known.

    x is to the right of the middle of the picture, y up from the floor, z negative away from the camera. ``pelvis``
    (3,) is the place of the origin of the person's own points.
    """

    person: Person
    points: Values
    pelvis: Values

    def mirrored(self) -> PlacedPerson:
        """The person in the mirrored room, as the mirrored picture shows it."""
        return replace(self, points=self.points * [-1, 1, 1], pelvis=self.pelvis * [-1, 1, 1])


def gathered(people: Sequence[PlacedPerson]) -> list[PlacedPerson]:
    """Those of ``people`` who are near each other, around the one in the middle; of two the nearer one to the camera.

    A person of whom little is seen may be placed far away by mistake.
    """
    if len(people) < 2:
        return list(people)
    places = np.stack([one.pelvis for one in people])
    depths = places[:, 2]
    middle = places[np.argsort(-depths)[(len(people) - 1) // 2]]
    apart = np.linalg.norm(places - middle, axis=1)
    farthest = max(GATHERED_M, FARTHER * float(np.median(apart)) if len(people) > 2 else 0.0)
    return [one for one, distance in zip(people, apart.tolist(), strict=True) if distance <= farthest]


def place(
    person: Person,
    around: Sequence[Person],
    skeleton: Skeleton,
    size: tuple[int, int],
    threshold: float = 0.3,
    factor: float = 1.0,
) -> PlacedPerson | None:
    """``person`` in the room; None without points in three dimensions, and where too few are seen.

    Args:
        person: The person in the frame that is shown.
        around: The same person in frames before and after, for a steady size and floor.
        skeleton: The skeleton of both.
        size: (width, height) of the picture in pixels.
        threshold: Keypoints and points with a lower score are not known.
        factor: By what the points are multiplied, of somebody who is taller than they are.
    """
    if person.points_3d is None:
        return None
    people = [person, *(one for one in around if one is not person)]
    found = [(one.points_3d, one.keypoints) for one in people if one.points_3d is not None]
    points = np.stack([in_space for in_space, _ in found]).astype(np.float64) * [factor, factor, factor, 1]
    keypoints = np.stack([in_picture for _, in_picture in found]).astype(np.float64)
    known = points[..., 3] >= np.float32(threshold)
    both = known & (keypoints[..., 2] >= np.float32(threshold)) & _of_body(skeleton)
    scales, origins = _fitted(points, keypoints, both)
    if not np.isfinite(scales[0]):
        return None
    scale = float(np.nanmedian(scales))
    heights = -(origins[:, 1] - size[1] / 2) / scale
    pelvis = np.array(
        [
            (origins[0, 0] - size[0] / 2) / scale,
            heights[0] - _floor(points, known, heights, skeleton),
            -FOCAL * max(size) / scale,
        ]
    )
    return PlacedPerson(person, np.where(known[0, :, None], points[0, :, :3], np.nan) + pelvis, pelvis)


@cache
def _of_body(skeleton: Skeleton) -> NDArray[np.bool_]:
    """Which keypoints say how far away a person is (K,): those of the body, where there are any.

    Hands and faces come and go, and have many points in one place.
    """
    names = skeleton.names
    hand = [skeleton.part(row) in FINGERS or name.endswith("hand_root") for row, name in enumerate(names)]
    body = np.array([not (on_hand or name.startswith("face")) for on_hand, name in zip(hand, names, strict=True)])
    return body if body.sum() >= MIN_POINTS else np.ones(len(names), bool)


def _fitted(points: Values, keypoints: Values, both: NDArray[np.bool_]) -> tuple[Values, Values]:
    """Pixels of a meter (T,), and where the origin of the points is in the picture (T, 2) in pixels; else NaN.

    The points (T, K, 4) are scaled and moved onto the keypoints (T, K, 3), those that are known in ``both`` (T, K).
    """
    weight = both[..., None].astype(np.float64)
    count = np.maximum(weight.sum(axis=1), 1)
    flat = points[..., :2] * [1, -1]
    middle = (np.where(both[..., None], flat, 0)).sum(axis=1) / count
    seen_middle = (np.where(both[..., None], keypoints[..., :2], 0)).sum(axis=1) / count
    spread = np.where(both[..., None], flat - middle[:, None], 0)
    seen_spread = np.where(both[..., None], keypoints[..., :2] - seen_middle[:, None], 0)
    size = np.sqrt((spread**2).sum(axis=(1, 2)))
    enough = (both.sum(axis=1) >= MIN_POINTS) & (size > 1e-3)
    scales = np.sqrt((seen_spread**2).sum(axis=(1, 2))) / np.where(enough, size, np.nan)
    scales = np.where(scales > 0, scales, np.nan)
    return scales, seen_middle - scales[:, None] * middle


def _floor(points: Values, known: NDArray[np.bool_], heights: Values, skeleton: Skeleton) -> float:
    """The height of the floor, in meters as ``heights`` (T,) of the pelvis."""
    for name in FEET:
        rows = [row for row, one in enumerate(skeleton.names) if one.endswith(name)]
        if rows and known[:, rows].any():
            break
    else:
        return float(heights[0]) - PELVIS_M
    soles = rows if name == "ankle" else [n for n, one in enumerate(skeleton.names) if one.endswith(FEET[:3])]
    lowest = np.where(known[:, soles], points[:, soles, 1], np.inf).min(axis=1) + heights
    floor = float(np.quantile(lowest[np.isfinite(lowest)], RESTING))
    return floor - ANKLE_M if name == "ankle" else floor

"""Fits a body in three dimensions onto keypoints in the picture: the place from the picture, the depth from the body.

A single picture tells directions better than sizes. The bones get the lengths of an average adult, so that they are the
same in every frame and on both sides; each bone's direction is the most likely one, given where its ends are in the
picture (weak perspective) and how far apart they are in depth in the body that is fitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats

PELVIS, NECK = "pelvis", "neck"

SHOULDERS_M, HIPS_M, TRUNK_M = 0.35, 0.20, 0.49
"""Distances in meters between the shoulders, between the hips, and from the middle of these to that of those.

As the other lengths they are those of an adult of 1.70 m (Winter, Biomechanics and Motor Control of Human Movement),
the widths where keypoints of pictures lie.
"""

LIMBS: tuple[tuple[str, str, float], ...] = (
    ("elbow", "shoulder", 0.30),
    ("wrist", "elbow", 0.25),
    ("knee", "hip", 0.42),
    ("ankle", "knee", 0.41),
    ("heel", "ankle", 0.07),
    ("foot_index", "ankle", 0.18),
)
"""Further bones of both sides: the end, where it begins, and its length in meters."""

PICTURE_M, DEPTH_M = 0.04, 0.06
"""Standard deviation of the ends of a bone in the picture, and of its depth, in meters."""

MIN_SCORE = 0.3
"""Keypoints that score less are not seen: their bones have the direction of the body that is fitted."""

ANGLES = np.linspace(-np.pi / 2, np.pi / 2, 61)
NEWTON_STEPS = 2


class Placed(NamedTuple):
    """Rows of K keypoints in the picture: ``places`` (N, K, 2) in pixels and which of them are ``seen`` (N, K)."""

    places: NDArray[np.float64]
    seen: NDArray[np.bool_]


class BodyFit:
    """Fits bodies with points ``names``, which have hips, shoulders and the ends of ``LIMBS``.

    ``scale`` is the size of an adult to that of the bodies that are fitted.
    """

    def __init__(self, names: Sequence[str], scale: float) -> None:
        rows = {name: row for row, name in enumerate(names)}
        self._count, self._scale = len(names), scale
        self._hips, self._shoulders = _pair(rows, "hip"), _pair(rows, "shoulder")
        self._limbs = [(_pair(rows, end), _pair(rows, start), length) for end, start, length in LIMBS]
        placed = {*self._hips, *self._shoulders, *(row for ends, _, _ in self._limbs for row in ends)}
        others = [(name, row) for name, row in rows.items() if row not in placed]
        wrists = dict(zip(("left", "right"), _pair(rows, "wrist"), strict=True))
        hands = ("pinky", "index", "thumb")
        self._hands = [(row, wrists[name.split("_")[0]]) for name, row in others if name.endswith(hands)]
        self._head = [row for name, row in others if not name.endswith(hands)]

    def __call__(self, body: Floats, keypoints: Floats) -> Floats:
        """Points (N, K, 3) in meters (see ``Person.points_3d``), the pelvis as origin.

        ``body`` (N, K, 3) are the bodies that are fitted, along the same axes, ``keypoints`` (N, K, 3) = x y score
        where their points are in the picture; one that is missing there scores 0.
        """
        scaled = body.astype(np.float64) * self._scale
        nothing = Placed(np.zeros((*body.shape[:2], 2)), np.zeros(body.shape[:2], bool))
        placed = self._in_meters(self._build(scaled, nothing), keypoints)
        return self._build(scaled, placed).astype(np.float32)

    def _in_meters(self, body: NDArray[np.float64], keypoints: Floats) -> Placed:
        """``keypoints`` (N, K, 3) in meters from the pelvis, at the scale that fits ``body`` (N, K, 3) best."""
        seen = keypoints[..., 2] >= MIN_SCORE
        weights = np.where(seen, keypoints[..., 2], 1e-6)[..., None].astype(np.float64)
        weights[:, self._head] = 1e-6  # heads turn and nod, and the network places them least well
        pixels = keypoints[..., :2].astype(np.float64) * [1, -1]
        total = weights.sum(axis=1, keepdims=True)
        middle, origin = ((weights * part).sum(axis=1, keepdims=True) / total for part in (body[..., :2], pixels))
        flat, apart = body[..., :2] - middle, pixels - origin
        across = (weights * flat * apart).sum(axis=(1, 2), keepdims=True)
        scales = across / np.maximum((weights * flat**2).sum(axis=(1, 2), keepdims=True), 1e-9)
        places = apart / np.where(scales > 1e-6, scales, np.inf) + middle
        hips = places[:, self._hips].mean(axis=1, keepdims=True)
        is_known = np.logical_and(seen[:, self._hips[0]], seen[:, self._hips[1]])
        places -= np.where(is_known[:, None, None], hips, 0)
        return Placed(places, seen & (scales[:, 0] > 1e-6))

    def _build(self, body: NDArray[np.float64], placed: Placed) -> NDArray[np.float64]:
        """Points (N, K, 3) with bones of the standard lengths, in the directions of ``body`` and ``placed``."""
        points = np.zeros_like(body)
        pelvis, neck = (body[:, pair].mean(axis=1) for pair in (self._hips, self._shoulders))
        self._spread(points, body, placed, self._hips, np.zeros_like(pelvis), HIPS_M)
        place = placed.places[:, self._shoulders].mean(axis=1, keepdims=True)
        seen = np.logical_and(*(placed.seen[:, [row]] for row in self._shoulders))
        top = _bones((neck - pelvis)[:, None], place, seen, TRUNK_M)[:, 0]
        self._spread(points, body, placed, self._shoulders, top, SHOULDERS_M)
        for ends, starts, length in self._limbs:
            targets = placed.places[:, ends] - points[:, starts, :2]
            bones = _bones(body[:, ends] - body[:, starts], targets, placed.seen[:, ends], length)
            points[:, ends] = points[:, starts] + bones
        for row, wrist in self._hands:
            self._attach(points, body, placed, row, body[:, wrist], points[:, wrist])
        for row in self._head:
            self._attach(points, body, placed, row, neck, top)
        return points

    @staticmethod
    def _spread(
        points: NDArray[np.float64],
        body: NDArray[np.float64],
        placed: Placed,
        pair: list[int],
        middle: NDArray[np.float64],
        length: float,
    ) -> None:
        """Place the ``pair`` of a left and a right point ``length`` apart around ``middle`` (N, 3)."""
        left, right = pair
        targets = (placed.places[:, left] - placed.places[:, right])[:, None]
        seen = (placed.seen[:, left] & placed.seen[:, right])[:, None]
        half = _bones((body[:, left] - body[:, right])[:, None], targets, seen, length)[:, 0] / 2
        points[:, left], points[:, right] = middle + half, middle - half

    @staticmethod
    def _attach(
        points: NDArray[np.float64],
        body: NDArray[np.float64],
        placed: Placed,
        row: int,
        anchor: NDArray[np.float64],
        at: NDArray[np.float64],
    ) -> None:
        """Place point ``row`` as it lies to ``anchor`` (N, 3), which is put ``at`` (N, 3), or where it is seen."""
        points[:, row] = at + body[:, row] - anchor
        seen = placed.seen[:, row]
        points[seen, row, :2] = placed.places[seen, row]


def _pair(rows: dict[str, int], part: str) -> list[int]:
    return [rows[f"left_{part}"], rows[f"right_{part}"]]


def _bones(
    vectors: NDArray[np.float64], targets: NDArray[np.float64], seen: NDArray[np.bool_], length: float
) -> NDArray[np.float64]:
    """Bones (N, B, 3) of ``length``: as ``vectors`` (N, B, 3), towards ``targets`` (N, B, 2) where these are ``seen``.

    A bone at an angle to the picture's plane has the parts length cos and length sin; the angle is the one of least
    squares, in standard deviations.
    """
    sizes = np.linalg.norm(vectors, axis=-1, keepdims=True)
    own = vectors / np.maximum(sizes, 1e-9) * length
    if not seen.any():
        return own
    reach = np.linalg.norm(targets, axis=-1)
    depth = own[..., 2]
    angles = ANGLES[np.argmin(_cost(ANGLES, reach[..., None], depth[..., None], length), axis=-1)]
    for _ in range(NEWTON_STEPS):
        slope, curve = _slopes(angles, reach, depth, length)
        angles = np.clip(angles - slope / np.where(curve > 0, curve, np.inf), -np.pi / 2, np.pi / 2)
    along = targets / np.maximum(reach, 1e-9)[..., None]
    fitted = np.concatenate([along * np.cos(angles)[..., None], np.sin(angles)[..., None]], axis=-1) * length
    return np.where((seen & (reach > 1e-6))[..., None], fitted, own)


def _cost(
    angles: NDArray[np.float64], reach: NDArray[np.float64], depth: NDArray[np.float64], length: float
) -> NDArray[np.float64]:
    flat, deep = length * np.cos(angles) - reach, length * np.sin(angles) - depth
    return np.asarray((flat / PICTURE_M) ** 2 + (deep / DEPTH_M) ** 2)


def _slopes(
    angles: NDArray[np.float64], reach: NDArray[np.float64], depth: NDArray[np.float64], length: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Half the first and the second derivative of ``_cost`` by the angle."""
    cosine, sine = length * np.cos(angles), length * np.sin(angles)
    flat, deep = 1 / PICTURE_M**2, 1 / DEPTH_M**2
    slope = -(cosine - reach) * sine * flat + (sine - depth) * cosine * deep
    curve = (sine**2 - (cosine - reach) * cosine) * flat + (cosine**2 - (sine - depth) * sine) * deep
    return slope, curve

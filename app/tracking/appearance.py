"""Appearance descriptors: the mean color of each part of a person's body.

Colors are sampled at points inside the torso and along the limbs, placed by the pose. Left and right are merged,
because pose networks swap them when a person turns around. Descriptors tell people apart after they cross or were
hidden. They do not identify a person, and are deleted with the track.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats, Image

LIMBS = (
    (("left_shoulder", "left_elbow"), ("right_shoulder", "right_elbow")),
    (("left_hip", "left_knee"), ("right_hip", "right_knee")),
    (("left_knee", "left_ankle"), ("right_knee", "right_ankle")),
    (("left_ear", "nose"), ("right_ear", "nose")),
)
TORSO = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
PARTS = ("upper torso", "lower torso", "arms", "thighs", "shins", "head")
"""Names of the body parts: the halves of the torso, and ``LIMBS``."""
ALONG = (0.2, 0.35, 0.5, 0.65, 0.8)
"""Where colors are sampled: fractions of a limb's length, and of the torso's width and height."""

SPREAD = np.array([15.0, 6.0, 6.0], np.float32)
"""Standard deviation, in L a b, of the color of one body part of one person over time."""

DOUBT = 0.5
"""Prior weight of a neutral similarity (0.5), in units of one fully visible body part."""

MEMORY_S = 1.0
"""Time constant of the descriptor's moving average, in seconds."""


class Appearance:
    """Computes the appearance descriptors of people in a picture, for a skeleton with the keypoint ``names``.

    A descriptor is (P, 4): the mean L a b of each body part, and the visible fraction of the part, 0..1. A skeleton
    without the keypoints of a body has no parts (P = 0); all its descriptors are equally similar. ``parts`` are the
    names (P) of the parts that the skeleton has, of ``PARTS``.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        rows = {name: row for row, name in enumerate(names)}
        grid = dict(zip(PARTS, _sample_grid(), strict=True))
        self.parts = tuple(
            part for part, points in grid.items() if all(name in rows for point in points for name in point)
        )
        parts = [grid[part] for part in self.parts]
        # Each row computes one sample point as a weighted mean of keypoints.
        self._mix = np.zeros((sum(map(len, parts)), len(names)), np.float32)
        for row, point in enumerate(point for part in parts for point in part):
            for name, weight in point.items():
                self._mix[row, rows[name]] += weight
        # The keypoints that each point is between, repeated where there are fewer than four.
        ends = [np.flatnonzero(row) for row in self._mix]
        self._ends = np.array([np.resize(row, len(TORSO)) for row in ends], np.intp).reshape(-1, len(TORSO))
        self._starts = np.cumsum([0, *map(len, parts)])[:-1].astype(int)
        self._counts = np.array([len(part) for part in parts])

    def __call__(self, image: Image, boxes: Floats, poses: Floats) -> Floats:
        """Descriptors (N, P, 4) of people with ``boxes`` (N, 4) and ``poses`` (N, K, 3) in ``image`` (H, W, 3).

        Points inside another person's box are ignored: they may show that person.
        """
        if not len(poses) or not len(self._starts):
            return np.zeros((len(poses), len(self._starts), 4), np.float32)
        points = self._mix @ poses[..., :2]
        worst = poses[:, self._ends, 2].min(axis=-1)
        x, y = np.round(points).astype(int).transpose(2, 0, 1)
        height, width = image.shape[:2]
        clear = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        for other, (x0, y0, x1, y1) in enumerate(boxes if len(boxes) > 1 else ()):
            inside = (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)
            inside[other] = False
            clear &= ~inside
        weights = np.clip(2 * worst - 0.4, 0, 1) * clear
        colors = image[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)].astype(np.float32) / 255
        lab = cv2.cvtColor(colors, cv2.COLOR_BGR2Lab)
        sums = np.add.reduceat(
            np.concatenate([lab * weights[..., None], weights[..., None]], axis=-1), self._starts, axis=1
        )
        means = sums[..., :3] / np.maximum(sums[..., 3:], 1e-6)
        return np.concatenate([means, sums[..., 3:] / self._counts[:, None]], axis=-1).astype(np.float32)


def similarity(descriptor: Floats, others: Floats) -> NDArray[np.float64]:
    """Similarity (M,) of ``others`` (M, P, 4) to ``descriptor`` (P, 4): 0 different, 0.5 undecided, 1 equal.

    With ``descriptor`` (M, P, 4) row by row.
    """
    weights = np.minimum(descriptor[..., 3], others[..., 3])
    distances = (((others[..., :3] - descriptor[..., :3]) / SPREAD) ** 2).sum(axis=-1)
    return ((weights * np.exp(-distances / 2)).sum(axis=-1) + DOUBT / 2) / (weights.sum(axis=-1) + DOUBT)


def blend(descriptor: Floats, new: Floats, elapsed_s: float) -> Floats:
    """Moving average (P, 4) of ``descriptor`` (P, 4) and the ``new`` one (P, 4), seen ``elapsed_s`` seconds later."""
    alpha = 1 - np.exp(-elapsed_s / MEMORY_S)
    old, fresh = descriptor[:, 3:] * (1 - alpha), new[:, 3:] * alpha
    colors = descriptor[:, :3] + fresh / np.maximum(old + fresh, 1e-6) * (new[:, :3] - descriptor[:, :3])
    return np.concatenate([colors, np.maximum(descriptor[:, 3:], new[:, 3:])], axis=1).astype(np.float32)


def _sample_grid() -> list[list[dict[str, float]]]:
    """The sample points of each body part, each as weights of keypoints."""
    left, right, low_left, low_right = TORSO
    halves: list[list[dict[str, float]]] = [[], []]
    for down in ALONG:
        for across in ALONG:
            halves[down > 0.5].append(
                {
                    left: (1 - down) * (1 - across),
                    right: (1 - down) * across,
                    low_left: down * (1 - across),
                    low_right: down * across,
                }
            )
    limbs = [[{a: 1 - t, b: t} for a, b in pair for t in ALONG] for pair in LIMBS]
    return [*halves, *limbs]

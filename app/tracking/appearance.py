"""What people look like: the colours of their clothes, by part of the body.

Colours are read at points inside the torso and along the limbs, where the pose says that these are; left and right
count together, for networks mistake one for the other where somebody turns round. That tells people apart who cross or
were hidden; it recognises nobody, and is forgotten with the track.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from app.people import Floats, Image

LIMBS = (
    (("left_shoulder", "left_elbow"), ("right_shoulder", "right_elbow")),
    (("left_hip", "left_knee"), ("right_hip", "right_knee")),
    (("left_knee", "left_ankle"), ("right_knee", "right_ankle")),
    (("left_ear", "nose"), ("right_ear", "nose")),
)
TORSO = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
ALONG = (0.2, 0.35, 0.5, 0.65, 0.8)
"""Where along a limb, and across and down the torso, colours are read."""

SPREAD = np.array([15.0, 6.0, 6.0], np.float32)
"""How far, in L a b, the colours of one person's part wander over time."""

DOUBT = 0.5
"""The weight of not knowing, in well seen parts of the body."""

MEMORY_S = 1.0
"""Within so long the memory of a look follows a change."""


class Appearance:
    """Reads what people look like off a picture; made for one skeleton's keypoint ``names``.

    A look is (P, 4): mean L a b of each part of the body and how well it was seen, 0..1. A skeleton without a body's
    names has no parts: then everybody looks alike.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        places = {name: row for row, name in enumerate(names)}
        parts = [part for part in _parts() if all(name in places for point in part for name in point)]
        # Each row makes one point out of the keypoints.
        self._mix = np.zeros((sum(map(len, parts)), len(names)), np.float32)
        for row, point in enumerate(point for part in parts for point in part):
            for name, weight in point.items():
                self._mix[row, places[name]] += weight
        self._ends = self._mix > 0
        self._starts = np.cumsum([0, *map(len, parts)])[:-1].astype(int)
        self._counts = np.array([len(part) for part in parts])

    def __call__(self, image: Image, boxes: Floats, poses: Floats) -> Floats:
        """Looks (N, P, 4) of people with ``boxes`` (N, 4) and ``poses`` (N, K, 3) in ``image`` (H, W, 3).

        Points in somebody else's box count for nothing: there it is not certain who is seen.
        """
        if not len(poses) or not len(self._starts):
            return np.zeros((len(poses), len(self._starts), 4), np.float32)
        points = self._mix @ poses[..., :2]
        worst = np.where(self._ends, poses[:, None, :, 2], 1).min(axis=-1)
        x, y = np.round(points).astype(int).transpose(2, 0, 1)
        height, width = image.shape[:2]
        clear = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        for other, (x0, y0, x1, y1) in enumerate(boxes):
            inside = (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)
            inside[other] = False
            clear &= ~inside
        weights = np.clip(2 * worst - 0.4, 0, 1) * clear
        colours = image[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)].astype(np.float32) / 255
        lab = cv2.cvtColor(colours, cv2.COLOR_BGR2Lab)
        sums = np.add.reduceat(
            np.concatenate([lab * weights[..., None], weights[..., None]], axis=-1), self._starts, axis=1
        )
        means = sums[..., :3] / np.maximum(sums[..., 3:], 1e-6)
        return np.concatenate([means, sums[..., 3:] / self._counts[:, None]], axis=-1).astype(np.float32)


def alike(look: Floats, others: Floats) -> NDArray[np.float64]:
    """How much ``others`` (M, P, 4) look like ``look`` (P, 4), 0..1; a half says nothing."""
    weights = np.minimum(look[:, 3], others[..., 3])
    distances = (((others[..., :3] - look[:, :3]) / SPREAD) ** 2).sum(axis=-1)
    return ((weights * np.exp(-distances / 2)).sum(axis=-1) + DOUBT / 2) / (weights.sum(axis=-1) + DOUBT)


def remembered(look: Floats, new: Floats, elapsed_s: float) -> Floats:
    """The look (P, 4) of somebody who had ``look`` and ``elapsed_s`` later has ``new``."""
    share = 1 - np.exp(-elapsed_s / MEMORY_S)
    old, fresh = look[:, 3:] * (1 - share), new[:, 3:] * share
    colours = look[:, :3] + fresh / np.maximum(old + fresh, 1e-6) * (new[:, :3] - look[:, :3])
    return np.concatenate([colours, np.maximum(look[:, 3:], new[:, 3:])], axis=1).astype(np.float32)


def _parts() -> list[list[dict[str, float]]]:
    """For each part of the body its points, each as shares of keypoints."""
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

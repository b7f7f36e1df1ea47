"""Appearance descriptors: the mean color of each part of a person's body.

Colors are sampled at points inside the torso and along the limbs, placed by the pose. Left and right are merged,
because pose networks swap them when a person turns around. Descriptors tell people apart after they cross or were
hidden. They do not identify a person, and are deleted with the track.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from math import exp

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


@contextmanager
def preparing_colors() -> Iterator[None]:
    """While in this context, let OpenCV make its tables for L a b in a thread of its own.

    The first conversion of a process takes 0.17 s of a core, later ones microseconds.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="stance-colors") as thread:
        thread.submit(cv2.cvtColor, np.zeros((1, 1, 3), np.float32), cv2.COLOR_BGR2Lab)
        yield


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
        # The four keypoints that each point is between, one row for each of the four, repeated where there are fewer.
        ends = [np.resize(np.flatnonzero(row), len(TORSO)) for row in self._mix]
        self._ends = np.array(ends, np.intp).reshape(-1, len(TORSO)).T
        self._starts = np.cumsum([0, *map(len, parts)])[:-1].astype(int)
        self._counts = np.array([[len(part)] for part in parts], np.float32)

    def __call__(self, image: Image, boxes: Floats, poses: Floats) -> Floats:
        """Descriptors (N, P, 4) of people with ``boxes`` (N, 4) and ``poses`` (N, K, 3) in ``image`` (H, W, 3).

        Points inside another person's box are ignored: they may show that person.
        """
        if not len(poses) or not len(self._starts):
            return np.zeros((len(poses), len(self._starts), 4), np.float32)
        # Planes of x and y (2, N, M): a last axis of two numbers would be slow.
        points = np.rint((self._mix @ poses[..., :2]).transpose(2, 0, 1), order="C")
        edges = np.array([[[image.shape[1] - 1]], [[image.shape[0] - 1]]], np.float32)
        pixels = np.fmin(np.fmax(points, 0), edges)
        is_inside = pixels == points
        clear = is_inside[0] & is_inside[1]
        if len(boxes) > 1:
            clear &= ~_in_other_boxes(points, boxes)
        worst = poses[..., 2].take(self._ends, axis=1).min(axis=1)
        weights = np.minimum(np.maximum(2 * worst - 0.4, 0), 1) * clear
        columns, rows = pixels.astype(np.intp)
        lab = cv2.cvtColor(np.divide(image[rows, columns], 255, dtype=np.float32), cv2.COLOR_BGR2Lab)
        weighted = np.empty((*weights.shape, 4), np.float32)
        np.multiply(lab, weights[..., None], out=weighted[..., :3])
        weighted[..., 3] = weights
        descriptors = np.add.reduceat(weighted, self._starts, axis=1)
        seen = descriptors[..., 3:]
        descriptors[..., :3] /= np.maximum(seen, 1e-6)
        seen /= self._counts
        return descriptors


def similarity(descriptor: Floats, others: Floats) -> NDArray[np.float64]:
    """Similarity (M,) of ``others`` (M, P, 4) to ``descriptor`` (P, 4): 0 different, 0.5 undecided, 1 equal.

    With ``descriptor`` (M, P, 4) row by row.
    """
    weights = np.minimum(descriptor[..., 3], others[..., 3])
    distances = (((others[..., :3] - descriptor[..., :3]) / SPREAD) ** 2).sum(axis=-1)
    return ((weights * np.exp(-distances / 2)).sum(axis=-1) + DOUBT / 2) / (weights.sum(axis=-1) + DOUBT)


def blend(descriptors: Floats, new: Floats, elapsed_s: Sequence[float]) -> Floats:
    """Moving averages (N, P, 4) of ``descriptors`` (N, P, 4) of N people and the ``new`` ones (N, P, 4).

    ``elapsed_s`` (N,) is the time between them, in seconds.
    """
    alpha = np.array([[[1 - exp(-seconds / MEMORY_S)]] for seconds in elapsed_s])
    old, fresh = descriptors[..., 3:] * (1 - alpha), new[..., 3:] * alpha
    weight = fresh / np.maximum(old + fresh, 1e-6)
    blended = np.maximum(descriptors, new)  # of the visible fractions; the colors are replaced
    blended[..., :3] = descriptors[..., :3] + weight * (new[..., :3] - descriptors[..., :3])
    return blended


def _in_other_boxes(points: Floats, boxes: Floats) -> NDArray[np.bool_]:
    """Whether each point of N people with ``boxes`` (N, 4) is in the box of another of them, (N, M).

    ``points`` (2, N, M) are x and y.
    """
    corners = boxes.T.reshape(2, 2, -1, 1, 1)
    sides = (points[:, None] >= corners[0]) & (points[:, None] <= corners[1])
    inside = sides[0] & sides[1]
    inside.reshape(len(boxes) ** 2, -1)[:: len(boxes) + 1] = False  # of each person's own box
    return np.logical_or.reduce(inside)


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

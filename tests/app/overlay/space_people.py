"""People of true motions with their points in three dimensions, as a perfect network would find them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from app.core.people import Person
from app.evaluate.motions import Filmed, View
from tests.app.analysis.mocap import filmed

SCORE = 0.9


@cache
def people_in_space(motions: Path, name: str, view: View = "oblique", number: int = 1) -> tuple[Filmed, list[Person]]:
    """The motion ``name`` as it was filmed, and its person in each frame: exact pixels, and meters from the pelvis."""
    one = filmed(motions, name, view)
    names = one.motion.skeleton.names
    points = one.motion.points
    pelvis = points[:, [names.index("left_hip"), names.index("right_hip")]].mean(axis=1, keepdims=True)
    axes = one.camera.axes * [[1], [-1], [-1]]  # right, up, toward the camera
    own = (points - pelvis) @ axes.T
    score = np.full((*own.shape[:2], 1), SCORE)
    in_space = np.concatenate([own, score], axis=-1).astype(np.float32)
    keypoints = np.concatenate([one.truth, score], axis=-1).astype(np.float32)
    people = [
        Person(number, SCORE, _box(pixels), pixels, points_3d=places)
        for pixels, places in zip(keypoints, in_space, strict=True)
    ]
    return one, people


def around(people: Sequence[Person], index: int) -> list[Person]:
    """The person in the second before and after, every sixth frame."""
    return list(people[max(index - 60, 0) : index + 61 : 6])


def _box(keypoints: np.ndarray) -> np.ndarray:
    return np.concatenate([keypoints[:, :2].min(axis=0), keypoints[:, :2].max(axis=0)])

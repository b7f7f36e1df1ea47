"""True motions as a camera sees them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from app.analysis import Analysis
from app.core.people import Floats, FramePoses, Person
from app.evaluate.motions import Filmed, Motion, View, film, load_motions


@cache
def _motions(path: Path) -> list[Motion]:
    return load_motions(path)


@cache
def filmed(path: Path, name: str, view: View = "side") -> Filmed:
    """The motion ``name`` of the file ``path``."""
    return film(next(one for one in _motions(path) if one.name == name), view)


def rolled(keypoints: Floats, degrees: float) -> Floats:
    """The ``keypoints`` (T, K, 3) in the picture of a camera that lies so that the floor rises to the right."""
    turn, center = np.radians(degrees), np.array([960, 540])
    turned = keypoints.copy()
    turned[..., :2] = (keypoints[..., :2] - center) @ [
        [np.cos(turn), -np.sin(turn)],
        [np.sin(turn), np.cos(turn)],
    ] + center
    return turned


def analysis_of(one: Filmed, *others: Floats) -> Analysis:
    """The person of ``one`` as an analysis, id 1; ``others`` (T, K, 3) are further people."""
    analysis = Analysis(one.motion.skeleton)
    for index, time_s in enumerate(one.motion.times_s.tolist()):
        people = [keypoints[index] for keypoints in (one.keypoints, *others) if index < len(keypoints)]
        analysis.add(FramePoses(index, time_s, tuple(_person(row + 1, points) for row, points in enumerate(people))))
    return analysis


def _person(number: int, keypoints: Floats) -> Person:
    seen = keypoints[keypoints[:, 2] > 0.3, :2]
    box = np.concatenate([seen.min(0), seen.max(0)]) if len(seen) else np.zeros(4)
    return Person(number, 0.9, box.astype(np.float32), keypoints)

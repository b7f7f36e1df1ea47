"""What the user has edited keeps its side when swapped legs are swapped back over the whole clip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.analysis import Analysis
from app.analysis.edits import PlaceKeypoint, SwapSides
from app.analysis.finish import finished
from app.analysis.keypoint_edits import Correction, limb_pairs, person_keypoints, place
from app.analysis.offline_smoothing import OfflineSmoothing
from app.core.edited import CARRIED, CORRECTED
from app.core.people import Person
from app.core.skeleton import load_skeleton
from tests.app.analysis.mocap import analysis_of, filmed

HALPE = load_skeleton("halpe26")
LEFT, RIGHT = (HALPE.names.index(f"{side}_ankle") for side in ("left", "right"))
LEGS = limb_pairs(HALPE, LEFT)
APART = range(44, 56)
"""Frames of the run in which the feet are far apart."""


@pytest.fixture
def run(shared: Path) -> Analysis:
    one = filmed(shared / "mocap" / "cmu60.npz", "02_01")
    keypoints = np.concatenate([one.truth, np.ones((*one.truth.shape[:2], 1))], axis=-1).astype(np.float32)
    return analysis_of(replace(one, keypoints=keypoints))


def person(analysis: Analysis, index: int) -> Person:
    poses = analysis.get(index)
    assert poses is not None
    return poses.people[0]


def sides(analysis: Analysis, truth: Analysis) -> list[bool]:
    """For each frame of ``APART`` whether both ankles are closer to their own place in ``truth`` than to the other."""
    found = []
    for index in APART:
        points, true = person(analysis, index).keypoints[:, :2], person(truth, index).keypoints[:, :2]
        own = np.linalg.norm(points[[LEFT, RIGHT]] - true[[LEFT, RIGHT]], axis=1)
        other = np.linalg.norm(points[[LEFT, RIGHT]] - true[[RIGHT, LEFT]], axis=1)
        found.append(bool((own < other).all()))
    return found


def test_legs_that_the_user_exchanged_are_not_exchanged_again(run: Analysis) -> None:
    truth = finished(run, OfflineSmoothing())
    assert all(sides(truth, run))
    run.set_edits((SwapSides(1, LEGS, APART.start, APART.stop - 1),))
    assert not any(sides(finished(run, OfflineSmoothing()), truth))


@pytest.mark.parametrize("mark", [CORRECTED, CARRIED])
def test_a_leg_with_a_placed_knee_is_not_exchanged(run: Analysis, mark: int) -> None:
    truth = finished(run, OfflineSmoothing())
    order = np.arange(len(HALPE.names))
    for pair in LEGS:
        order[list(pair)] = pair[::-1]
    swapped = Analysis(run.skeleton)
    for poses in run.frames():
        people = [replace(one, keypoints=one.keypoints[order]) for one in poses.people if poses.index in APART]
        swapped.add(replace(poses, people=tuple(people) or poses.people))
    assert all(sides(finished(swapped, OfflineSmoothing()), truth))
    knee = HALPE.names.index("left_knee")
    places = {index: (*person(swapped, index).keypoints[knee, :2].tolist(), 1.0, mark) for index in APART}
    swapped.set_edits((PlaceKeypoint(1, knee, places),))
    assert not any(sides(finished(swapped, OfflineSmoothing()), truth))


def test_edits_are_made_to_the_sides_that_are_shown(run: Analysis) -> None:
    """A network had the legs on the other side, and the picture showed them swapped back."""
    order = np.arange(len(HALPE.names))
    for pair in LEGS:
        order[list(pair)] = pair[::-1]
    shown = Analysis(run.skeleton)
    for poses in run.frames():
        measured = [one.keypoints[order] if poses.index in APART else one.keypoints for one in poses.people]
        people = (replace(one, measured=points) for one, points in zip(poses.people, measured, strict=True))
        shown.add(replace(poses, people=tuple(people)))
    middle = APART[len(APART) // 2]
    x, y, _ = person(run, middle).keypoints[LEFT].tolist()
    shown.set_edits(place(shown, Correction(1, LEFT, {middle: (x + 3, y - 2)}), 0.3))
    assert person_keypoints(shown, 1, shown.edits, [middle]).keypoints[middle, RIGHT].tolist() == pytest.approx(
        person(run, middle).keypoints[RIGHT].tolist()
    )
    smooth = finished(shown, OfflineSmoothing())
    assert all(sides(smooth, run))
    assert person(smooth, middle).keypoints[LEFT, :2].tolist() == pytest.approx([x + 3, y - 2])

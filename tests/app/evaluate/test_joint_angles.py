"""Angle errors of elbows and knees, against angles known from the drawing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.core.people import Person
from app.core.skeleton import load_skeleton
from app.evaluate.estimates import Estimates
from app.evaluate.joint_angles import angle_errors
from app.evaluate.photos import Photos, read_photos
from tests.app.evaluate.annotated import annotation, write_folder

NAMES = load_skeleton("coco17").names
SIGMAS = np.array(load_skeleton("coco17").sigmas, np.float32)


def bent(degrees: float, shift: float = 0.0, **flags: int) -> list[float]:
    """A person whose four elbows and knees have the angle ``degrees``; ``flags`` replace the visibility by name."""
    points = dict.fromkeys(NAMES, (30.0 + shift, 20.0, 2))
    turn = np.radians(180 - degrees)
    for x, (near, joint, far) in ((20, ("shoulder", "elbow", "wrist")), (40, ("hip", "knee", "ankle"))):
        for side, offset in (("left", 0), ("right", 40)):
            place = x + offset + shift
            points[f"{side}_{near}"] = (place, 60, 2)
            points[f"{side}_{joint}"] = (place, 100, 2)
            points[f"{side}_{far}"] = (place + 40 * np.sin(turn), 100 + 40 * np.cos(turn), 2)
    return [value for name in NAMES for value in (*points[name][:2], flags.get(name, points[name][2]))]


def estimates(photos: Photos, *people: list[float]) -> Estimates:
    found = [
        Person(0, 0.9, np.array([0, 0, 200, 200], np.float32), np.array(points, np.float32).reshape(17, 3))
        for points in people
    ]
    return Estimates(photos, {1: found}, {1: found}, False, SIGMAS, "", "", "")


def photos_of(folder: Path, *people: list[float], **changes: Any) -> Photos:
    rows = [
        annotation(number, 1, keypoints=points, num_keypoints=len(points) // 3)
        for number, points in enumerate(people, 1)
    ]
    return read_photos(*write_folder(folder, rows, 1, **changes))


def test_errors_are_those_of_the_drawing(tmp_path: Path) -> None:
    photos = photos_of(tmp_path, bent(100))
    estimate = bent(110)
    wrist = 3 * NAMES.index("left_wrist")
    estimate[wrist : wrist + 2] = bent(160)[wrist : wrist + 2]
    errors = angle_errors(estimates(photos, estimate))
    assert sorted(errors["elbow"].errors) == pytest.approx([10, 60], abs=1e-3)
    assert errors["elbow"].mean == errors["elbow"].median == pytest.approx(35, abs=1e-3)
    assert errors["elbow"].large == 0.5
    assert errors["knee"].errors == pytest.approx([10, 10], abs=1e-3)
    assert errors["knee"].large == 0.0


def test_only_labels_of_visible_keypoints_count(tmp_path: Path) -> None:
    photos = photos_of(tmp_path, bent(100, left_wrist=1, right_ankle=0))
    errors = angle_errors(estimates(photos, bent(100)))
    assert [(len(errors[joint].errors), errors[joint].labeled) for joint in ("elbow", "knee")] == [(1, 1), (1, 1)]


def test_people_who_are_not_found_are_counted_as_labeled_only(tmp_path: Path) -> None:
    photos = photos_of(tmp_path, bent(100), bent(90, shift=150))
    errors = angle_errors(estimates(photos, bent(90, shift=150)))
    assert errors["knee"].errors == pytest.approx([0, 0], abs=1e-3)
    assert errors["knee"].labeled == 4


def test_skeleton_without_these_joints_has_no_errors(tmp_path: Path) -> None:
    category = {"id": 1, "name": "cow", "keypoints": ["nose", "tail"], "skeleton": []}
    photos = photos_of(tmp_path, [1, 2, 2, 3, 4, 2], categories=[category])
    assert angle_errors(estimates(photos)) == {}

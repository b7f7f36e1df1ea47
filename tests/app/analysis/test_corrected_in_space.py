"""Keypoints that are corrected in the picture have points in space that go along."""

from __future__ import annotations

import numpy as np

from app.analysis import Analysis
from app.analysis.edits import DropKeypoints, PlaceKeypoint, apply_edits
from app.core.people import FramePoses, Person
from app.core.skeleton import load_skeleton

COCO = load_skeleton("coco17")
KNEE, PIXELS_PER_M = COCO.names.index("left_knee"), 200.0


def poses() -> FramePoses:
    """One person, 200 pixels for each meter, with the pelvis at 400, 300."""
    rng = np.random.default_rng(1)
    points = np.hstack([rng.uniform(-0.8, 0.8, (17, 3)), np.full((17, 1), 0.9)]).astype(np.float32)
    keypoints = points[:, [0, 1, 3]] * [PIXELS_PER_M, -PIXELS_PER_M, 1] + [400, 300, 0]
    person = Person(1, 0.9, np.zeros(4, np.float32), keypoints.astype(np.float32), points_3d=points)
    return FramePoses(0, 0.0, (person,))


def test_a_moved_keypoint_moves_its_point_and_keeps_the_depth() -> None:
    before = poses()
    x, y, _ = before.people[0].keypoints[KNEE]
    edit = PlaceKeypoint(1, KNEE, {0: (float(x) + 20, float(y) + 40, 1.0, 1)})
    (after,) = apply_edits(before, [edit]).people
    was, found = before.people[0].points_3d, after.points_3d
    assert was is not None
    assert found is not None
    np.testing.assert_allclose(found[KNEE], [was[KNEE, 0] + 0.1, was[KNEE, 1] - 0.2, was[KNEE, 2], 1.0], atol=1e-5)
    np.testing.assert_array_equal(np.delete(found, KNEE, axis=0), np.delete(was, KNEE, axis=0))


def test_a_deleted_keypoint_has_no_point() -> None:
    (after,) = apply_edits(poses(), [DropKeypoints(1, (KNEE,), 0, 5)]).people
    assert after.points_3d is not None
    np.testing.assert_array_equal(after.points_3d[KNEE], 0)


def test_a_keypoint_that_is_deleted_and_placed_again_has_its_depth() -> None:
    before = poses()
    x, y, _ = before.people[0].keypoints[KNEE]
    placed = PlaceKeypoint(1, KNEE, {0: (float(x) + 20, float(y) + 40, 1.0, 1)})
    (direct,) = apply_edits(before, [placed]).people
    (again,) = apply_edits(before, [DropKeypoints(1, (KNEE,), 0, 5), placed]).people
    assert direct.points_3d is not None
    assert again.points_3d is not None
    np.testing.assert_allclose(again.points_3d, direct.points_3d, atol=1e-6)
    assert again.points_3d[KNEE, 2] != 0


def test_a_keypoint_without_a_point_gets_none() -> None:
    before = poses()
    points = before.people[0].points_3d
    assert points is not None
    points[KNEE] = 0
    (after,) = apply_edits(before, [PlaceKeypoint(1, KNEE, {0: (410.0, 320.0, 1.0, 1)})]).people
    assert after.points_3d is not None
    np.testing.assert_array_equal(after.points_3d[KNEE], 0)


def test_the_depth_is_the_same_whether_edits_come_one_by_one_or_together() -> None:
    deleted, placed = DropKeypoints(1, (KNEE,), 0, 5), PlaceKeypoint(1, KNEE, {0: (410.0, 320.0, 1.0, 1)})
    found = []
    for steps in ([(deleted,), (deleted, placed)], [(deleted, placed)]):
        analysis = Analysis(COCO)
        analysis.add(poses())
        for edits in steps:
            analysis.set_edits(edits)
        frame = analysis.get(0)
        assert frame is not None
        assert frame.people[0].points_3d is not None
        found.append(frame.people[0].points_3d)
    np.testing.assert_array_equal(found[0], found[1])
    assert found[0][KNEE, 3] == 1.0

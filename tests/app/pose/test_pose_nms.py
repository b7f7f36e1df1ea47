"""Parametric pose suppression compared with its authors' implementation (tests/golden/codecs2)."""

from __future__ import annotations

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Floats
from app.core.settings import Settings
from app.pose.model import Candidates
from app.pose.pose_nms import LEAST, matching_keypoints, merge_poses, similarities
from app.pose.suppression import distinct_people, ranked_people
from tests.app.pose.grouping.golden import load

CASES = range(15)
SIGMAS = np.full(17, 0.08, np.float32)


@pytest.mark.parametrize("case", CASES)
def test_picks_and_merged_poses_equal_the_original(case: int) -> None:
    golden = load("pose_nms_rmpe")
    count, wanted = int(golden["n"][case]), int(golden["out_count"][case])
    poses = np.concatenate([golden["poses"][case, :count], golden["pose_scores"][case, :count]], axis=2)
    found = merge_poses(poses, golden["boxes"][case, :count])
    np.testing.assert_array_equal(found.picked, golden["out_picked"][case, :wanted])
    np.testing.assert_allclose(found.poses[..., :2], golden["out_poses"][case, :wanted], atol=1e-4)
    np.testing.assert_allclose(found.poses[..., 2], golden["out_scores"][case, :wanted, :, 0], atol=1e-6)
    for kept in ("boxes", "box_scores"):
        np.testing.assert_array_equal(golden[kept][case, found.picked], golden[f"out_{kept}"][case, :wanted])
    merged = [np.flatnonzero(rows) for rows in golden["out_merged"][case, :wanted]]
    assert [rows.tolist() for rows in found.merged] == [rows.tolist() for rows in merged]


@pytest.mark.parametrize("case", CASES)
def test_similarities_equal_the_original(case: int) -> None:
    golden = load("pose_nms_rmpe")
    count = int(golden["n"][case])
    points, scores = golden["poses"][case, :count], np.maximum(golden["pose_scores"][case, :count, :, 0], LEAST)
    best, boxes = scores.mean(axis=1).argmax(), golden["boxes"][case, :count]
    distances = np.sqrt(((points - points[best]) ** 2).sum(axis=2))
    wanted = golden["distance_to_first"][case, :count]
    np.testing.assert_allclose(similarities(distances, scores[best], scores), wanted, atol=1e-5)
    reach = 0.1 * float((boxes[best, 2:] - boxes[best, :2]).max())
    np.testing.assert_array_equal(matching_keypoints(distances, reach), golden["match_to_first"][case, :count])


def _twins() -> Candidates:
    """Two poses of one person, 2 pixels apart, and another person."""
    random = np.random.default_rng(2)
    shape: Floats = random.uniform(0, 100, (17, 2)).astype(np.float32)
    points = np.stack([shape, shape + 2, shape + 300])
    scores = np.broadcast_to(np.array([0.8, 0.4, 0.7], np.float32)[:, None, None], (3, 17, 1))
    boxes = np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)
    poses = np.concatenate([points, scores], axis=2)
    return Candidates.from_boxes(boxes, np.full(3, 0.9, np.float32)).with_poses(poses)


def test_the_setting_merges_poses_instead_of_dropping_them() -> None:
    descriptors = np.zeros((3, 4, 4), np.float32)
    for nms, moved in (("oks", 0.0), ("pose", 2 / 3)):
        settings, candidates = Settings(nms=nms), _twins()  # type: ignore[arg-type]
        before = candidates.poses.copy()
        assert distinct_people(candidates, descriptors, (640, 480), settings, SIGMAS).tolist() == [0, 2]
        np.testing.assert_allclose(candidates.poses[0, :, :2] - before[0, :, :2], moved, atol=1e-4)
        people, scores = ranked_people(_twins(), list(range(17)), SIGMAS, settings.nms)
        assert len(people) == 2
        assert (np.diff(scores) <= 0).all()


def test_an_unknown_suppression_is_refused() -> None:
    with pytest.raises(StanceError, match="Unknown pose suppression 'box': wanted one of oks, pose"):
        Settings(nms="box")  # type: ignore[arg-type]


def test_nobody_is_merged_with_nobody() -> None:
    found = merge_poses(np.empty((0, 17, 3), np.float32), np.empty((0, 4), np.float32))
    assert found.poses.shape == (0, 17, 3)

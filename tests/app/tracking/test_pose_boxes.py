"""Boxes in frames without detection follow the poses."""

from __future__ import annotations

import numpy as np
import pytest

from app.tracking.pose_boxes import boxes_from_poses
from app.tracking.tracker import Tracker
from tests.app.tracking.test_tracker import BODY, SIGMAS, person, see


def test_box_follows_the_pose_and_keeps_hidden_legs() -> None:
    tracker = Tracker(SIGMAS)
    see(tracker, 0.0, person(100, 200))
    old, moved = tracker.tracks[0].box[None], person(110, 200)[1]
    (box,) = boxes_from_poses(old, tracker.tracks, moved[None], 1 / 30, 0.3)
    np.testing.assert_allclose((box[0] + box[2]) / 2, 110, atol=2)
    moved[BODY[:, 1] > 0.5, 2] = 0.0
    (hidden,) = boxes_from_poses(old, tracker.tracks, moved[None], 1 / 30, 0.3)
    assert hidden[3] > 270
    assert hidden[1] == pytest.approx(box[1], abs=2)


def test_a_box_without_visible_keypoints_moves_with_the_prediction() -> None:
    tracker = Tracker(SIGMAS)
    for i in range(30):
        see(tracker, i / 30, person(100 + 4 * i, 200))
    (track,) = tracker.predict(1.0)
    unseen = person(300, 200)[1]
    unseen[:, 2] = 0.1
    (box,) = boxes_from_poses(track.box[None], [track], unseen[None], 1.0, 0.3)
    np.testing.assert_allclose((box[0] + box[2]) / 2, (track.expected[0] + track.expected[2]) / 2, atol=1e-3)
    np.testing.assert_allclose(box[2] - box[0], track.box[2] - track.box[0], atol=1e-3)


def test_boxes_of_all_people_are_those_of_each_alone() -> None:
    """Also where some of the keypoints, or all, are hidden, and of new people, whose boxes stay."""
    tracker, rng = Tracker(SIGMAS), np.random.default_rng(4)
    for i in range(10):
        see(tracker, i / 30, *(person(100 + 200 * k + i, 200) for k in range(5)))
    tracks = [*tracker.predict(10 / 30), None]
    poses = np.array([person(110 + 200 * k, 205)[1] for k in range(6)])
    poses[..., :2] += rng.normal(0, 3, (6, 17, 2))
    poses[1, ::2, 2], poses[2, 2:, 2], poses[3, :, 2] = 0.1, 0.1, 0.1
    given = np.array([person(100 + 200 * k, 200)[0] for k in range(6)])
    boxes = boxes_from_poses(given, tracks, poses, 10 / 30, 0.3)
    alone = [boxes_from_poses(given[k : k + 1], tracks[k : k + 1], poses[k : k + 1], 10 / 30, 0.3)[0] for k in range(6)]
    assert boxes.tolist() == [box.tolist() for box in alone]
    assert boxes[5].tolist() == given[5].tolist()

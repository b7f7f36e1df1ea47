"""Regions from keypoints, compared with those that MediaPipe's network gives itself (tests/golden/mediapipe)."""

from __future__ import annotations

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.skeleton import load_skeleton
from app.pose.body_region import BodyRegions
from tests.app.pose.test_rotated_region import in_pixels, load


def test_regions_are_those_of_the_original() -> None:
    wanted = load("photos_pose")
    keypoints = wanted["landmarks"][:, :, [0, 1, 3]]
    original = in_pixels(wanted["next_roi"], wanted["image_wh"])
    rows = BodyRegions(load_skeleton("blazepose33"))(keypoints).rows
    assert (np.linalg.norm(rows[:, :2] - original[:, :2], axis=1) / original[:, 2]).max() < 0.05
    assert np.median(np.abs(np.log(rows[:, 2] / original[:, 2]))) < 0.1
    assert np.abs(np.log(rows[:, 2] / original[:, 2])).max() < 0.25
    assert np.abs(rows[:, 3] - original[:, 3]).max() < 0.25


def test_hips_out_of_sight_are_placed_below_the_shoulders() -> None:
    wanted = load("photos_pose")
    keypoints = wanted["landmarks"][:, :, [0, 1, 3]].copy()
    keypoints[:, 23:, 2] = 0
    original = in_pixels(wanted["next_roi"], wanted["image_wh"])
    rows = BodyRegions(load_skeleton("blazepose33"))(keypoints).rows
    assert np.median(np.linalg.norm(rows[:, :2] - original[:, :2], axis=1) / original[:, 2]) < 0.06
    assert np.median(np.abs(np.log(rows[:, 2] / original[:, 2]))) < 0.15


def test_a_hand_is_no_body() -> None:
    with pytest.raises(StanceError, match="The skeleton hand21 has no hips and shoulders"):
        BodyRegions(load_skeleton("hand21"))

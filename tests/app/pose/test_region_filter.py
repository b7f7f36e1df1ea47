"""Regions of a clip, steadied as in MediaPipe's own run (tests/golden/mediapipe)."""

from __future__ import annotations

import numpy as np

from app.pose.region_filter import COLUMNS, filter_regions
from app.pose.rotated_region import UP, regions_of_lines
from tests.app.pose.test_rotated_region import in_pixels, load

STEP_S = 0.033333


def test_regions_of_a_clip_equal_the_original() -> None:
    wanted = load("video_regions")
    found = regions_of_lines(wanted["aux"][:, 0, :2], wanted["aux"][:, 1, :2], UP, 1.25).rows
    original = in_pixels(wanted["roi"], np.tile([640, 480], (len(wanted["roi"]), 1)))
    last = np.full((1, COLUMNS), np.nan, np.float32)
    for number, own in enumerate(found):
        last = filter_regions(own[None], last, (number + 1) * STEP_S, 1.25)
        np.testing.assert_allclose(last[0, :4], original[number + 1], atol=0.05)


def test_a_person_who_is_new_or_gone_begins_anew() -> None:
    found = np.array([[100, 100, 200, 0.1], [300, 100, 150, -0.2]], np.float32)
    first = filter_regions(found, np.full((2, COLUMNS), np.nan, np.float32), 5000.5, 1.25)
    np.testing.assert_allclose(first[:, :4], found, rtol=1e-5, atol=1e-5)
    moved = found + np.array([10, 0, 0, 0], np.float32)
    moved[1] = np.nan
    second = filter_regions(moved, first, 5000.5 + STEP_S, 1.25)
    assert 100 < second[0, 0] < 110
    assert np.isnan(second[1]).all()
    third = filter_regions(found + np.float32(1), second, 5000.5 + 2 * STEP_S, 1.25)
    np.testing.assert_allclose(third[1, :4], found[1] + 1, rtol=1e-5, atol=1e-5)

"""The targets of associative embedding compared with MMPose 1.x (tests/golden/codecs2)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.app.pose.grouping.golden import load
from training.tag_targets import tag_targets


@pytest.mark.parametrize("case", [0, 1])
def test_targets_equal_mmpose1(case: int) -> None:
    golden = {name: load("ae_group_mmpose1")[f"encode{case}_{name}"] for name in ("keypoints", "visible", "heatmaps")}
    found = tag_targets(golden["keypoints"], golden["visible"], (320, 256), (80, 64), sigma=2)
    np.testing.assert_allclose(found.heatmaps, golden["heatmaps"], atol=1e-7)
    np.testing.assert_array_equal(found.cells, load("ae_group_mmpose1")[f"encode{case}_keypoint_indices"])
    # The original passes the visibility on as the weight of a keypoint.
    np.testing.assert_array_equal(golden["visible"], load("ae_group_mmpose1")[f"encode{case}_keypoint_weights"])


def test_keypoints_far_outside_leave_the_maps_empty() -> None:
    keypoints = np.array([[[-100, 10], [10, 1000], [40, 40]]], np.float64)
    found = tag_targets(keypoints, np.array([[1.0, 1, 0]]), (80, 80), (20, 20), sigma=2)
    assert found.heatmaps.max() == 0
    assert found.cells[0, :, 1].tolist() == [0, 0, 0]

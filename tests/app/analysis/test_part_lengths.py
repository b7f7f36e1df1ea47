"""The body height in the picture is that of the standing body, whatever the posture."""

from __future__ import annotations

import numpy as np
import pytest

from app.analysis.part_lengths import body_heights
from app.core.skeleton import load_skeleton, plain_skeleton
from tests.app.analysis.test_facing import HALPE, body


@pytest.mark.parametrize("degrees", [0.0, 60.0, 90.0])
def test_height_of_a_standing_body(degrees: float) -> None:
    times_s = np.arange(30) / 30
    for name in ("halpe26", "coco17"):
        skeleton = load_skeleton(name)
        heights = body_heights(times_s, body(np.full(30, degrees), skeleton), skeleton)
        assert heights == pytest.approx(np.full(30, 350), rel=0.1)


def test_height_follows_a_person_who_comes_near_and_ignores_foreshortened_arms() -> None:
    times_s = np.arange(120) / 30
    keypoints = body(np.zeros(120))
    arms = [HALPE.names.index(f"{side}_{part}") for side in ("left", "right") for part in ("elbow", "wrist")]
    keypoints[:, arms, :2] = keypoints[:, [HALPE.names.index("neck")], :2]
    keypoints[60:, :, :2] *= 2
    heights = body_heights(times_s, keypoints, HALPE)
    assert heights[0] == pytest.approx(350, rel=0.1)
    assert heights[-1] == pytest.approx(700, rel=0.1)


def test_height_is_unknown_where_nothing_is_seen() -> None:
    keypoints = body(np.zeros(90))
    keypoints[40:, :, 2] = 0
    heights = body_heights(np.arange(90) / 10, keypoints, HALPE)
    assert np.isfinite(heights[:49]).all()
    assert np.isnan(heights[55:]).all()
    assert np.isnan(body_heights(np.arange(3.0), np.ones((3, 4, 3), np.float32), plain_skeleton(4))).all()

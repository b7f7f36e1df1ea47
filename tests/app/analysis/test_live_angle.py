"""The live angle of a frame equals that of the plots."""

from __future__ import annotations

import numpy as np
import pytest

from app.analysis.live_angle import LiveAngle, both_sides
from app.analysis.series import series
from tests.app.window.seen import walkers


def test_it_is_the_angle_of_the_plots() -> None:
    analysis, live = walkers(), LiveAngle()
    track = analysis.track(1)
    expected = series(track, analysis.skeleton, "angle", "left knee")
    by_time = dict(zip(expected.times_s.tolist(), expected.values.tolist(), strict=True))
    compared = 0
    for poses in analysis.frames()[:80]:
        left, right = live.sides(poses.time_s, poses.people[0], analysis.skeleton, "knee", 0.3)
        if poses.time_s > 0.5 and np.isfinite(left) and np.isfinite(by_time[poses.time_s]):
            assert abs(left) == pytest.approx(abs(by_time[poses.time_s]), abs=0.01)
            assert np.isfinite(right)
            compared += 1
    assert compared > 40


def test_one_side_and_what_is_unknown() -> None:
    analysis, live = walkers(), LiveAngle()
    poses = analysis.frames()[60]
    person, skeleton = poses.people[0], analysis.skeleton
    left, right = live.sides(1.0, person, skeleton, "right knee", 0.3)
    assert np.isnan(left)
    assert np.isfinite(right)
    assert np.isnan(live.sides(1.1, person, skeleton, "knee", 0.95)).all()  # no keypoint is sure enough
    assert np.isnan(live.sides(1.2, person, skeleton, "ankle", 0.3)).all()  # the skeleton has no feet
    assert both_sides(10.0, float("nan")) == 10.0
    assert both_sides(10.0, 30.0) == 20.0
    assert np.isnan(both_sides(float("nan"), float("nan")))

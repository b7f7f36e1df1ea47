"""Flight time and height of jumps in free fall."""

from __future__ import annotations

import numpy as np
import pytest

from app.analysis.jumps import Jump
from app.analysis.measures import PersonTrack, find_events
from tests.app.analysis.made_body import PIXELS, SCALE, jump, walk


def jumps_of(track: PersonTrack) -> list[Jump]:
    return find_events(track, SCALE)[2]


@pytest.mark.parametrize("flight_s", [0.35, 0.5, 0.65])
def test_height_by_flight_and_by_the_hips(flight_s: float) -> None:
    (found,) = jumps_of(jump(flight_s))
    height = 9.80665 * flight_s**2 / 8
    assert found.take_off_s == pytest.approx(2.0, abs=0.03)
    assert found.flight_s == pytest.approx(flight_s, abs=0.03)
    assert found.hips_rise == pytest.approx(height, abs=0.01)
    assert found.height_by_flight_m == pytest.approx(height, abs=0.04)


def test_without_a_scale_the_hips_rise_in_pixels() -> None:
    (found,) = find_events(jump(0.5))[2]
    assert found.hips_rise == pytest.approx(9.80665 * 0.25 / 8 * PIXELS, abs=3)
    assert found.height_by_flight_m == pytest.approx(9.80665 * 0.25 / 8, abs=0.03)


def test_a_walk_and_a_run_are_no_jumps() -> None:
    assert jumps_of(walk()[0]) == []
    assert jumps_of(walk(stride_s=0.7, stride=2.2, duty=0.35)[0]) == []


def test_feet_in_the_air_without_a_fall_are_no_jump() -> None:
    track = jump(0.6)
    hips = [row for row, name in enumerate(track.skeleton.names) if name.endswith("hip")]
    track.keypoints[:, hips, 1] = np.median(track.keypoints[:, hips, 1])  # hanging: legs drawn up, hips at rest
    assert jumps_of(track) == []

"""Steps, strides, cadence and speed of a walk that is known."""

from __future__ import annotations

import numpy as np
import pytest

from app.analysis.gait import Gait
from app.analysis.measures import PersonTrack, find_events
from tests.app.analysis.made_body import PIXELS, SCALE, Stand, body, foot_path, walk


def gait_of(track: PersonTrack) -> Gait:
    return find_events(track, SCALE)[1]


def test_figures_of_a_walk() -> None:
    gait = gait_of(walk(stride_s=1.1, stride=1.4, duty=0.62)[0])
    assert len(gait.walks) == 1
    assert gait.cadence == pytest.approx(120 / 1.1, rel=0.005)
    assert gait.stride_seconds == pytest.approx(1.1, rel=0.005)
    assert gait.stride_length == pytest.approx(1.4, rel=0.01)
    assert gait.speed == pytest.approx(1.4 / 1.1, rel=0.01)
    slow = 1.1 / 60 / 1.1  # the made foot is slower than 0.7 m/s from 1.1 frames before it rests
    assert gait.duty_factor("left") == pytest.approx(0.62 + slow, abs=0.02)
    assert gait.step_length("right") == pytest.approx(0.7, rel=0.02)


def test_a_run_has_a_duty_factor_under_half() -> None:
    gait = gait_of(walk(stride_s=0.7, stride=2.2, duty=0.35)[0])
    assert gait.cadence == pytest.approx(120 / 0.7, rel=0.01)
    assert gait.duty_factor("right") == pytest.approx(0.35, abs=0.04)


def test_without_a_scale_lengths_are_pixels() -> None:
    _, gait, _ = find_events(walk()[0])
    assert gait.stride_length == pytest.approx(1.4 * PIXELS, rel=0.01)


def test_a_limp_shows_in_the_steps() -> None:
    times_s = np.arange(480) / 60
    left = [Stand(t, t + 0.7, t) for t in np.arange(0, 9, 1.2).tolist()]
    right = [Stand(t + 0.45, t + 1.15, t + 0.45) for t in np.arange(-1.2, 9, 1.2).tolist()]
    hips = np.stack([times_s - 0.3, np.full(480, 0.86)], axis=1)
    gait = gait_of(body(times_s, foot_path(times_s, left), foot_path(times_s, right), hips, noise=0.01))
    assert gait.step_seconds("right") == pytest.approx(0.45, abs=0.01)
    assert gait.step_seconds("left") == pytest.approx(0.75, abs=0.01)
    assert gait.step_length("left") == pytest.approx(0.75, abs=0.02)


def test_there_and_back_are_two_walks() -> None:
    there, _, _ = walk(noise=0.0)
    keypoints = np.concatenate([there.keypoints, there.keypoints[::-1]])
    times_s = np.arange(len(keypoints)) / 60
    back_and_forth = PersonTrack(times_s, keypoints, np.ones(len(times_s), np.int8), there.skeleton)
    gait = gait_of(back_and_forth)
    assert len(gait.walks) == 2
    assert gait.stride_length == pytest.approx(1.4, rel=0.02)


def test_shifting_the_feet_is_no_walk() -> None:
    times_s = np.arange(480) / 60
    left = [Stand(t, t + 0.7, 0.1 * (t % 2)) for t in np.arange(0, 9, 1.0).tolist()]
    right = [Stand(t + 0.5, t + 1.2, 0.1 * (t % 2)) for t in np.arange(-1, 9, 1.0).tolist()]
    hips = np.tile([0.0, 0.86], (480, 1))
    gait = gait_of(body(times_s, foot_path(times_s, left), foot_path(times_s, right), hips, noise=0.01))
    assert gait.walks == ()
    assert np.isnan([gait.cadence, gait.speed, gait.stride_length, gait.duty_factor("left")]).all()

"""Jitter, lag, error and acceleration error on paths whose figures are worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from app.evaluate.steadiness import Numbers, Wrist, compare, keeps_still, lag, speed, steadiness, trembling
from app.people import FramePoses, Person

FPS = 30
HEIGHT = 200.0


def filmed(points: Numbers, fps: float = FPS, score: float = 0.9) -> list[FramePoses]:
    """One person with keypoints (T, K, 2) and a box of 100 x 200 pixels around the first one."""
    frames = []
    for index, places in enumerate(points):
        keypoints = np.concatenate([places, np.full((len(places), 1), score)], axis=1).astype(np.float32)
        x, y = places[0]
        box = np.array([x - 50, y - 100, x + 50, y + 100], np.float32)
        frames.append(FramePoses(index, index / fps, (Person(1, 0.9, box, keypoints),)))
    return frames


def test_jitter_is_the_distance_from_the_mean_of_a_fifth_of_a_second() -> None:
    points = np.full((60, 3, 2), 300.0)
    points[::2, :, 0] += 2  # to and fro by 2 pixels: 1 % of the height
    samples = compare(filmed(points), filmed(points), [], 0.3)
    # At 30 fps the mean is of 7 frames: 3 are where the middle one is, 4 are 2 pixels away.
    assert steadiness([samples]).jitter == pytest.approx(100 * 2 * 4 / 7 / HEIGHT)


def test_steady_motion_is_no_trembling() -> None:
    points = np.full((30, 1, 2), 300.0)
    points[:, 0, 0] += 5 * np.arange(30)
    assert np.nanmax(trembling(points, 1 / FPS)) == pytest.approx(0, abs=1e-9)


def test_only_what_keeps_still_is_measured() -> None:
    points = np.full((90, 3, 2), 300.0)
    points[:, 2, 0] += HEIGHT / FPS * np.arange(90)  # one height a second
    still = keeps_still(points, HEIGHT, 1 / FPS)
    assert still[40, :2].all()
    assert not still[:, 2].any()
    walking = np.full((90, 3, 2), 300.0)
    walking[:, :2, 0] += HEIGHT / FPS * np.arange(90)[:, None]
    assert not keeps_still(walking, HEIGHT, 1 / FPS).any(), "a person who walks does not keep still"


def test_nobody_keeps_still_where_nothing_is_seen() -> None:
    unseen = filmed(np.full((60, 3, 2), 300.0), score=0.1)
    figures = steadiness([compare(unseen, unseen, [0], 0.3)])
    assert figures.still == 0
    assert np.isnan([figures.jitter, figures.lag_ms, figures.error]).all()


@pytest.mark.parametrize("late_ms", [0.0, 5.0, 20.0, 80.0])
@pytest.mark.parametrize("fps", [30, 60])
def test_a_path_that_comes_late_is_found_out(late_ms: float, fps: int) -> None:
    def wave(times: Numbers) -> Numbers:
        return np.column_stack([300 + 80 * np.sin(2 * np.pi * times), 400 + 30 * np.cos(4 * np.pi * times)])

    times = np.arange(4 * fps) / fps
    raw, steady = wave(times), wave(times - late_ms / 1000)
    speeds = speed(raw, 1 / fps, 0.05) / HEIGHT
    assert 1000 * lag([Wrist(raw, steady, speeds, 1 / fps)]) == pytest.approx(late_ms, abs=0.03 * late_ms + 0.1)


def test_a_wrist_that_is_taken_for_the_other_one_does_not_move() -> None:
    points = np.full((60, 1, 2), 300.0)
    points[30:32, 0, 0] += 100
    samples = compare(filmed(points), filmed(points), [0], 0.3)
    assert steadiness([samples]).moving == 0


def test_noise_that_is_taken_off_is_not_lag() -> None:
    times = np.arange(300) / FPS
    clean = np.column_stack([300 + 80 * np.sin(2 * np.pi * times), np.full(300, 400.0)])
    noisy = clean + np.random.default_rng(3).normal(0, 3, clean.shape)
    speeds = speed(clean, 1 / FPS, 0.05) / HEIGHT
    assert abs(1000 * lag([Wrist(noisy, clean, speeds, 1 / FPS)])) < 1.5


def test_error_and_acceleration_error_against_the_truth() -> None:
    truth = np.full((10, 2, 2), 300.0)
    found = truth.copy()
    found[:, 0] += [6, 8]  # 10 pixels off, always: 5 % of the height, and no acceleration
    found[5, 1, 0] += 3  # once 3 pixels off: second differences of 3, 6 and 3 pixels
    columns = [0, 1]
    samples = compare(filmed(truth), filmed(found), [], 0.3, filmed(truth, score=1.0), columns)
    figures = steadiness([samples])
    assert figures.error == pytest.approx((10 * 5 + 1.5) / 20)
    assert figures.acceleration_error == pytest.approx((3 + 6 + 3) / HEIGHT * FPS**2 / 16)


def test_keypoints_that_the_truth_does_not_know_do_not_count() -> None:
    truth, found = np.full((10, 2, 2), 300.0), np.full((10, 2, 2), 300.0)
    found[:, 1] += 50
    known = filmed(truth, score=1.0)
    for poses in known:
        poses.people[0].keypoints[1] = 0
    assert steadiness([compare(filmed(found), filmed(found), [], 0.3, known, [0, 1])]).error == 0


def test_people_far_from_the_true_one_are_not_compared_with_it() -> None:
    truth, found = np.full((10, 1, 2), 300.0), np.full((10, 1, 2), 600.0)
    assert np.isnan(steadiness([compare(filmed(found), filmed(found), [], 0.3, filmed(truth), [0])]).error)

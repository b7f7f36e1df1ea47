"""Jitter, lag, error and acceleration error on paths with values computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from app.core.people import FramePoses, Person
from app.evaluate.steadiness import Numbers, Wrist, compare, deviation_from_mean, keeps_still, lag, speed, steadiness

FPS = 30
HEIGHT = 200.0


def as_person(points: Numbers, fps: float = FPS, score: float = 0.9) -> list[FramePoses]:
    """One person with keypoints (T, K, 2) and a box of 100 x 200 pixels around the first one."""
    frames = []
    for index, places in enumerate(points):
        keypoints = np.concatenate([places, np.full((len(places), 1), score)], axis=1).astype(np.float32)
        x, y = places[0]
        box = np.array([x - 50, y - 100, x + 50, y + 100], np.float32)
        frames.append(FramePoses(index, index / fps, (Person(1, 0.9, box, keypoints),)))
    return frames


def test_jitter_is_the_distance_from_the_moving_average() -> None:
    points = np.full((60, 3, 2), 300.0)
    points[::2, :, 0] += 2  # alternating by 2 pixels: 1 % of the height
    samples = compare(as_person(points), as_person(points), [], 0.3)
    # At 30 fps the mean covers 7 frames: 3 at the position of the middle one, 4 are 2 pixels away.
    assert steadiness([samples]).jitter == pytest.approx(100 * 2 * 4 / 7 / HEIGHT)


def test_uniform_motion_is_no_jitter() -> None:
    points = np.full((30, 1, 2), 300.0)
    points[:, 0, 0] += 5 * np.arange(30)
    assert np.nanmax(deviation_from_mean(points, 1 / FPS)) == pytest.approx(0, abs=1e-9)


def test_only_still_keypoints_are_measured() -> None:
    points = np.full((90, 3, 2), 300.0)
    points[:, 2, 0] += HEIGHT / FPS * np.arange(90)  # one height per second
    still = keeps_still(points, HEIGHT, 1 / FPS)
    assert still[40, :2].all()
    assert not still[:, 2].any()
    walking = np.full((90, 3, 2), 300.0)
    walking[:, :2, 0] += HEIGHT / FPS * np.arange(90)[:, None]
    assert not keeps_still(walking, HEIGHT, 1 / FPS).any(), "a person who walks does not keep still"


def test_invisible_keypoints_are_not_still() -> None:
    unseen = as_person(np.full((60, 3, 2), 300.0), score=0.1)
    figures = steadiness([compare(unseen, unseen, [0], 0.3)])
    assert figures.still == 0
    assert np.isnan([figures.jitter, figures.lag_ms, figures.error]).all()


@pytest.mark.parametrize("late_ms", [0.0, 5.0, 20.0, 80.0])
@pytest.mark.parametrize("fps", [30, 60])
def test_lag_of_a_delayed_path_is_measured(late_ms: float, fps: int) -> None:
    def wave(times: Numbers) -> Numbers:
        return np.column_stack([300 + 80 * np.sin(2 * np.pi * times), 400 + 30 * np.cos(4 * np.pi * times)])

    times = np.arange(4 * fps) / fps
    raw, steady = wave(times), wave(times - late_ms / 1000)
    speeds = speed(raw, 1 / fps, 0.05) / HEIGHT
    assert 1000 * lag([Wrist(raw, steady, speeds, 1 / fps)]) == pytest.approx(late_ms, abs=0.03 * late_ms + 0.1)


def test_swapped_wrists_do_not_count_as_moving() -> None:
    points = np.full((60, 1, 2), 300.0)
    points[30:32, 0, 0] += 100
    samples = compare(as_person(points), as_person(points), [0], 0.3)
    assert steadiness([samples]).moving == 0


def test_removed_noise_is_not_lag() -> None:
    times = np.arange(300) / FPS
    clean = np.column_stack([300 + 80 * np.sin(2 * np.pi * times), np.full(300, 400.0)])
    noisy = clean + np.random.default_rng(3).normal(0, 3, clean.shape)
    speeds = speed(clean, 1 / FPS, 0.05) / HEIGHT
    assert abs(1000 * lag([Wrist(noisy, clean, speeds, 1 / FPS)])) < 1.5


def test_error_and_acceleration_error_against_the_truth() -> None:
    truth = np.full((10, 2, 2), 300.0)
    found = truth.copy()
    found[:, 0] += [6, 8]  # constant offset of 10 pixels: 5 % of the height, no acceleration
    found[5, 1, 0] += 3  # one frame 3 pixels off: second differences of 3, 6 and 3 pixels
    columns = [0, 1]
    samples = compare(as_person(truth), as_person(found), [], 0.3, as_person(truth, score=1.0), columns)
    figures = steadiness([samples])
    assert figures.error == pytest.approx((10 * 5 + 1.5) / 20)
    assert figures.acceleration_error == pytest.approx((3 + 6 + 3) / HEIGHT * FPS**2 / 16)


def test_unlabelled_keypoints_do_not_count() -> None:
    truth, found = np.full((10, 2, 2), 300.0), np.full((10, 2, 2), 300.0)
    found[:, 1] += 50
    known = as_person(truth, score=1.0)
    for poses in known:
        poses.people[0].keypoints[1] = 0
    assert steadiness([compare(as_person(found), as_person(found), [], 0.3, known, [0, 1])]).error == 0


def test_distant_people_are_not_compared() -> None:
    truth, found = np.full((10, 1, 2), 300.0), np.full((10, 1, 2), 600.0)
    assert np.isnan(steadiness([compare(as_person(found), as_person(found), [], 0.3, as_person(truth), [0])]).error)

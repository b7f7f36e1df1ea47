"""Smoothing: steady at rest, quick in motion, the same at every size and frame rate."""

from __future__ import annotations

import numpy as np
import pytest

from app.people import Floats
from app.smooth import Filter, Kalman, NoFilter, OneEuro, Smoother

SIZE = 200.0
RNG_SEED = 7


def run(smooth: Filter, poses: Floats, fps: float = 30.0, size: float = SIZE) -> Floats:
    return np.stack([smooth(pose, i / fps, size) for i, pose in enumerate(poses)])


def still(frames: int, noise: float, score: float = 0.9) -> Floats:
    """One keypoint that stays where it is, seen with ``noise`` pixels of deviation."""
    noisy = np.random.default_rng(RNG_SEED).normal(0, noise, (frames, 1, 2)) + [300, 400]
    return np.concatenate([noisy, np.full((frames, 1, 1), score)], axis=-1).astype(np.float32)


def jitter(track: Floats) -> float:
    return float(np.abs(np.diff(track[:, 0, :2], n=2, axis=0)).mean())


@pytest.mark.parametrize("smooth", [OneEuro, Kalman])
def test_a_still_keypoint_gets_much_steadier(smooth: type[OneEuro] | type[Kalman]) -> None:
    poses = still(120, noise=0.003 * SIZE)
    assert jitter(run(smooth(0.3), poses)) < 0.5 * jitter(poses)


@pytest.mark.parametrize("smooth", [OneEuro, Kalman])
def test_a_quick_keypoint_is_followed_closely(smooth: type[OneEuro] | type[Kalman]) -> None:
    time = np.arange(90) / 30
    # A wrist that swings one body size each way, once a second.
    x = 300 + SIZE / 2 * np.sin(2 * np.pi * time)
    poses = np.stack([x, np.full_like(x, 400), np.full_like(x, 0.9)], axis=-1)[:, None].astype(np.float32)
    steady = run(smooth(0.3), poses)
    speed = np.abs(np.gradient(x, 1 / 30)).max()
    assert np.abs(steady[30:, 0, 0] - x[30:]).max() < 0.025 * speed


@pytest.mark.parametrize("smooth", [OneEuro, Kalman])
def test_a_picture_ten_times_as_large_is_smoothed_alike(smooth: type[OneEuro] | type[Kalman]) -> None:
    poses = still(60, noise=2.0)
    large = poses * np.array([10, 10, 1], np.float32)
    small_result, large_result = run(smooth(0.3), poses), run(smooth(0.3), large, size=10 * SIZE)
    np.testing.assert_allclose(large_result[..., :2], 10 * small_result[..., :2], rtol=1e-4)


def test_one_euro_is_the_papers_recurrence() -> None:
    poses = still(40, noise=3.0)
    min_cutoff, beta, d_cutoff, dt = 1.3, 5.0, 1.0, 1 / 25
    steady = run(OneEuro(0.3, min_cutoff, beta, d_cutoff), poses, fps=25)

    def alpha(cutoff: float) -> float:
        return 1 / (1 + 1 / (2 * np.pi * cutoff * dt))

    x, speed = poses[0, 0, :2].astype(float), np.zeros(2)
    for pose, found in zip(poses[1:, 0, :2], steady[1:, 0, :2], strict=True):
        speed = speed + alpha(d_cutoff) * ((pose - x) / dt / SIZE - speed)
        x = x + alpha(min_cutoff + beta * float(np.hypot(*speed))) * (pose - x)
        np.testing.assert_allclose(found, x, rtol=1e-5)


@pytest.mark.parametrize("smooth", [OneEuro, Kalman])
def test_a_doubtful_sight_weighs_less(smooth: type[OneEuro] | type[Kalman]) -> None:
    def after_jump(score: float) -> float:
        poses = still(20, noise=0.0)
        poses[-1] = [[330, 400, score]]
        return float(run(smooth(0.3), poses)[-1, 0, 0])

    assert after_jump(0.05) < after_jump(0.9) - 1


@pytest.mark.parametrize("smooth", [OneEuro, Kalman])
def test_a_keypoint_that_was_lost_starts_afresh(smooth: type[OneEuro] | type[Kalman]) -> None:
    poses = still(40, noise=0.0)
    poses[10:30, 0, 2] = 0.01
    poses[30:, 0, :2] += 80
    steady = run(smooth(0.3), poses)
    assert steady[30, 0, 0] == pytest.approx(poses[30, 0, 0])


@pytest.mark.parametrize("smooth", [OneEuro, Kalman])
def test_uneven_time_stamps_are_real_time(smooth: type[OneEuro] | type[Kalman]) -> None:
    """After a pause of a second the new sight is nearly all that counts; after 5 ms nearly nothing."""

    def moved(pause: float) -> float:
        filter_ = smooth(0.3)
        pose = np.array([[300, 400, 0.9]], np.float32)
        for i in range(20):
            filter_(pose, i / 30, SIZE)
        return float(filter_(pose + np.array([20, 0, 0], np.float32), 19 / 30 + pause, SIZE)[0, 0]) - 300

    assert moved(1.0) > 16
    assert moved(0.005) < 12


def test_none_is_the_same_to_the_bit() -> None:
    poses = still(10, noise=3.0)
    assert run(NoFilter(), poses).tobytes() == poses.tobytes()


def test_people_are_smoothed_apart_and_forgotten_when_they_leave() -> None:
    smoother = Smoother("one-euro", 0.3)
    here, there = still(1, 0.0)[0], still(1, 0.0)[0] + np.array([500, 0, 0], np.float32)
    for i in range(10):
        one, two = smoother.update(i / 30, [1, 2], [here, there], [SIZE, SIZE])
    np.testing.assert_allclose(one, here)
    np.testing.assert_allclose(two, there)
    smoother.update(10 / 30, [2], [there], [SIZE])
    (back,) = smoother.update(11 / 30, [1], [there], [SIZE])
    np.testing.assert_allclose(back, there)

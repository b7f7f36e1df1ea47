"""Smoothing: steady at rest, without lag in motion, the same at every size and frame rate."""

from __future__ import annotations

import numpy as np
import pytest
from filterpy import kalman

from app.core.people import Floats
from app.core.settings import Smooth
from app.tracking.smoothing import MIN_WEIGHT, REST_SPEED, Filter, Kalman, NoFilter, OneEuro, Smoother

SIZE = 200.0
RNG_SEED = 7


def update(smooth: Filter, pose: Floats, time_s: float, size: float = SIZE) -> Floats:
    """The smoothed ``pose`` (K, 3) of the only person."""
    (smoothed,) = smooth.update(time_s, [1], pose[None], [size])
    return smoothed


def run(smooth: Filter, poses: Floats, fps: float = 30.0, size: float = SIZE) -> Floats:
    return np.stack([update(smooth, pose, i / fps, size) for i, pose in enumerate(poses)])


def still(frames: int, noise: float, score: float = 0.9) -> Floats:
    """One keypoint at rest, measured with a standard deviation of ``noise`` pixels; (frames, 1, 3)."""
    noisy = np.random.default_rng(RNG_SEED).normal(0, noise, (frames, 1, 2)) + [300, 400]
    return np.concatenate([noisy, np.full((frames, 1, 1), score)], axis=-1).astype(np.float32)


def jitter(track: Floats) -> float:
    return float(np.abs(np.diff(track[:, 0, :2], n=2, axis=0)).mean())


@pytest.mark.parametrize("smooth", [OneEuro, Kalman])
def test_jitter_of_a_resting_keypoint_is_halved(smooth: type[OneEuro] | type[Kalman]) -> None:
    poses = still(120, noise=0.003 * SIZE)
    assert jitter(run(smooth(0.3), poses)) < 0.5 * jitter(poses)


@pytest.mark.parametrize("smooth", [OneEuro, Kalman])
def test_a_fast_keypoint_is_followed_closely(smooth: type[OneEuro] | type[Kalman]) -> None:
    time = np.arange(90) / 30
    # A wrist that swings one body size each way, once a second.
    x = 300 + SIZE / 2 * np.sin(2 * np.pi * time)
    poses = np.stack([x, np.full_like(x, 400), np.full_like(x, 0.9)], axis=-1)[:, None].astype(np.float32)
    steady = run(smooth(0.3), poses)
    speed = np.abs(np.gradient(x, 1 / 30)).max()
    assert np.abs(steady[30:, 0, 0] - x[30:]).max() < 0.025 * speed


@pytest.mark.parametrize("smooth", [OneEuro, Kalman])
def test_smoothing_does_not_depend_on_the_size_of_the_picture(smooth: type[OneEuro] | type[Kalman]) -> None:
    poses = still(60, noise=2.0)
    large = poses * np.array([10, 10, 1], np.float32)
    small_result, large_result = run(smooth(0.3), poses), run(smooth(0.3), large, size=10 * SIZE)
    np.testing.assert_allclose(large_result[..., :2], 10 * small_result[..., :2], rtol=1e-4)


def test_jitter_is_low_passed_as_in_the_paper() -> None:
    """Far below the speeds that count as motion, the 1 Euro filter is a low-pass with ``min_cutoff``."""
    poses = still(40, noise=0.0)
    poses[:, 0, 0] += np.resize([0.04, -0.04], 40)
    dt, x = 1 / 25, float(poses[0, 0, 0])
    steady = run(OneEuro(0.3, min_cutoff=1.3), poses, fps=25)
    for pose, smoothed in zip(poses[1:, 0, 0], steady[1:, 0, 0], strict=True):
        x += (float(pose) - x) / (1 + 1 / (2 * np.pi * 1.3 * dt))
        assert smoothed == pytest.approx(x, abs=2e-3)


@pytest.mark.parametrize("smooth", [OneEuro, Kalman])
@pytest.mark.parametrize("fps", [10, 30, 60])
def test_steady_motion_is_followed_without_lag(smooth: type[OneEuro] | type[Kalman], fps: int) -> None:
    time = np.arange(2 * fps) / fps
    x = 300 + 0.5 * SIZE * time
    poses = np.stack([x, np.full_like(x, 400), np.full_like(x, 0.9)], axis=-1)[:, None].astype(np.float32)
    late_s = (x - run(smooth(0.3), poses, fps)[:, 0, 0]) / (0.5 * SIZE)
    assert np.abs(late_s[fps:]).max() < 0.002


def test_a_keypoint_with_a_low_score_moves_with_the_body() -> None:
    rng = np.random.default_rng(RNG_SEED)
    start = np.concatenate([rng.uniform(300, 300 + SIZE, (17, 2)), np.full((17, 1), 0.9)], axis=1)
    step = np.array([0.5 * SIZE / 30, 0, 0])
    poses = np.stack([start + i * step for i in range(60)]).astype(np.float32)
    poses[50:, 9] = [*poses[50, 9, :2], 0.01]  # the network reports it at rest
    moved = run(OneEuro(0.3), poses)[57, 9, 0] - poses[50, 9, 0]
    assert moved > 0.6 * 7 * step[0]


@pytest.mark.parametrize("smooth", [OneEuro, Kalman])
def test_keypoints_jump_at_a_cut(smooth: type[OneEuro] | type[Kalman]) -> None:
    rng = np.random.default_rng(RNG_SEED)
    poses = np.concatenate([rng.uniform(300, 300 + SIZE, (17, 2)), np.full((17, 1), 0.9)], axis=1)[None].repeat(40, 0)
    poses = poses.astype(np.float32)
    poses[:20, :9] -= [1.5 * SIZE, 0, 0]
    poses[:20, 9:] -= [0, 0.5 * SIZE, 0]
    steady = run(smooth(0.3), poses)
    np.testing.assert_array_equal(steady[20:], poses[20:])


@pytest.mark.parametrize("smooth", [OneEuro, Kalman])
def test_a_wrist_that_is_swapped_for_two_frames_returns_at_once(smooth: type[OneEuro] | type[Kalman]) -> None:
    poses = still(60, noise=0.0)
    poses[30:32, 0, 0] += SIZE  # for two frames the network swaps the wrists
    steady = run(smooth(0.3), np.concatenate([poses, still(60, noise=0.0), still(60, noise=0.0)], axis=1))
    assert np.abs(steady[32:, 0, 0] - 300).max() < 0.02 * SIZE


@pytest.mark.parametrize("smooth", [OneEuro, Kalman])
def test_a_fast_hand_is_followed_while_the_body_rests(smooth: type[OneEuro] | type[Kalman]) -> None:
    """A hand moves up and down twice a second by half a body size; the body is at rest."""
    poses = still(90, noise=0.0)
    poses = np.concatenate([poses] * 4, axis=1)
    poses[:, 0, 1] += SIZE / 4 * np.sin(2 * np.pi * 2 * np.arange(90) / 30)
    steady = run(smooth(0.3), poses)
    assert np.abs(steady[3:, 0, 1] - poses[3:, 0, 1]).max() < 0.03 * SIZE


def test_kalman_equals_filterpy_with_the_states_of_all_keypoints_in_one_filter() -> None:
    """With the default settings, where each keypoint's noise depends on its speed; x and y are filtered separately."""
    rng = np.random.default_rng(RNG_SEED)
    count, frames, threshold = 5, 40, 0.3
    places = np.cumsum(rng.normal(0, 4, (frames, count, 2)), axis=0) + 300
    scores = rng.uniform(0.2, 1.0, (frames, count, 1))
    poses = np.concatenate([places, scores], axis=-1).astype(np.float32)
    ours = Kalman(threshold)
    update(ours, poses[0], 0.0)
    for frame in range(1, frames):
        dt = 1 / 30
        before, speeds, blocks = ours._points[0].copy(), ours._speeds[0].copy(), ours._covariances[0].copy()
        errors = (poses[frame, :, :2].astype(np.float64) - before - speeds * dt) / dt
        pace = np.hypot(*(np.linalg.norm(each, axis=1) / SIZE for each in (speeds, errors)))
        acceleration = ours._wander + ours._agility * pace**2 / (pace**2 + REST_SPEED**2) * pace
        weights = np.clip(poses[frame, :, 2] / threshold, MIN_WEIGHT, 1).astype(np.float64)
        drift = np.array([[dt**4 / 4, dt**3 / 2], [dt**3 / 2, dt**2]])
        transition, noise = np.kron([[1, dt], [0, 1]], np.eye(count)), np.kron(drift, np.diag(acceleration**2))
        covariance = np.block([[np.diag(blocks[:, row, column]) for column in (0, 1)] for row in (0, 1)])
        smoothed = update(ours, poses[frame], frame / 30)
        for axis in (0, 1):
            state = np.concatenate([before[:, axis], speeds[:, axis]])[:, None]
            x, covariances = kalman.predict(state, covariance, transition, noise)
            place = poses[frame, :, axis : axis + 1].astype(np.float64)
            x, _ = kalman.update(x, covariances, place, np.diag((ours._noise / weights) ** 2), np.eye(count, 2 * count))
            np.testing.assert_allclose(smoothed[:, axis], x[:count, 0], atol=1e-4)


def test_kalman_equals_filterpy() -> None:
    """With constant process noise: the same numbers as filterpy's filter, keypoint by keypoint."""
    poses = np.concatenate([still(30, noise=3.0), still(30, noise=1.0, score=0.15)], axis=1)
    dt, wander, noise = 1 / 30, 2.0, 0.01
    steady = run(Kalman(0.1, wander, agility=0.0, noise=noise), poses)
    for keypoint in range(2):
        motion = kalman.KalmanFilter(dim_x=4, dim_z=2)
        motion.x[:2, 0] = poses[0, keypoint, :2]
        motion.H = np.eye(2, 4)
        motion.F = np.eye(4) + dt * np.eye(4, k=2)
        step = np.array([[dt**4 / 4, dt**3 / 2], [dt**3 / 2, dt**2]])
        motion.Q = np.kron(step, np.eye(2)) * (wander * SIZE) ** 2
        motion.R = np.eye(2) * (noise * SIZE) ** 2
        motion.P = np.diag([(noise * SIZE) ** 2] * 2 + [(0.5 * SIZE) ** 2] * 2)
        for pose, smoothed in zip(poses[1:, keypoint], steady[1:, keypoint], strict=True):
            motion.predict()
            motion.update(pose[:2, None].astype(np.float64))
            np.testing.assert_allclose(smoothed[:2], motion.x[:2, 0], atol=1e-3)


@pytest.mark.parametrize("smooth", [OneEuro, Kalman])
def test_a_low_score_has_less_weight(smooth: type[OneEuro] | type[Kalman]) -> None:
    def after_jump(score: float) -> float:
        poses = still(20, noise=0.0)
        poses[-1] = [[330, 400, score]]
        return float(run(smooth(0.3), poses)[-1, 0, 0])

    assert after_jump(0.05) < after_jump(0.9) - 1


@pytest.mark.parametrize("smooth", [OneEuro, Kalman])
def test_a_keypoint_that_was_lost_is_reset(smooth: type[OneEuro] | type[Kalman]) -> None:
    poses = still(40, noise=0.0)
    poses[10:30, 0, 2] = 0.01
    poses[30:, 0, :2] += 80
    steady = run(smooth(0.3), poses)
    assert steady[30, 0, 0] == pytest.approx(poses[30, 0, 0])


@pytest.mark.parametrize("smooth", [OneEuro, Kalman])
def test_weight_of_a_measurement_depends_on_its_timestamp(smooth: type[OneEuro] | type[Kalman]) -> None:
    """After a pause of a second the new position has nearly all the weight; after 5 ms less than half."""

    def moved(pause: float) -> float:
        filter_ = smooth(0.3)
        pose = np.array([[300, 400, 0.9]], np.float32)
        for i in range(20):
            update(filter_, pose, i / 30)
        return float(update(filter_, pose + np.array([4, 0, 0], np.float32), 19 / 30 + pause)[0, 0]) - 300

    assert moved(1.0) > 3
    assert moved(0.005) < 2


def test_no_filter_changes_nothing() -> None:
    poses = still(10, noise=3.0)
    assert run(NoFilter(), poses).tobytes() == poses.tobytes()


def test_each_person_has_a_filter_until_they_leave() -> None:
    smoother = Smoother("one-euro", 0.3)
    here, there = still(1, 0.0)[0], still(1, 0.0)[0] + np.array([500, 0, 0], np.float32)
    for i in range(10):
        one, two = smoother.update(i / 30, [1, 2], [here, there], [SIZE, SIZE])
    np.testing.assert_allclose(one, here)
    np.testing.assert_allclose(two, there)
    smoother.update(10 / 30, [2], [there], [SIZE])
    (back,) = smoother.update(11 / 30, [1], [there], [SIZE])
    np.testing.assert_allclose(back, there)


@pytest.mark.parametrize("smooth", [OneEuro, Kalman])
def test_steady_motion_is_predicted_without_changing_the_filter(smooth: type[OneEuro] | type[Kalman]) -> None:
    time = np.arange(60) / 30
    poses = np.stack([300 + SIZE * time, np.full_like(time, 400), np.full_like(time, 0.9)], axis=-1)[:, None]
    predicting, other = smooth(0.3), smooth(0.3)
    for i, pose in enumerate(poses[:59].astype(np.float32)):
        update(predicting, pose, i / 30)
        update(other, pose, i / 30)
    (predicted,) = predicting.predict(59 / 30, [1], [SIZE])
    assert predicted[0, 0] == pytest.approx(poses[59, 0, 0], abs=0.005 * SIZE)
    assert predicted[0, 2] == pytest.approx(0.9)
    last = poses[59].astype(np.float32)
    np.testing.assert_array_equal(update(predicting, last, 59 / 30), update(other, last, 59 / 30))


def test_no_filter_predicts_the_last_position() -> None:
    none, poses = NoFilter(), still(2, noise=1.0)
    update(none, poses[0], 0.0)
    np.testing.assert_array_equal(none.predict(1 / 30, [1], [SIZE]), poses[:1])


@pytest.mark.parametrize("kind", ["one-euro", "kalman", "none"])
def test_people_are_smoothed_as_each_of_them_alone(kind: Smooth) -> None:
    """People come, leave, jump and hide; the smoother of all gives each the numbers of a smoother of their own."""
    rng = np.random.default_rng(RNG_SEED)
    together, alone = Smoother(kind, 0.3), {i: Smoother(kind, 0.3) for i in range(5)}
    places, sizes = rng.uniform(0, 500, (5, 9, 2)), rng.uniform(0.5, 300, 5).tolist()
    time_s = 0.0
    for _ in range(120):
        time_s += float(rng.uniform(0.0, 0.1)) if rng.random() > 0.05 else 0.0
        places += rng.normal(0, 5, places.shape)
        jumps = rng.random(5) < 0.05
        places[jumps] += 400
        scores = rng.uniform(0, 1, (5, 9, 1)) * (rng.random((5, 1, 1)) > 0.1)
        poses = np.concatenate([places, scores], axis=2).astype(np.float32)
        ids = [i for i in range(5) if rng.random() > 0.1]
        chosen = [sizes[i] for i in ids]
        smoothed = together.update(time_s, ids, [poses[i] for i in ids], chosen)
        predicted = together.predict(time_s + 0.03, ids[1:], chosen[1:])
        for i in range(5):
            (*own,) = alone[i].update(time_s, [i] * (i in ids), [poses[i]] * (i in ids), [sizes[i]] * (i in ids))
            assert [one.tobytes() for one in own] == [smoothed[ids.index(i)].tobytes() for _ in own]
        for i, later in zip(ids[1:], predicted, strict=True):
            assert alone[i].predict(time_s + 0.03, [i], [sizes[i]])[0].tobytes() == later.tobytes()

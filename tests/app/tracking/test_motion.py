"""The Kalman filter of a box gives the numbers of filterpy."""

from __future__ import annotations

import numpy as np
import pytest
from filterpy import kalman
from numpy.typing import NDArray

from app.tracking.motion import Motion, measure


def state(motion: Motion) -> NDArray[np.float64]:
    """The state (8, 1) of all eight variables in one filter."""
    return np.array([v.value for v in motion.values] + [v.velocity for v in motion.values])[:, None]


def matrix(motion: Motion) -> NDArray[np.float64]:
    """The covariance matrix (8, 8) of all eight variables in one filter."""
    rows = [(v.variance, v.covariance, v.velocity_variance) for v in motion.values]
    place, both, speed = map(np.diag, zip(*rows, strict=True))
    return np.block([[place, both], [both, speed]])


def test_motion_equals_filterpy() -> None:
    """The same numbers as filterpy's functions, for a box measured in two of three frames with uneven timestamps."""
    rng = np.random.default_rng(5)
    box = np.array([100, 50, 160, 210], np.float32)
    motion, size = Motion(measure(box[None])[0]), 160.0
    x, covariance, seen = state(motion), matrix(motion), np.eye(4, 8)
    for moment in range(60):
        dt = float(rng.uniform(0.01, 0.1))
        motion.predict(dt, size)
        step = np.array([[dt**4 / 4, dt**3 / 2], [dt**3 / 2, dt**2]])
        spread = np.diag([4 * size, 4 * size, size, size]) ** 2
        x, covariance = kalman.predict(x, covariance, np.eye(8) + dt * np.eye(8, k=4), np.kron(step, spread))
        if moment % 3:
            box = (box + [4, 1, 4, 1] + rng.normal(0, 2, 4)).astype(np.float32)
            motion.update(measure(box[None])[0])
            x0, y0, x1, y1 = box
            width, height = float(x1 - x0), float(y1 - y0)
            noise = np.square(0.02 * np.array([width, height, 2 * width, 2 * height]))
            place = np.array([(x0 + x1) / 2, (y0 + y1) / 2, width, height], np.float64)[:, None]
            x, covariance = kalman.update(x, covariance, place, np.diag(noise), seen)
        np.testing.assert_allclose(state(motion), x, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(matrix(motion), covariance, rtol=1e-12, atol=1e-12 * np.abs(covariance).max())


def test_a_box_moves_with_its_velocity() -> None:
    motion = Motion([100, 50, 20, 40])
    for i in range(60):
        motion.predict(1 / 30, 40)
        motion.update([100 + 2 * i, 50, 20, 40])
    here = motion.corners()
    assert motion.corners(0.1) == pytest.approx((here[0] + 6, here[1], here[2] + 6, here[3]), abs=0.2)
    assert motion.corners() == here


def test_a_restarted_box_rests_elsewhere() -> None:
    motion = Motion([100, 50, 20, 40])
    motion.predict(1 / 30, 40)
    motion.update([110, 50, 20, 40])
    before = matrix(motion)
    motion.restart((300, 80, 20, 40))
    assert motion.corners(1.0) == (290, 60, 310, 100)
    np.testing.assert_array_equal(matrix(motion), before)


def test_a_box_is_at_least_two_pixels_wide_and_high() -> None:
    assert Motion([10.25, 20, 0.5, 0]).corners() == (9.25, 19, 11.25, 21)

"""Rotations, compared with scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from app.sinks.motion.rotations import euler_zxy, frames_of, held, quaternions, shortest, unit


def test_euler_angles_and_quaternions_are_those_of_scipy() -> None:
    turns = Rotation.random(200, rng=np.random.default_rng(0))
    angles = euler_zxy(turns.as_matrix())
    back = Rotation.from_euler("ZXY", angles, degrees=True)
    assert (back * turns.inv()).magnitude().max() < 1e-7
    found = quaternions(turns.as_matrix())
    assert (Rotation.from_quat(found) * turns.inv()).magnitude().max() < 1e-7
    assert (np.sum(found[1:] * found[:-1], axis=1) >= 0).all()


def test_angles_of_a_body_that_turns_on_have_no_jumps() -> None:
    degrees = np.linspace(0, 1000, 201)
    turns = Rotation.from_euler("ZXY", np.column_stack([degrees * 0, degrees * 0 + 20, degrees]), degrees=True)
    np.testing.assert_allclose(euler_zxy(turns.as_matrix())[:, 2], degrees, atol=1e-6)


def test_shortest_rotation_has_the_angle_between_both_directions() -> None:
    chance = np.random.default_rng(1)
    ends = unit(chance.normal(size=(50, 3)))
    start = np.array([0.0, -1.0, 0.0])
    found = shortest(start, ends)
    np.testing.assert_allclose(found @ start, ends, atol=1e-12)
    angles = Rotation.from_matrix(found).magnitude()
    np.testing.assert_allclose(angles, np.arccos(np.clip(ends @ start, -1, 1)), atol=1e-7)
    opposite = shortest(start, -start[None])
    np.testing.assert_allclose(opposite @ start, [-start], atol=1e-12)
    assert np.linalg.det(opposite[0]) == pytest.approx(1.0)


def test_frame_has_the_first_line_exactly_and_the_second_around_it() -> None:
    (frame,) = frames_of(np.array([[2.0, 0.0, 0.0]]), np.array([[5.0, 0.0, 3.0]]))
    np.testing.assert_allclose(frame, np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]), atol=1e-12)
    assert np.isnan(frames_of(np.zeros((1, 3)), np.ones((1, 3)))).any()


def test_unknown_values_are_held() -> None:
    nan = np.nan
    np.testing.assert_array_equal(held(np.array([[nan], [1], [nan], [2], [nan]])), [[1], [1], [1], [2], [2]])
    np.testing.assert_array_equal(held(np.full((2, 1), nan)), np.zeros((2, 1)))

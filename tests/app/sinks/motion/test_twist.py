"""The twist of bones, from lines that lean."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from app.sinks.motion.joint_tree import KnownLine
from app.sinks.motion.twist import twisted

AXIS = np.array([1.0, 0.0, 0.0])
LINE = KnownLine((0,), (1,), (0.0, 0.0, 1.0))
ASIDE = KnownLine((0,), (2,), (0.0, 1.0, 0.0))


def lines_at(degrees: list[float], direction: tuple[float, float, float]) -> NDArray[np.float64]:
    """Lines (T, 3) that are turned by ``degrees`` around the axis and lean along it; NaN stays NaN."""
    return Rotation.from_rotvec(np.radians(degrees)[:, None] * AXIS).apply(direction) + 0.3 * AXIS


def angles(rotations: NDArray[np.float64]) -> list[float]:
    vectors = Rotation.from_matrix(rotations).as_rotvec(degrees=True)
    np.testing.assert_allclose(vectors[:, 1:], 0, atol=1e-9)
    return [round(float(angle), 6) for angle in vectors[:, 0]]


def test_the_twist_is_that_of_the_line() -> None:
    swung = Rotation.random(4, random_state=3).as_matrix()
    told = [10.0, -30.0, 120.0, 0.0]
    now = np.einsum("tij,tj->ti", swung, lines_at(told, LINE.direction))
    assert angles(twisted(swung, AXIS, [(now, LINE)])) == told


def test_a_straight_joint_tells_nothing_and_an_unseen_one_stays() -> None:
    swung = np.eye(3)[None].repeat(6, axis=0)
    now = lines_at([0.0, 10.0, 0.0, 0.0, 40.0, 0.0], LINE.direction)
    now[[0, 2, 5]] = AXIS + [0, 0.2, 0]
    now[3] = np.nan
    assert angles(twisted(swung, AXIS, [(now, LINE)])) == [10.0, 10.0, 20.0, 20.0, 40.0, 40.0]


def test_the_shorter_way_is_taken_over_half_a_turn() -> None:
    swung = np.eye(3)[None].repeat(3, axis=0)
    now = lines_at([170.0, 0.0, -170.0], LINE.direction)
    now[1] = AXIS
    assert abs(angles(twisted(swung, AXIS, [(now, LINE)]))[1]) == 180.0


def test_the_next_line_tells_where_the_first_is_unknown() -> None:
    swung = np.eye(3)[None].repeat(2, axis=0)
    first, second = lines_at([20.0, 20.0], LINE.direction), lines_at([50.0, 50.0], ASIDE.direction)
    first[1] = np.nan
    assert angles(twisted(swung, AXIS, [(first, LINE), (second, ASIDE)])) == [20.0, 50.0]
    assert angles(twisted(swung, AXIS, [])) == [0.0, 0.0]

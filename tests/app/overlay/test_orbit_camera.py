"""The camera of the 3-D view: known points are where they have to be in the picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.overlay.orbit_camera import DIRECTIONS, FILLED, FOCAL, OrbitCamera

SIZE = (400, 300)
CAMERA = OrbitCamera(0.0, 0.0, 4.0, (0.0, 1.0, 0.0))


@pytest.mark.parametrize(
    ("direction", "toward_right", "toward_top"),
    [
        ("front", (1, 0, 0), (0, 1, 0)),
        ("side", (0, 0, -1), (0, 1, 0)),
        ("top", (1, 0, 0), (0, 0, -1)),
    ],
)
def test_each_direction_shows_two_axes_to_scale(
    direction: str, toward_right: tuple[int, int, int], toward_top: tuple[int, int, int]
) -> None:
    camera = CAMERA.looking(DIRECTIONS[direction])
    half_m = 0.5 * FOCAL * 300 / 4.0
    middle = np.array([200, 150])
    for axis, way in ((toward_right, (half_m, 0)), (toward_top, (0, -half_m))):
        point = np.array(camera.target) + 0.5 * np.array(axis, float)
        np.testing.assert_allclose(camera.project(point, SIZE)[:2], middle + way, atol=1e-9)


def test_perspective_shows_what_is_nearer_larger() -> None:
    near, far = CAMERA.project(np.array([[0.5, 1.0, 1.0], [0.5, 1.0, -1.0]]), SIZE)
    assert (near[0] - 200) / (far[0] - 200) == pytest.approx(5 / 3)
    assert (near[2], far[2]) == pytest.approx((3.0, 5.0))
    flat = replace(CAMERA, parallel=True).project(np.array([[0.5, 1.0, 1.0], [0.5, 1.0, -1.0]]), SIZE)
    np.testing.assert_allclose(flat[0, :2], flat[1, :2])


def test_what_is_behind_the_camera_is_nowhere() -> None:
    point = np.array([0.3, 1.0, 4.5])
    assert np.isnan(CAMERA.project(point, SIZE)).all()
    parallel = replace(CAMERA, parallel=True)  # has no place of its own: everybody is in its picture
    np.testing.assert_allclose(parallel.project(point, SIZE)[:2], parallel.project(point - [0, 0, 4], SIZE)[:2])


def test_a_drag_to_the_right_moves_what_is_in_front_to_the_right() -> None:
    front = np.array([0.0, 1.0, 0.5])
    x, y, _ = CAMERA.orbited(30, 0).project(front, SIZE)
    assert x > 205
    assert y == pytest.approx(150)
    assert CAMERA.orbited(0, 30).project(front, SIZE)[1] > 155


def test_the_view_does_not_turn_over() -> None:
    assert CAMERA.orbited(0, 10_000).elevation == 90
    assert CAMERA.orbited(0, -10_000).elevation == -90


def test_a_moved_picture_moves_by_the_pixels_of_the_drag() -> None:
    camera = CAMERA.orbited(70, 40)
    target = np.array(camera.target)
    before, after = camera.project(target, SIZE), camera.panned(25, -10, SIZE).project(target, SIZE)
    np.testing.assert_allclose(after[:2] - before[:2], (25, -10), atol=1e-6)


@pytest.mark.parametrize(("azimuth", "elevation"), [(0.0, 0.0), (90.0, 0.0), (20.0, 30.0), (0.0, 90.0)])
def test_the_other_side_looks_at_the_same_place_from_opposite(azimuth: float, elevation: float) -> None:
    camera = replace(CAMERA, azimuth=azimuth, elevation=elevation)
    other = camera.opposite()
    back, back_of_other = camera.axes[2], other.axes[2]
    flat = [1, abs(elevation) == 90, 1]  # from the side the height of the camera stays
    np.testing.assert_allclose(back * flat, -back_of_other * flat, atol=1e-9)
    assert other.opposite().azimuth % 360 == pytest.approx(azimuth % 360)


@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize("height", [0.0, 2.0])
def test_framed_points_fill_the_view(parallel: bool, height: float) -> None:
    points = np.random.default_rng(1).uniform(-1, 1, (50, 3)) * [0.4, 0.9, 0.4] + [0, 1 + height, 0]
    camera = replace(CAMERA, azimuth=33, elevation=14, parallel=parallel).framing(points, SIZE)
    pixels = camera.project(points, SIZE)[:, :2]
    used = np.abs(pixels - np.array(SIZE) / 2) / (np.array(SIZE) / 2)
    assert used.max() == pytest.approx(FILLED, abs=1e-6)
    assert (pixels[:, 1].min() + pixels[:, 1].max()) / 2 == pytest.approx(150, abs=3)
    assert camera.target[::2] == CAMERA.target[::2]


def test_points_that_are_not_known_are_not_framed() -> None:
    assert CAMERA.framing(np.full((3, 3), np.nan), SIZE) == CAMERA

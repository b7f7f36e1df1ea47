"""The scale of a clip, on true motions."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from app.analysis import Analysis
from app.analysis.calibration import Calibration
from app.analysis.find_scale import find_scale, main_person
from app.analysis.floor import SOLES
from app.core.errors import StanceError
from app.core.people import FramePoses, Person
from app.core.scale_options import ScaleOptions
from app.core.skeleton import load_skeleton
from app.evaluate.motions import FOCAL, SIZE, Filmed
from tests.app.analysis.mocap import analysis_of, filmed


def camera_of(one: Filmed, size: tuple[int, int] = SIZE) -> Calibration:
    """The camera that filmed ``one``, in a world with z up, whose origin is not where the person is."""
    to_world = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])  # from y up
    position, axes = to_world @ one.camera.position, one.camera.axes @ to_world.T
    matrix = np.array([[FOCAL, 0, SIZE[0] / 2], [0, FOCAL, SIZE[1] / 2], [0, 0, 1]])
    return Calibration("side", size, matrix, cv2.Rodrigues(axes)[0].ravel(), -axes @ position)


def true_metres_per_pixel(one: Filmed) -> float:
    return one.motion.height_m / one.height_px


def heights_of_resting_feet(one: Filmed, scale_of: Analysis, options: ScaleOptions) -> float:
    """The median height in meters of heels and toes while they stand on the floor."""
    scale = find_scale(scale_of, options, SIZE)
    rows = [one.motion.skeleton.names.index(f"{side}_{part}") for side in ("left", "right") for part in SOLES]
    low = one.motion.points[:, rows, 1] < 0.08
    return float(np.median(scale.to_metres(one.truth)[:, rows, 1][low]))


@pytest.mark.parametrize("name", ["02_01", "02_04", "02_09"])
def test_height_gives_meters_above_the_floor(shared: Path, name: str) -> None:
    one = filmed(shared / "mocap" / "cmu60.npz", name)
    options = ScaleOptions(height_m=one.motion.height_m)
    scale = find_scale(analysis_of(one), options, SIZE)
    assert scale.metres_per_pixel == pytest.approx(true_metres_per_pixel(one), rel=0.02)
    assert scale.on_floor
    assert heights_of_resting_feet(one, analysis_of(one), options) == pytest.approx(0, abs=0.025)
    hips = scale.to_metres(one.truth)[:, one.motion.skeleton.names.index("hip"), 0]
    true = one.motion.points[:, one.motion.skeleton.names.index("hip")] @ one.motion.direction
    assert abs(np.ptp(hips)) == pytest.approx(np.ptp(true), abs=0.05 + 0.03 * np.ptp(true))


def test_height_is_that_of_the_person_seen_longest(shared: Path) -> None:
    one = filmed(shared / "mocap" / "cmu60.npz", "02_01")
    passer_by = one.keypoints[:30].copy()
    passer_by[..., :2] *= 0.5
    analysis = analysis_of(one, passer_by)
    assert main_person(analysis) == 1
    found = find_scale(analysis, ScaleOptions(height_m=one.motion.height_m), SIZE)
    assert found.metres_per_pixel == pytest.approx(true_metres_per_pixel(one), rel=0.02)
    assert found.person == 1
    assert find_scale(analysis, ScaleOptions(scale="400=2"), SIZE).person is None


def test_length_and_drawn_floor_are_taken_as_they_are(shared: Path) -> None:
    one = filmed(shared / "mocap" / "cmu60.npz", "02_01")
    drawn = ScaleOptions(scale="400=2", floor_line=(100.0, 900.0, 1100.0, 800.0))
    scale = find_scale(analysis_of(one), drawn, SIZE)
    assert scale.metres_per_pixel == 0.005
    assert scale.to_metres([100, 900])[1] == pytest.approx(0, abs=1e-9)
    assert scale.slope_degrees == pytest.approx(5.7106, abs=1e-3)


def test_no_floor_counts_from_the_lower_edge() -> None:
    scale = find_scale(Analysis(load_skeleton("halpe26")), ScaleOptions(scale="100=1", floor="none"), (640, 480))
    assert not scale.on_floor
    assert scale.to_metres([50, 479]).tolist() == [0.5, 0.0]


def test_calibrated_camera_needs_no_height(shared: Path) -> None:
    """The feet on the floor show how far away the person is; the origin of the world is somewhere else."""
    one = filmed(shared / "mocap" / "cmu60.npz", "02_01")
    scale = find_scale(analysis_of(one), ScaleOptions(scale="a.toml"), SIZE, calibration=camera_of(one))
    assert scale.metres_per_pixel == pytest.approx(true_metres_per_pixel(one), rel=0.03)
    assert scale.slope_degrees == pytest.approx(0, abs=1e-6)
    head = one.motion.skeleton.names.index("head")
    heights = scale.to_metres(one.truth)[:, head, 1]
    np.testing.assert_allclose(np.median(heights), np.median(one.motion.points[:, head, 1]), atol=0.06)


def test_calibrated_camera_with_nobody_uses_the_origin_of_its_world() -> None:
    matrix = np.array([[1000.0, 0, 320], [0, 1000, 240], [0, 0, 1]])
    level = np.array([np.pi / 2, 0.0, 0.0])
    camera = Calibration("a", (640, 480), matrix, level, np.array([0.0, 1.0, 5.0]))  # 5 m away, 1 m below
    empty = Analysis(load_skeleton("halpe26"))
    scale = find_scale(empty, ScaleOptions(scale="a.toml"), (640, 480), calibration=camera)
    assert scale.metres_per_pixel == pytest.approx(0.005)
    np.testing.assert_allclose(scale.to_metres([320, 240 + 200])[1], 0, atol=1e-9)


def test_calibration_fits_pictures_of_the_same_shape(shared: Path) -> None:
    camera = camera_of(filmed(shared / "mocap" / "cmu60.npz", "02_01"))
    half = camera.for_size((960, 540))
    assert half is not None
    assert half.focal_px == camera.focal_px / 2
    assert camera.for_size((1080, 1920)) is None


def test_height_without_a_whole_body_is_refused() -> None:
    skeleton = load_skeleton("halpe26")
    face = np.zeros((26, 3), np.float32)
    face[:5] = 0.9
    analysis = Analysis(skeleton)
    analysis.add(FramePoses(0, 0.0, (Person(1, 0.9, np.array([0, 0, 10, 10], np.float32), face),)))
    with pytest.raises(StanceError, match=r"too little of the person is seen to measure a height of 1\.8 m in pixels"):
        find_scale(analysis, ScaleOptions(height_m=1.8), (640, 480))

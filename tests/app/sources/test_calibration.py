"""Calibration files of Pose2Sim."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.core.errors import StanceError
from app.sources.calibration import read_calibration

POSE2SIM = """
[cam01]
name = "cam01"
size = [ 1088.0, 1920.0]
matrix = [ [ 1681.24, 0.0, 540.24], [ 0.0, 1681.24, 956.54], [ 0.0, 0.0, 1.0]]
distortions = [ -0.0469, 0.139, 0.0009, 0.0007]
rotation = [ 0.966, 1.530, -1.470]
translation = [ -0.0087, 0.6349, 5.4077]
fisheye = false

[cam02]
name = "cam02"
size = [ 1920, 1080]
matrix = [ [ 1400, 0, 960], [ 0, 1400, 540], [ 0, 0, 1]]
distortions = [ 0, 0, 0, 0]
rotation = [ 1.5707963, 0.0, 0.0]
translation = [ 0.0, 1.0, 5.0]
fisheye = false

[metadata]
adjusted = false
error = 0.0
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "Calib.toml").write_text(POSE2SIM)
    return tmp_path / "Calib.toml"


def test_camera_of_these_pictures_is_chosen(path: Path) -> None:
    camera = read_calibration(path, (1920, 1080))
    assert (camera.name, camera.focal_px, camera.origin_depth_m) == ("cam02", 1400.0, 5.0)
    assert read_calibration(path, (544, 960)).focal_px == pytest.approx(1681.24 / 2)
    floor = camera.floor_at(5.0)
    assert floor is not None
    assert floor.y == pytest.approx(540 + 1400 * 1.0 / 5.0)


def test_name_of_the_source_chooses_among_equal_cameras(path: Path) -> None:
    path.write_text(POSE2SIM.replace("1088.0, 1920.0", "1920, 1080"))
    assert read_calibration(path, (1920, 1080), "trials/walk_cam01.mp4").name == "cam01"
    with pytest.raises(StanceError, match=r"has several cameras: wanted the name of one .* of cam01, cam02"):
        read_calibration(path, (1920, 1080), "walk.mp4")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has no camera"),
        ("[cam]\nsize = [1920, 1080]\n", "is no calibration of Pose2Sim"),
        ("size = 4\n", "is no calibration of Pose2Sim"),
        ("[cam\n", "is no calibration of Pose2Sim"),
        (POSE2SIM.replace("1400", "0"), "without a focal length"),
        (POSE2SIM.replace("1088.0", "1600"), r"is for pictures of 1600x1920, 1920x1080: wanted one for 640x480"),
    ],
)
def test_files_that_fit_nothing_are_refused(path: Path, text: str, sentence: str) -> None:
    path.write_text(text)
    with pytest.raises(StanceError, match=sentence):
        read_calibration(path, (640, 480))


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StanceError, match=r"Calib\.toml cannot be read: No such file"):
        read_calibration(tmp_path / "Calib.toml", (640, 480))


def test_values_are_arrays(path: Path) -> None:
    camera = read_calibration(path, (1920, 1080))
    assert camera.matrix.shape == (3, 3)
    np.testing.assert_allclose(camera.up, [0, -1, 0], atol=1e-6)

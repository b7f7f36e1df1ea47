"""Time series of a person and their CSV table."""

from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest

from app.analysis import Analysis, Track
from app.analysis.series import KINDS, UNITS, Series, choices, csv_table, series
from app.core.errors import StanceError
from app.core.people import Floats, FramePoses
from app.core.skeleton import load_skeleton
from tests.app.overlay.space_people import people_in_space

COCO = load_skeleton("coco17")
NOSE = COCO.names.index("nose")


def track(times_s: list[float], keypoints: Floats | None = None) -> Track:
    """A person whose keypoints all move 30 px/s right and 40 px/s down, unless ``keypoints`` (T, K, 3) are given."""
    times = np.array(times_s)
    if keypoints is None:
        at = np.stack([30 * times, 40 * times, np.ones_like(times)], axis=1)
        keypoints = np.repeat(at[:, None], len(COCO.names), axis=1).astype(np.float32)
    count = len(times)
    return Track(
        1, np.arange(count), times, np.ones(count, np.float32), np.zeros((count, 4), np.float32), keypoints
    )  # fmt: skip


def test_x_and_y_are_the_keypoint_positions() -> None:
    walk = track([0.0, 0.1, 0.2])
    x = series(walk, COCO, "x", "nose")
    assert (x.title, x.unit) == ("nose x", "px")
    np.testing.assert_allclose(x.times_s, [0, 0.1, 0.2])
    np.testing.assert_allclose(x.values, [0, 3, 6], atol=1e-5)
    np.testing.assert_allclose(series(walk, COCO, "y", "left_knee").values, [0, 4, 8], atol=1e-5)


def test_speed_uses_uneven_timestamps() -> None:
    speed = series(track([0.0, 0.04, 0.1, 0.3, 0.31]), COCO, "speed", "nose", who="Ada")
    assert (speed.title, speed.unit) == ("Ada: nose speed", "px/s")
    np.testing.assert_allclose(speed.values, 50, rtol=1e-3)


def test_absence_breaks_the_line_and_the_speed() -> None:
    times = [0.0, 0.1, 0.2, 5.0, 5.1, 9.0]
    walk = track(times)
    x = series(walk, COCO, "x", "nose")
    np.testing.assert_allclose(x.times_s, [0, 0.1, 0.2, 2.6, 5.0, 5.1, 7.05, 9.0])
    assert np.isnan(x.values).tolist() == [False, False, False, True, False, False, True, False]
    walk.keypoints[3:, :, 0] += 1000
    speed = series(walk, COCO, "speed", "nose")
    np.testing.assert_allclose(speed.values[[0, 1, 2, 4, 5]], 50, rtol=1e-3)
    assert np.isnan(speed.values[[3, 6, 7]]).all()  # a single frame at 9.0 s has no speed


def test_low_frame_rate_breaks_lines_only_at_missing_frames() -> None:
    walk = track([0.0, 0.5, 1.0, 2.0, 5.0])
    walk.indices[:] = [0, 1, 2, 4, 10]
    x = series(walk, COCO, "x", "nose")
    np.testing.assert_allclose(x.times_s, [0, 0.5, 1, 2, 3.5, 5])
    assert np.isnan(x.values).tolist() == [False, False, False, False, True, False]
    speed = series(walk, COCO, "speed", "nose")
    np.testing.assert_allclose(speed.values[:4], 50, rtol=1e-3)


def test_long_absence_is_a_gap_even_with_two_frames() -> None:
    walk = track([0.0, 4.0])
    walk.indices[:] = [0, 120]
    assert np.isnan(series(walk, COCO, "x", "nose").values).tolist() == [False, True, False]


def test_invisible_keypoint_is_unknown_only_there() -> None:
    walk = track([0.0, 0.1, 0.2, 0.3])
    walk.keypoints[1, NOSE] = (999, 999, 0.1)
    assert np.isnan(series(walk, COCO, "x", "nose").values).tolist() == [False, True, False, False]
    speed = series(walk, COCO, "speed", "nose").values
    assert np.isnan(speed).tolist() == [False, True, False, False]
    np.testing.assert_allclose(speed[[0, 2, 3]], 50, rtol=1e-3)


def test_full_rotation_has_constant_angular_speed() -> None:
    times = np.arange(20) / 10
    turn = np.radians(100 * times + 90)
    keypoints = np.ones((20, 17, 3), np.float32)
    keypoints[:, COCO.names.index("left_elbow"), :2] = np.stack([np.cos(turn), np.sin(turn)], axis=1) * 50
    keypoints[:, COCO.names.index("left_shoulder"), :2] = 0
    wheel = replace(track(times.tolist(), keypoints), facing=1)
    angle = series(wheel, COCO, "angle", "left arm")
    assert (angle.title, angle.unit) == ("left arm", "°")
    assert np.abs(np.diff(angle.values)).max() > 300
    speed = series(wheel, COCO, "angular speed", "left arm")
    np.testing.assert_allclose(speed.values, -100, rtol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_empty_track_and_unknown_names(kind: str) -> None:
    (known,) = [one for one in KINDS if one == kind]
    first = choices(known, COCO)[0]
    nothing = series(track([]), COCO, known, first)
    assert (len(nothing.times_s), len(nothing.values), nothing.unit) == (0, 0, UNITS[known])
    with pytest.raises(StanceError, match=f"no {kind} of 'tail'"):
        series(track([0.0]), COCO, known, "tail")


def test_table_has_a_column_per_series_and_a_row_per_time() -> None:
    one = Series("nose x", "px", np.array([0.0, 0.1, 0.2]), np.array([1, np.nan, 3]))
    other = Series("Ada: left knee", "°", np.array([0.1, 0.1500004]), np.array([4.00004, 5]))
    gap = Series("nobody", "px", np.array([7.0]), np.array([np.nan]))
    table = csv_table([one, other, gap])
    assert table.startswith(b"\xef\xbb\xbf")  # without it a spreadsheet shows Â° for °
    assert cells(table) == [
        ["time_s", "nose x (px)", "Ada: left knee (°)", "nobody (px)"],
        ["0.0", "1.0000", "", ""],
        ["0.1", "", "4.0000", ""],
        ["0.15", "", "5.0000", ""],
        ["0.2", "3.0000", "", ""],
    ]
    assert cells(csv_table([one, other, gap], [0.0, 0.05, 0.1]))[1:] == [
        ["0.0", "1.0000", "", ""],
        ["0.05", "", "", ""],
        ["0.1", "", "4.0000", ""],
    ]


def cells(table: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(table.decode("utf-8-sig"))))


def test_values_in_space_are_meters_from_the_pelvis_and_angles_in_space(shared: Path) -> None:
    one, people = people_in_space(shared / "mocap" / "cmu60.npz", "02_01", "front")
    analysis = Analysis(one.motion.skeleton)
    for index, person in enumerate(people[:90]):
        analysis.add(FramePoses(index, index / 60, (person,)))
    walk, skeleton = analysis.track(1), one.motion.skeleton
    toe = skeleton.names.index("left_big_toe")
    true = np.stack([person.points_3d for person in people[:90] if person.points_3d is not None])
    for kind, axis in (("x in space", 0), ("y in space", 1), ("z in space", 2)):
        (known,) = [name for name in KINDS if name == kind]
        place = series(walk, skeleton, known, "left_big_toe", who="Ada")
        assert (place.title, place.unit) == (f"Ada: left big toe {kind}", "m")
        np.testing.assert_allclose(place.values, true[:, toe, axis])
    knee = series(walk, skeleton, "angle in space", "left knee")
    assert (knee.title, knee.unit) == ("left knee in space", "°")
    assert 50 < np.ptp(knee.values) < 80  # the swing of a leg, which walks toward the camera
    assert np.isnan(series(walk, skeleton, "angle", "left knee").values).mean() > 0.5

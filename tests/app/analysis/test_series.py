"""What a plot shows of a person over time."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from app.analysis import Track
from app.analysis.series import KINDS, UNITS, Series, choices, series, write_csv
from app.errors import StanceError
from app.people import Floats
from app.skeleton import load_skeleton

COCO = load_skeleton("coco17")
NOSE = COCO.names.index("nose")


def track(times_s: list[float], keypoints: Floats | None = None) -> Track:
    """Somebody whose every keypoint goes 30 px/s to the right and 40 px/s down, if ``keypoints`` say nothing else."""
    times = np.array(times_s)
    if keypoints is None:
        at = np.stack([30 * times, 40 * times, np.ones_like(times)], axis=1)
        keypoints = np.repeat(at[:, None], len(COCO.names), axis=1).astype(np.float32)
    count = len(times)
    return Track(
        1, np.arange(count), times, np.ones(count, np.float32), np.zeros((count, 4), np.float32), keypoints
    )  # fmt: skip


def test_a_keypoint_is_where_it_is() -> None:
    walk = track([0.0, 0.1, 0.2])
    x = series(walk, COCO, "x", "nose")
    assert (x.title, x.unit) == ("nose x", "px")
    np.testing.assert_allclose(x.times_s, [0, 0.1, 0.2])
    np.testing.assert_allclose(x.values, [0, 3, 6], atol=1e-5)
    np.testing.assert_allclose(series(walk, COCO, "y", "left_knee").values, [0, 4, 8], atol=1e-5)


def test_speed_goes_by_the_time_stamps_however_uneven() -> None:
    speed = series(track([0.0, 0.04, 0.1, 0.3, 0.31]), COCO, "speed", "nose", who="Ada")
    assert (speed.title, speed.unit) == ("Ada: nose speed", "px/s")
    np.testing.assert_allclose(speed.values, 50, rtol=1e-3)


def test_a_line_breaks_where_the_person_was_away_and_speed_does_not_bridge_it() -> None:
    times = [0.0, 0.1, 0.2, 5.0, 5.1, 9.0]
    walk = track(times)
    x = series(walk, COCO, "x", "nose")
    np.testing.assert_allclose(x.times_s, [0, 0.1, 0.2, 2.6, 5.0, 5.1, 7.05, 9.0])
    assert np.isnan(x.values).tolist() == [False, False, False, True, False, False, True, False]
    walk.keypoints[3:, :, 0] += 1000
    speed = series(walk, COCO, "speed", "nose")
    np.testing.assert_allclose(speed.values[[0, 1, 2, 4, 5]], 50, rtol=1e-3)
    assert np.isnan(speed.values[[3, 6, 7]]).all()  # alone at 9.0: no speed


def test_a_clip_of_few_frames_a_second_has_lines_that_break_only_where_more_than_one_frame_is_missing() -> None:
    walk = track([0.0, 0.5, 1.0, 2.0, 5.0])
    walk.indices[:] = [0, 1, 2, 4, 10]
    x = series(walk, COCO, "x", "nose")
    np.testing.assert_allclose(x.times_s, [0, 0.5, 1, 2, 3.5, 5])
    assert np.isnan(x.values).tolist() == [False, False, False, False, True, False]
    speed = series(walk, COCO, "speed", "nose")
    np.testing.assert_allclose(speed.values[:4], 50, rtol=1e-3)


def test_a_frame_missing_for_long_is_a_gap_however_few_frames_there_are() -> None:
    walk = track([0.0, 4.0])
    walk.indices[:] = [0, 120]
    assert np.isnan(series(walk, COCO, "x", "nose").values).tolist() == [False, True, False]


def test_an_unseen_keypoint_is_unknown_there_and_only_there() -> None:
    walk = track([0.0, 0.1, 0.2, 0.3])
    walk.keypoints[1, NOSE] = (999, 999, 0.1)
    assert np.isnan(series(walk, COCO, "x", "nose").values).tolist() == [False, True, False, False]
    speed = series(walk, COCO, "speed", "nose").values
    assert np.isnan(speed).tolist() == [False, True, False, False]
    np.testing.assert_allclose(speed[[0, 2, 3]], 50, rtol=1e-3)


def test_an_angle_that_goes_round_has_a_steady_speed() -> None:
    times = np.arange(20) / 10
    turn = np.radians(100 * times + 90)
    keypoints = np.ones((20, 17, 3), np.float32)
    keypoints[:, COCO.names.index("left_elbow"), :2] = np.stack([np.cos(turn), np.sin(turn)], axis=1) * 50
    keypoints[:, COCO.names.index("left_shoulder"), :2] = 0
    wheel = track(times.tolist(), keypoints)
    angle = series(wheel, COCO, "angle", "left arm")
    assert (angle.title, angle.unit) == ("left arm", "°")
    assert np.abs(np.diff(angle.values)).max() > 300
    speed = series(wheel, COCO, "angular speed", "left arm")
    np.testing.assert_allclose(speed.values, -100, rtol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_gives_an_empty_series_and_what_is_not_there_is_named(kind: str) -> None:
    (known,) = [one for one in KINDS if one == kind]
    first = choices(known, COCO)[0]
    nothing = series(track([]), COCO, known, first)
    assert (len(nothing.times_s), len(nothing.values), nothing.unit) == (0, 0, UNITS[known])
    with pytest.raises(StanceError, match=f"no {kind} of 'tail'"):
        series(track([0.0]), COCO, known, "tail")


def test_a_table_has_a_column_for_each_and_every_time(tmp_path: Path) -> None:
    one = Series("nose x", "px", np.array([0.0, 0.1, 0.2]), np.array([1, np.nan, 3]))
    other = Series("Ada: left knee", "°", np.array([0.1, 0.1500004]), np.array([4.00004, 5]))
    gap = Series("nobody", "px", np.array([7.0]), np.array([np.nan]))
    write_csv(tmp_path / "out.csv", [one, other, gap])
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["time_s", "nose x (px)", "Ada: left knee (°)", "nobody (px)"],
        ["0.0", "1.0000", "", ""],
        ["0.1", "", "4.0000", ""],
        ["0.15", "", "5.0000", ""],
        ["0.2", "3.0000", "", ""],
    ]
    with pytest.raises(StanceError, match=r"nowhere.*cannot be written"):
        write_csv(tmp_path / "nowhere" / "out.csv", [one])

"""CSV tables."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.analysis.scale import Scale
from app.sinks.csv import Csv
from tests.app.sinks.people import blank, header, person, poses


def test_one_row_per_person_and_frame(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    head = header()
    sink = Csv(path, head)
    for i, ids in enumerate([(1, 2), (), (2,)]):
        frame = blank(i, i / 10)
        sink.write(frame, poses(frame, *(person(one, head.skeleton) for one in ids)))
    sink.close()
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    cells = [(row["frame"], row["time_s"], row["id"]) for row in rows]
    assert cells == [("0", "0.0", "1"), ("0", "0.0", "2"), ("2", "0.2", "2")]
    assert list(rows[0])[:8] == ["frame", "time_s", "id", "score", "x0", "y0", "x1", "y1"]
    assert list(rows[0])[8:11] == ["nose_x", "nose_y", "nose_score"]
    assert len(rows[0]) == 8 + 3 * 17 + 1
    assert {row["unit"] for row in rows} == {"px"}
    assert [float(rows[0][key]) for key in ("x0", "y0", "x1", "y1")] == [1, 2, 31, 42]
    assert [float(rows[0][f"right_ankle_{part}"]) for part in ("x", "y", "score")] == [160, 80, 0.9]


def test_no_negative_zero(tmp_path: Path) -> None:
    path, head = tmp_path / "out.csv", header()
    one = person(1, head.skeleton)
    one.keypoints[0, :2] = -0.001, -0.6
    one.box[:2] = -0.001
    sink, frame = Csv(path, head), blank(0, 0.0)
    sink.write(frame, poses(frame, one))
    sink.close()
    with path.open(newline="") as file:
        row = next(csv.DictReader(file))
    assert [row[key] for key in ("x0", "y0", "nose_x", "nose_y")] == ["0.0", "0.0", "0.0", "-0.6"]


def test_still_images_have_a_name_column(tmp_path: Path) -> None:
    head = header(still=True)
    sink = Csv(tmp_path / "out.csv", head)
    frame = blank(3, 3.0)
    sink.write(frame, poses(frame, person(1, head.skeleton)), "cam1/beach, \udcff.jpg")
    sink.close()
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["frame"], row["name"], row["id"]) == ("3", "cam1/beach, ?.jpg", "1")
    assert list(row)[:4] == ["frame", "time_s", "name", "id"]


def test_coordinates_are_in_meters_above_the_floor_if_there_is_a_scale(tmp_path: Path) -> None:
    head = replace(header(), scale=Scale(0.01, (0.0, 50.0)))
    sink, frame = Csv(tmp_path / "out.csv", head), blank(0, 0.0)
    sink.write(frame, poses(frame, person(1, head.skeleton)))  # keypoint i at (10 i, 5 i), the box at 1, 2, 31, 42
    sink.close()
    with (tmp_path / "out.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["unit"] == "m"
    assert "nose_x" not in row
    assert [float(row[f"left_eye_{part}"]) for part in ("x_m", "y_m", "score")] == pytest.approx([0.1, 0.45, 0.9])
    assert [float(row[name]) for name in ("x0_m", "y0_m", "x1_m", "y1_m")] == pytest.approx([0.01, 0.08, 0.31, 0.48])


def test_points_in_three_dimensions_come_last_and_only_where_there_are_any(tmp_path: Path) -> None:
    head, frame = header(), blank(0, 0.0)
    flat = person(1, head.skeleton)
    points = np.linspace(-1, 1, 17 * 4, dtype=np.float32).reshape(17, 4)
    lifted = replace(flat, id=2, points_3d=points)
    rows = {}
    for name, people in {"flat": (flat,), "lifted": (lifted, flat), "none": ()}.items():
        sink = Csv(tmp_path / f"{name}.csv", head)
        sink.write(frame, poses(frame, *people))
        sink.close()
        with (tmp_path / f"{name}.csv").open(newline="") as file:
            rows[name] = list(csv.reader(file))
    assert rows["none"] == rows["flat"][:1]
    names, first, second = rows["lifted"]
    count = len(rows["flat"][0])
    assert names[:count] == rows["flat"][0]
    assert second[:count] == rows["flat"][1]
    assert names[count : count + 4] == ["nose_x3d", "nose_y3d", "nose_z3d", "left_eye_x3d"]
    np.testing.assert_allclose([float(cell) for cell in first[count:]], points[:, :3].reshape(-1), atol=6e-5)
    assert set(second[count:]) == {""}

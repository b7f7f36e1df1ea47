"""Workbooks, read back by openpyxl."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.analysis.angles import angle_names, angles
from app.analysis.facing import RIGHT
from app.analysis.measure_rows import TITLES
from app.analysis.part_lengths import body_heights
from app.analysis.scale import Scale
from app.analysis.space_angles import space_angles
from app.core.people import Frame, FramePoses, Person
from app.evaluate.motions import film, load_motions
from app.overlay import DrawStyle
from app.sinks import open_sinks, xlsx
from app.sinks.xlsx import Xlsx
from tests.app.overlay.space_people import people_in_space
from tests.app.sinks.people import blank, header, poses
from tests.app.sinks.test_opensim import HALPE, walker

LOOK = DrawStyle(threshold=0.3, names={4: "=Anna"})
Rows = list[tuple[Any, ...]]


def write(path: Path, *seen: tuple[int, ...]) -> dict[str, Rows]:
    """Write a frame with these ids for each of ``seen``, at 25 frames per second; returns the rows of all sheets."""
    (sink,) = open_sinks([path], replace(header("halpe26"), facing={1: RIGHT, 4: RIGHT}), LOOK)
    for index, ids in enumerate(seen):
        frame = blank(index, index / 25)
        sink.write(frame, poses(frame, *(walker(one, index) for one in ids)))
    sink.close()
    sink.close()
    return sheets(path)


def sheets(path: Path) -> dict[str, Rows]:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
    finally:
        book.close()


def test_every_value_is_in_its_column_with_its_unit(tmp_path: Path) -> None:
    found = write(tmp_path / "out.xlsx", (1,), (1, 4), (), (4,), (4,))
    assert list(found) == ["Summary", "Events", "Angles", "Points"]
    points = found["Points"]
    assert points[0][:8] == ("frame", "time (s)", "id", "name", "score", "nose x (px)", "nose y (px)", "nose score")
    assert points[0][-3:] == ("right heel x (px)", "right heel y (px)", "right heel score")
    assert [row[:4] for row in points[1:]] == [
        (0, 0.0, 1, "1"),
        (1, 0.04, 1, "1"),
        (1, 0.04, 4, "=Anna"),  # a text and no formula
        (3, 0.12, 4, "=Anna"),
        (4, 0.16, 4, "=Anna"),
    ]
    expected = walker(4, 3).keypoints
    np.testing.assert_allclose(np.array(points[4][5:], float).reshape(26, 3), expected, atol=0.006)
    assert points[5][5:8] == (None, None, 0.1)  # not seen
    table = found["Angles"]
    assert table[0] == ("frame", "time (s)", "id", "name", *(f"{name} (°)" for name in angle_names(HALPE)))
    track = np.stack([walker(4, index).keypoints for index in (1, 3, 4)])
    found_angles = np.array(table[3:], object)[:, 4:].astype(float)
    heights = body_heights(np.array([0.04, 0.12, 0.16]), track, HALPE)
    sides = np.full(3, RIGHT, np.int8)
    expected_angles = angles(track, HALPE, angle_names(HALPE), sides, heights=heights)
    np.testing.assert_allclose(found_angles, expected_angles, atol=0.001)
    assert np.isfinite(found_angles).any()


def test_summary_has_the_run_the_people_and_their_ranges(tmp_path: Path) -> None:
    rows = write(tmp_path / "out.xlsx", (1,), (1, 4), (1, 4), (4,), (4,))["Summary"]
    facts = {row[0]: row[1] for row in rows[:11]}
    assert (facts["source"], facts["frames"], facts["rate (1/s)"]) == ("clip.mp4", 5, 25)
    assert "pixels" in facts["coordinates"]
    people = next(index for index, row in enumerate(rows) if row[:3] == ("id", "name", "first seen (s)"))
    assert [row[:6] for row in rows[people + 1 : people + 3]] == [
        (1, "1", 0.0, 0.08, 0.08, 3),
        (4, "=Anna", 0.04, 0.16, pytest.approx(0.12), 4),
    ]
    heads = next(index for index, row in enumerate(rows) if row[:3] == ("id", "name", "angle"))
    assert rows[heads][3:6] == ("lowest (°)", "highest (°)", "range (°)")
    ranges = {row[2]: row[3:6] for row in rows[heads + 1 :] if row[0] == 4}
    assert set(ranges) <= set(angle_names(HALPE))
    assert ranges
    for low, high, extent in ranges.values():
        assert extent == pytest.approx(high - low)


def test_a_walk_has_its_measures_and_events(tmp_path: Path, shared: Path) -> None:
    motion = next(one for one in load_motions(shared / "mocap" / "cmu60.npz") if one.name == "02_01")
    filmed = film(motion, "side")
    sink = Xlsx(tmp_path / "out.xlsx", header("halpe26"), DrawStyle())
    image = blank(0, 0.0).image
    for index, (time_s, points) in enumerate(zip(motion.times_s.tolist(), filmed.keypoints, strict=True)):
        box = np.concatenate([points[:, :2].min(0), points[:, :2].max(0)])
        sink.write(Frame(index, time_s, image), FramePoses(index, time_s, (Person(1, 0.9, box, points),)))
    sink.close()
    found = sheets(tmp_path / "out.xlsx")
    heads = next(index for index, row in enumerate(found["Summary"]) if row[:3] == ("id", "name", "measure"))
    assert found["Summary"][heads][3:8] == ("unit", "mean", "left", "right", "difference (%)")
    measures = {row[2]: row[3:8] for row in found["Summary"][heads + 1 :] if row[2] in TITLES}
    assert measures["Cadence"][0] == "1/min"
    assert 95 < measures["Cadence"][1] < 125
    unit, both, left, right, difference = measures["Step time"]
    assert unit == "s"
    assert min(left, right) <= both <= max(left, right)
    assert difference == pytest.approx(100 * (left - right) / ((left + right) / 2), abs=1e-6)
    assert measures["Step length"][0] == "px"
    events = found["Events"]
    assert events[0][:7] == ("id", "name", "event", "side", "start (s)", "end (s)", "duration (s)")
    contacts = [row[4] for row in events[1:] if row[2] == "contact" and row[4] is not None]
    assert contacts == sorted(contacts)
    assert len(contacts) == measures["Steps"][1] + 1
    steps = [dict(zip(events[0], row, strict=True)) for row in events[1:] if row[2] == "step"]
    assert len(steps) == measures["Steps"][1]
    assert {step["unit"] for step in steps} == {"px"}
    lengths = [step["length"] for step in steps]
    assert sum(lengths) / len(lengths) == pytest.approx(measures["Step length"][1], abs=0.1)


def test_a_run_without_people_has_tables_without_rows(tmp_path: Path) -> None:
    found = write(tmp_path / "out.xlsx", (), ())
    assert [len(found[name]) for name in ("Events", "Angles", "Points")] == [1, 1, 1]


def test_full_sheets_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_ROWS", 4)
    monkeypatch.setattr(Xlsx, "_write_summary", lambda *_: None)
    found = write(tmp_path / "out.xlsx", (1,), (1,), (1,), (1,))
    assert [len(found[name]) for name in ("Points", "Points 2")] == [4, 2]
    assert found["Points 2"][0] == found["Points"][0]
    assert found["Points 2"][1][0] == 3


def test_the_same_run_writes_the_same_file(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write(tmp_path / name, (1,), (1,))
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_names_that_are_no_valid_text_are_written(tmp_path: Path) -> None:
    sink = Xlsx(tmp_path / "out.xlsx", replace(header("halpe26"), source="clip\udcff.mp4"), LOOK)
    sink.write(blank(0, 0.0), poses(blank(0, 0.0), walker(1, 0)))
    sink.close()
    assert sheets(tmp_path / "out.xlsx")["Summary"][0][1] == "clip?.mp4"


def test_points_are_in_meters_if_there_is_a_scale(tmp_path: Path) -> None:
    head = replace(header("halpe26"), scale=Scale(0.01, (10.0, 40.0)))
    sink = Xlsx(tmp_path / "out.xlsx", head, LOOK)
    sink.write(blank(0, 0.0), poses(blank(0, 0.0), walker(1, 0)))
    sink.close()
    found = sheets(tmp_path / "out.xlsx")
    facts = {row[0]: row[1] for row in found["Summary"][:11]}
    assert facts["scale (m/px)"] == 0.01
    assert facts["coordinates"].startswith("meters")
    assert found["Points"][0][5:8] == ("nose x (m)", "nose y (m)", "nose score")
    x, y, _ = walker(1, 0).keypoints[0].tolist()
    assert found["Points"][1][5:7] == pytest.approx(((x - 10) / 100, (40 - y) / 100), abs=1e-4)


def test_what_was_filled_in_is_told(tmp_path: Path) -> None:
    sink = Xlsx(tmp_path / "out.xlsx", replace(header("halpe26"), filled=True), LOOK)
    flags = np.isin(np.arange(26), [9, 10])
    for index, marks in enumerate((None, flags, None)):
        frame = blank(index, index / 25)
        sink.write(frame, poses(frame, replace(walker(1, index), filled=marks)))
    sink.close()
    found = sheets(tmp_path / "out.xlsx")
    for name in ("Angles", "Points"):
        assert found[name][0][-1] == "filled"
        assert [row[-1] for row in found[name][1:]] == [None, "left_wrist right_wrist", None]


@pytest.mark.slow
def test_sheets_of_a_long_clip_take_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = Xlsx(tmp_path / "out.xlsx", header("halpe26"), DrawStyle())
    frame = blank(0, 0.0)
    for index in range(1000):
        sink.write(Frame(index, index / 30, frame.image), FramePoses(index, index / 30, (walker(1, index % 100),)))
    figures = sink.figures(DrawStyle())
    monkeypatch.setattr(sink, "figures", lambda style: figures)
    tracemalloc.start()
    sink.close()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4e6  # 100 000 cells alone would take more than 7 MB


def test_points_in_three_dimensions_have_sheets_of_their_own(tmp_path: Path, shared: Path) -> None:
    _, people = people_in_space(shared / "mocap" / "cmu60.npz", "02_01")
    sink = Xlsx(tmp_path / "out.xlsx", header("halpe26"), DrawStyle())
    for index, person in enumerate(people[:5]):
        frame = blank(index, index / 60)
        beside = replace(person, id=2, points_3d=None)
        sink.write(frame, poses(frame, person if index != 3 else replace(person, points_3d=None), beside))
    sink.close()
    found = sheets(tmp_path / "out.xlsx")
    assert list(found)[-3:] == ["Points", "Angles in space", "Points in space"]
    points = found["Points in space"]
    assert points[0][4:8] == ("nose x (m)", "nose y (m)", "nose z (m)", "nose score")
    assert [row[:3] for row in points[1:]] == [(index, pytest.approx(index / 60, abs=1e-6), 1) for index in range(5)]
    np.testing.assert_allclose(np.array(points[2][4:], float).reshape(26, 4), people[1].points_3d, atol=1e-4)  # type: ignore[arg-type]
    assert points[4][4:7] == (None, None, None)
    angle_rows = found["Angles in space"]
    column = angle_rows[0].index("left knee in space (°)")
    expected = space_angles(np.stack([p.points_3d for p in people[:5]]), HALPE, ("left knee",))[:, 0]  # type: ignore[misc]
    assert [row[column] for row in angle_rows[1:]] == [
        None if index == 3 else pytest.approx(degrees, abs=1e-3) for index, degrees in enumerate(expected.tolist())
    ]
    assert "Angles in space" not in write(tmp_path / "flat.xlsx", (1,))

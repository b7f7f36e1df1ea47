"""Files in meters, whose scale is known at the end of a run."""

from __future__ import annotations

import csv
import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Floats, Frame, FramePoses, Person
from app.core.scale_options import ScaleOptions
from app.core.skeleton import load_skeleton
from app.overlay import DrawStyle
from app.sinks import Header, clip_scale, open_sinks
from app.sinks.clip_scale import ClipScale
from app.sinks.jsonl_reader import read_recording
from app.sinks.output import Output
from tests.app.sinks.people import blank, header

HALPE = load_skeleton("halpe26")
STYLE = DrawStyle(threshold=0.3)
PARTS = {"head": 0, "neck": 80, "hip": 200, "knee": 290, "ankle": 380, "heel": 400, "big_toe": 400, "small_toe": 400}
"""Rows of the keypoints of somebody who stands, in pixels below the top of the head: 400 pixels high."""


def standing(number: int, top: float = 50.0, column: float = 200.0) -> Person:
    """A person who stands straight, seen from the side."""
    keypoints = np.zeros((26, 3), np.float32)
    for row, name in enumerate(HALPE.names):
        part = name.removeprefix("left_").removeprefix("right_")
        if part in PARTS:
            keypoints[row] = column, top + PARTS[part], 0.9
    box = np.array([column - 50, top, column + 50, top + 400], np.float32)
    return Person(number, 0.9, box, keypoints)


def measured(options: ScaleOptions) -> Header:
    """The header of a source of 640 x 480 pixels, with what finds the scale."""
    plain = replace(header("halpe26"), size=(640, 480))
    return replace(plain, measure=ClipScale(options, HALPE, plain.size, STYLE.threshold))


def write(sinks: Sequence[Output], *people: tuple[Person, ...]) -> None:
    for index, one in enumerate(people):
        frame = blank(index, index / 25)
        for sink in sinks:
            sink.write(frame, FramePoses(index, index / 25, one))
    for sink in sinks:
        sink.close()


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_table_and_markers_are_in_meters_above_the_floor(tmp_path: Path) -> None:
    paths = [tmp_path / "a.csv", tmp_path / "a.trc"]
    head = measured(ScaleOptions(height_m=1.6))
    write(open_sinks(paths, head, STYLE), *[(standing(1),)] * 20)
    rows = rows_of(paths[0])
    assert len(rows) == 20
    assert {row["unit"] for row in rows} == {"m"}
    assert [float(rows[5][f"head_{part}"]) for part in ("x_m", "y_m")] == pytest.approx([0.8, 1.6], abs=0.01)
    assert float(rows[5]["left_heel_y_m"]) == pytest.approx(0, abs=0.01)
    lines = paths[1].read_text().split("\n")
    assert lines[2].split("\t")[4] == "m"
    names = lines[3].split("\t")
    column = names.index("Head")
    assert [float(cell) for cell in lines[6].split("\t")[column : column + 3]] == pytest.approx([0.8, 1.6, 0], abs=0.01)
    assert head.known_scale is not None
    assert sorted(tmp_path.iterdir()) == paths


def test_people_keep_their_files(tmp_path: Path) -> None:
    sinks = open_sinks([tmp_path / "a.trc"], measured(ScaleOptions(height_m=1.6)), STYLE)
    write(sinks, *[(standing(1), standing(3, 100, 500))] * 20)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a_person1.trc", "a_person3.trc"]
    assert {path.read_text().split("\n")[2].split("\t")[4] for path in tmp_path.iterdir()} == {"m"}
    assert sorted(sinks[0].paths) == sorted(tmp_path.iterdir())


def test_file_is_in_pixels_until_the_end(tmp_path: Path) -> None:
    """What a kill leaves is whole, and says what it is."""
    path = tmp_path / "a.csv"
    (sink,) = open_sinks([path], measured(ScaleOptions(height_m=1.6)), STYLE)
    sink.write(blank(0, 0.0), FramePoses(0, 0.0, (standing(1),)))
    (row,) = rows_of(path)
    assert (row["unit"], float(row["head_x"])) == ("px", 200.0)
    sink.close()
    assert rows_of(path)[0]["unit"] == "m"


def test_file_stays_in_pixels_if_the_scale_is_unknown(tmp_path: Path) -> None:
    head = measured(ScaleOptions(height_m=1.6))
    hidden = standing(1)
    hidden.keypoints[:, 2] = 0.1
    write(open_sinks([tmp_path / "a.csv"], head, STYLE), (hidden,))
    assert rows_of(tmp_path / "a.csv")[0]["unit"] == "px"
    assert head.known_scale is None
    assert head.measure is not None
    assert "too little of the person is seen" in head.measure.reason


def test_json_lines_keep_what_was_stated(tmp_path: Path) -> None:
    stated = ScaleOptions(scale="100=1", floor_line=(0.0, 400.0, 600.0, 380.0))
    write(open_sinks([tmp_path / "a.jsonl"], measured(stated), STYLE), (standing(1),))
    recording = read_recording(tmp_path / "a.jsonl")
    assert recording.scale == stated
    assert recording.on_film(is_mirrored=True, width=640).scale.floor_line == (39.0, 380.0, 639.0, 400.0)


def test_live_sources_and_links_are_written_too(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    head = replace(measured(ScaleOptions(scale="100=1", floor="none")), live=True)
    sinks = open_sinks([tmp_path / "link.csv", tmp_path / "a.trc"], head, STYLE)
    for index in range(3):
        time_s = 50 + index / 25
        for sink in sinks:
            sink.write(Frame(index + 7, time_s, blank(0, 0).image), FramePoses(index + 7, time_s, (standing(1),)))
    for sink in sinks:
        sink.close()
    assert (tmp_path / "link.csv").is_symlink()
    found = rows_of(tmp_path / "real.csv")
    assert [row["time_s"] for row in found] == ["0.0", "0.04", "0.08"]
    assert float(found[0]["head_y_m"]) == pytest.approx((479 - 50) / 100)
    assert len((tmp_path / "a.trc").read_text().splitlines()) == 6 + 3


def test_failure_at_the_end_leaves_the_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (sink,) = open_sinks([tmp_path / "a.csv"], measured(ScaleOptions(height_m=1.6)), STYLE)
    sink.write(blank(0, 0.0), FramePoses(0, 0.0, (standing(1),)))
    (tmp_path / "a.csv").chmod(0o600)
    monkeypatch.setattr("app.sinks.staging.os.replace", _refuse)
    with pytest.raises(StanceError, match=r"a\.csv cannot be written: No space left"):
        sink.close()
    assert rows_of(tmp_path / "a.csv")[0]["unit"] == "px"


def _refuse(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_people_of_long_runs_do_not_stay_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip_scale, "MAX_BYTES", 50_000)  # in place of those of twelve hours
    paths, count = [tmp_path / "a.csv", tmp_path / "a.trc"], 60
    head = measured(ScaleOptions(height_m=1.6))
    sinks, alive = open_sinks(paths, head, STYLE), list[weakref.ref[Floats]]()
    for index in range(count):
        people = tuple(standing(number, column=30.0 * number) for number in range(1, 6))
        alive += [weakref.ref(person.keypoints) for person in people]
        for sink in sinks:
            sink.write(blank(index, index / 25, 8, 8), FramePoses(index, index / 25, people))
    del people
    assert sum(one() is not None for one in alive) == 0
    assert head.measure is not None
    assert len(head.measure._own.tracks()[0].times_s) < count / 2
    for sink in sinks:
        sink.close()
    rows = rows_of(paths[0])
    assert len(rows) == 5 * count
    assert {row["unit"] for row in rows} == {"m"}
    assert float(rows[-1]["head_y_m"]) == pytest.approx(1.6, abs=0.01)
    assert sorted(tmp_path.iterdir()) == [paths[0], *(tmp_path / f"a_person{number}.trc" for number in range(1, 6))]


def test_points_in_space_have_the_stated_height(tmp_path: Path) -> None:
    paths = [tmp_path / "a.csv", tmp_path / "a.trc", tmp_path / "a.c3d", tmp_path / "a.jsonl"]
    flat = standing(1)
    meters = (flat.keypoints[:, :2] - [200, 250]) * [0.00425, -0.00425]  # 400 pixels are 1.70 m
    space = np.column_stack([meters, np.zeros(26), flat.keypoints[:, 2]]).astype(np.float32)
    tall = replace(flat, points_3d=space)
    write(open_sinks(paths, measured(ScaleOptions(height_m=2.0)), STYLE), *[(tall,)] * 20)
    row = rows_of(paths[0])[5]
    assert float(row["head_y3d"]) - float(row["left_heel_y3d"]) == pytest.approx(2.0, abs=0.01)
    cells, names = paths[1].read_text().split("\n")[6].split("\t"), paths[1].read_text().split("\n")[3].split("\t")
    head_y, heel_y = (float(cells[names.index(name) + 1]) for name in ("Head", "LHeel"))
    assert head_y - heel_y == pytest.approx(2.0, abs=0.01)
    file = pytest.importorskip("ezc3d").c3d(str(paths[2]))
    heights = file["data"]["points"][1, :, 5]
    assert np.nanmax(heights) - np.nanmin(heights) == pytest.approx(2000, abs=10)
    (recorded,) = read_recording(paths[3]).poses[5].people  # lines have no scale: their first one states it
    assert recorded.points_3d is not None
    np.testing.assert_allclose(recorded.points_3d, space, atol=1e-4)

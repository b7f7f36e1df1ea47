"""Tables of events, and the events in JSON lines."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.core.people import FramePoses, Person
from app.overlay import DrawStyle
from app.sinks import Header, open_sinks
from app.sinks.jsonl_reader import read_recording
from tests.app.analysis.made_body import jump, walk
from tests.app.sinks.people import blank, header

STYLE = DrawStyle(threshold=0.3, names={1: "Anna"})


def record(path: Path, about: Header) -> None:
    """Record a walk of person 1 and a jump of person 2."""
    walking, jumping = walk(seconds=4)[0], jump(seconds=4)
    (sink,) = open_sinks([path], about, STYLE)
    for index, time_s in enumerate(walking.times_s.tolist()):
        people = [
            Person(number, 0.9, track.keypoints[index, 0].repeat(2)[:4], track.keypoints[index])
            for number, track in ((1, walking), (2, jumping))
        ]
        frame = blank(index, time_s)
        sink.write(frame, FramePoses(index, time_s, tuple(people)))
    sink.close()
    sink.close()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_event_is_a_row(tmp_path: Path) -> None:
    record(path := tmp_path / "out.events.csv", header("halpe26"))
    found = rows(path)
    assert {row["name"] for row in found if row["id"] == "1"} == {"Anna"}
    steps = [row for row in found if row["event"] == "step" and row["id"] == "1"]
    assert [float(row["seconds"]) for row in steps] == pytest.approx([0.55] * len(steps), abs=0.02)
    assert [float(row["length"]) for row in steps] == pytest.approx([0.7 * 250] * len(steps), rel=0.03)
    assert {row["unit"] for row in steps} == {"px"}
    (leap,) = (row for row in found if row["event"] == "jump")
    assert leap["id"] == "2"
    assert float(leap["flight_height_m"]) == pytest.approx(0.31, abs=0.04)
    assert leap["depth_deg"] == leap["duty_factor"] == ""
    first = next(row for row in found if row["event"] == "contact" and row["id"] == "2")
    assert first["start_s"] == ""  # the feet stood there before
    assert float(first["end_s"]) == pytest.approx(2.0, abs=0.05)


def test_a_clip_without_people_has_the_heading_alone(tmp_path: Path) -> None:
    (sink,) = open_sinks([path := tmp_path / "out.events.csv"], header("halpe26"), STYLE)
    sink.write(blank(0, 0.0), FramePoses(0, 0.0, ()))
    sink.close()
    assert path.read_text(encoding="utf-8").startswith("id,name,event,side,start_s,end_s,seconds,length,unit,")
    assert rows(path) == []


def test_json_lines_have_events_only_where_they_are_asked_for(tmp_path: Path) -> None:
    record(plain := tmp_path / "plain.jsonl", header("halpe26"))
    record(with_events := tmp_path / "events.jsonl", replace(header("halpe26"), with_events=True))
    lines = with_events.read_bytes().splitlines(keepends=True)
    assert b"".join(lines[:-1]) == plain.read_bytes()
    last: dict[str, Any] = json.loads(lines[-1])
    assert {event["event"] for event in last["events"]} == {"contact", "step", "stride", "jump"}
    cadence = next(one for one in last["measures"] if one["id"] == 1 and one["measure"] == "Cadence")
    assert cadence["value"] == pytest.approx(120 / 1.1, rel=0.01)
    assert cadence["unit"] == "1/min"
    recording = read_recording(with_events)
    assert len(recording.poses) == 240
    assert len(read_recording(plain).poses) == 240


def test_times_of_a_live_source_begin_at_zero(tmp_path: Path) -> None:
    about = replace(header("halpe26"), live=True, with_events=True)
    track = jump(seconds=4)
    (table, lines) = open_sinks([tmp_path / "out.events.csv", tmp_path / "out.jsonl"], about, STYLE)
    for index, time_s in enumerate((track.times_s + 1000).tolist()):
        person = Person(1, 0.9, track.keypoints[index, 0].repeat(2)[:4], track.keypoints[index])
        for sink in (table, lines):
            sink.write(blank(index, time_s), FramePoses(index, time_s, (person,)))
    table.close()
    lines.close()
    (leap,) = (row for row in rows(tmp_path / "out.events.csv") if row["event"] == "jump")
    last = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert float(leap["start_s"]) == pytest.approx(2.0, abs=0.05)
    assert [event["start_s"] for event in last["events"] if event["event"] == "jump"] == [float(leap["start_s"])]


def test_the_last_column_has_what_was_filled_in(tmp_path: Path) -> None:
    walking, half = walk(seconds=4)[0], np.arange(26) < 13
    (sink,) = open_sinks([path := tmp_path / "out.events.csv"], replace(header("halpe26"), filled=True), STYLE)
    for index, time_s in enumerate(walking.times_s.tolist()):
        box, marks = walking.keypoints[index, 0].repeat(2)[:4], half if time_s >= 2 else None
        sink.write(
            blank(index, time_s),
            FramePoses(index, time_s, (Person(1, 0.9, box, walking.keypoints[index], filled=marks),)),
        )
    sink.close()
    known = [
        (float(row["start_s"]), float(row["end_s"]), row["filled"])
        for row in rows(path)
        if row["start_s"] and row["end_s"]
    ]
    assert {filled for start, end, filled in known if end < 2} == {"0.0"}
    assert {filled for start, end, filled in known if start > 2} == {"0.5"}
    assert all(0 < float(filled) < 0.5 for start, end, filled in known if start < 1.9 and end > 2.1)

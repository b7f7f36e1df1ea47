"""Names that people were given are in every file that has a place for them, and in the names of files per person."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from app.overlay import DrawStyle
from app.sinks import open_sinks
from app.sinks.jsonl_reader import read_recording
from app.sinks.name_in_file import file_texts
from app.sinks.save_as import save_as
from tests.app.sinks.people import blank, header, person, poses

HEADER = header("halpe26")
ANNA = DrawStyle(names={2: "Anna"})


def write(path: Path, style: DrawStyle, *seen: tuple[int, ...]) -> list[str]:
    """Write a frame with these ids for each of ``seen``; returns the names of the files in order."""
    (sink,) = open_sinks([path], HEADER, style)
    for index, ids in enumerate(seen):
        frame = blank(index, index / 25)
        sink.write(frame, poses(frame, *(person(one, HEADER.skeleton) for one in ids)))
    sink.close()
    assert sorted(path.parent.iterdir()) == sorted(sink.paths)
    return [one.name for one in sink.paths]


@pytest.mark.parametrize("ending", [".trc", ".mot", ".kinovea.trc"])
def test_files_per_person_have_the_name(tmp_path: Path, ending: str) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    assert write(alone / f"walk{ending}", ANNA, (2,), (2,)) == [f"walk.Anna{ending}"]
    for seen in ((1, 2), (2,)), ((2,), (1, 2)):
        folder = tmp_path / str(len(seen[0]))
        folder.mkdir()
        assert set(write(folder / f"walk{ending}", ANNA, *seen)) == {f"walk_person1{ending}", f"walk.Anna{ending}"}


def test_the_file_of_a_name_has_the_rows_of_its_person(tmp_path: Path) -> None:
    names = write(tmp_path / "walk.trc", DrawStyle(names={1: "Bo", 2: "Anna"}), (1,), (1, 2), (1,))
    assert names == ["walk.Bo.trc", "walk.Anna.trc"]
    assert "\t0000003\t" in (tmp_path / "walk.Bo.trc").read_text()
    assert "\t0000001\t" in (tmp_path / "walk.Anna.trc").read_text()


def test_file_names_are_allowed_on_every_system_and_different() -> None:
    names = {
        1: "a/b:c?",
        2: "Anna",
        3: "anna",
        4: " . ",
        5: "Zoë\n M.",
        6: "李明",
        7: "///",
        8: "Kinovea",
        9: "x" * 300,
    }
    texts = file_texts(names, taken=("kinovea",))
    assert texts == {
        1: "a_b_c_",
        2: "Anna",
        3: "anna-3",
        5: "Zoë_ M",
        6: "李明",
        8: "Kinovea-8",
        9: "x" * 80,
    }
    assert len(file_texts({1: "明" * 100})[1].encode()) <= 80


def test_a_name_that_looks_like_a_number_takes_no_file_of_another(tmp_path: Path) -> None:
    assert len(set(write(tmp_path / "a.trc", DrawStyle(names={1: "Bo", 2: "bo", 3: "bo-2"}), (1, 2, 3)))) == 3


def test_a_table_has_a_column_of_names_only_where_there_are_some(tmp_path: Path) -> None:
    (name,) = write(tmp_path / "out.csv", ANNA, (1, 2))
    with (tmp_path / name).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:5] == ["frame", "time_s", "id", "person", "score"]
    assert [(row["id"], row["person"], row["score"]) for row in rows] == [("1", "", "0.8765"), ("2", "Anna", "0.8765")]
    write(tmp_path / "out.csv", DrawStyle(), (1, 2))
    assert (tmp_path / "out.csv").read_text().startswith("frame,time_s,id,score,x0")


@pytest.mark.parametrize("ending", [".json", ".mmpose.json"])
def test_results_have_the_name_of_a_person(tmp_path: Path, ending: str) -> None:
    (name,) = write(tmp_path / f"out{ending}", ANNA, (1, 2))
    found: Any = json.loads((tmp_path / name).read_text())
    people = found if ending == ".json" else found["instance_info"][0]["instances"]
    assert [(one["track_id"], one.get("name")) for one in people] == [(1, None), (2, "Anna")]


def test_a_recording_is_opened_with_its_names(tmp_path: Path) -> None:
    write(tmp_path / "out.jsonl", ANNA, (1, 2))
    recording = read_recording(tmp_path / "out.jsonl")
    assert recording.people == {2: "Anna"}
    analysis = recording.on_film(is_mirrored=True, width=64).analysis()
    assert [analysis.name(number) for number in analysis.ids()] == ["1", "Anna"]


def test_a_recording_that_is_saved_in_another_format_keeps_its_names(tmp_path: Path) -> None:
    write(tmp_path / "out.jsonl", ANNA, (1, 2))
    (made,) = save_as([tmp_path / "out.jsonl"], [tmp_path / "table.csv"])
    assert "Anna" in made.read_text()

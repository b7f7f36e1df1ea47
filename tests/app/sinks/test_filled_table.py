"""What offline smoothing filled in is listed beside files that have no field for it."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.core.people import Person
from app.overlay import DrawStyle
from app.sinks import open_sinks
from tests.app.sinks.people import blank, header, person, poses

HALPE = header("halpe26").skeleton
LOOK = DrawStyle()


def marked(number: int, *names: str) -> Person:
    """A person of whom the keypoints ``names`` were filled in."""
    flags = np.isin(HALPE.names, names)
    return replace(person(number, HALPE), filled=flags if flags.any() else None)


def write(path: Path, *, filled: bool = True) -> list[Path]:
    """Three frames of two people; the first one lacks the right ankle in the second frame, the second one more."""
    (sink,) = open_sinks([path], replace(header("halpe26"), filled=filled), LOOK)
    people = [(), ("right_ankle",), ()], [(), ("neck", "left_elbow"), ("neck",)]
    for index in range(3):
        frame = blank(index, index / 25)
        marks = (one[index] if filled else () for one in people)
        sink.write(frame, poses(frame, *(marked(number, *names) for number, names in enumerate(marks, 1))))
    sink.close()
    sink.close()
    return list(sink.paths)


@pytest.mark.parametrize(
    ("ending", "first", "second", "third"),
    [
        (".trc", "RAnkle", "LElbow Neck", "Neck"),
        (".kinovea.trc", "RAnkle", "Neck LElbow", "Neck"),
        (
            ".mot",
            "right_ankle right_knee right_shank",
            "right_hip right_shoulder left_hip left_shoulder left_elbow left_arm left_forearm trunk head",
            "right_hip right_shoulder left_hip left_shoulder trunk head",
        ),
    ],
)
def test_what_was_filled_in_is_in_a_table_beside_the_file(
    tmp_path: Path, ending: str, first: str, second: str, third: str
) -> None:
    made = write(tmp_path / f"walk{ending}")
    table = tmp_path / f"walk{ending}.filled.csv"
    assert made == [tmp_path / f"walk_person{number}{ending}" for number in (1, 2)] + [table]
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["frame"], row["time_s"], row["id"]) for row in rows] == [
        ("1", "0.04", "1"),
        ("1", "0.04", "2"),
        ("2", "0.08", "2"),
    ]
    assert [set(row["filled"].split()) for row in rows] == [set(names.split()) for names in (first, second, third)]
    columns = made[0].read_text(encoding="utf-8").replace("\t", " ").replace("\n", " ").split()
    assert {name for row in rows for name in row["filled"].split()} <= set(columns)


def test_nothing_filled_in_leaves_no_table(tmp_path: Path) -> None:
    path, table = tmp_path / "walk.trc", tmp_path / "walk.trc.filled.csv"
    write(path)
    assert table.exists()
    assert table not in write(path, filled=False)
    assert not table.exists()  # that of the earlier run would not be true any more


def test_a_table_of_another_program_stays(tmp_path: Path) -> None:
    table = tmp_path / "walk.trc.filled.csv"
    table.write_text("mine\n")
    write(tmp_path / "walk.trc", filled=False)
    assert table.read_text() == "mine\n"

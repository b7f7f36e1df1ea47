"""``--only``: the files have these people alone, with the values that they have without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.cli.main import main
from tests.app.cli.test_headless import lines

PART = ("--source", "demo", "--headless", "--device", "cpu", "--start", "1.2", "--limit", "14")
"""Frames in which the man on the wall, with the id 1, is joined by the woman below, who is larger."""


@pytest.fixture(scope="module")
def everybody(
    tmp_path_factory: pytest.TempPathFactory, demo: Path, rtmpose_s: Path, yolox_tiny: Path
) -> list[dict[str, Any]]:
    """The lines of all people in 14 frames."""
    path = tmp_path_factory.mktemp("all") / "all.jsonl"
    assert main([*PART, "--output", str(path)]) == 0
    return lines(path)


def people_of(frames: list[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    """``frames`` with the people of this id alone."""
    return [frame | {"people": [one for one in frame["people"] if one["id"] == number]} for frame in frames]


def test_ids_alone_are_written_and_a_missing_one_is_reported(
    tmp_path: Path, everybody: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "some.jsonl"
    assert main([*PART, "--only", "1,9", "--output", str(path)]) == 0
    head, *frames = lines(path)
    assert head.pop("only") == "1,9"
    assert head == everybody[0]
    assert frames == people_of(everybody[1:], 1)
    said = capsys.readouterr()
    assert "14 frames, 1 person (ids 1)" in said.out
    assert "--only: no person has the id 9; the ids are 1, 2." in said.err


def test_the_person_of_the_whole_clip_is_chosen(tmp_path: Path, everybody: list[dict[str, Any]]) -> None:
    path = tmp_path / "one.jsonl"
    assert main([*PART, "--only", "largest", "--output", str(path)]) == 0
    head, *frames = lines(path)
    assert head.pop("only") == "largest"
    assert head == everybody[0]
    areas = {number: [area(frame, number) for frame in everybody[1:]] for number in (1, 2)}
    often = [max(areas, key=lambda number: areas[number][row]) for row in range(14)]
    assert frames == people_of(everybody[1:], max(set(often), key=often.count))
    assert set(often) == {1, 2}  # chosen in every frame anew, they would alternate


def area(frame: dict[str, Any], number: int) -> float:
    """The area of a person's box; 0 where there is no such person."""
    boxes = [one["box"] for one in frame["people"] if one["id"] == number]
    return sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in boxes)

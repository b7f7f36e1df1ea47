"""The command as a person and as a program uses it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from app.bench import crowd
from app.bench.__main__ import main

QUICK = ["--device", "cpu", "--frames", "6", "--repeats", "2", "--seconds", "1"]
STAGES = {"read", "detect", "crop", "pose", "decode", "track", "smooth", "draw", "show", "write"}


def test_one_object_with_all_figures(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--source", str(demo), *QUICK, "--json"]) == 0
    figures: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert set(figures["stages_ms"]) == STAGES
    assert all(0 < known["median"] <= known["p95"] for known in figures["stages_ms"].values())
    assert figures["fps"] > 0
    assert figures["overhead_spread"]["least"] <= figures["overhead"] <= figures["overhead_spread"]["most"]
    assert 0 < figures["latency_ms"]["median"] <= figures["latency_ms"]["p95"]
    assert figures["provider"] == "cpu"
    assert figures["dropped"] >= 0
    assert figures["memory_mb"]["start"] > 50
    assert figures["memory_mb"]["minute"] is None
    assert figures["frames"] == 6


@pytest.fixture
def soon_cut_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made people come from a few frames only."""
    monkeypatch.setattr(crowd, "LOOKED_AT", 12)


@pytest.mark.usefixtures("soon_cut_out")
def test_tables_for_a_person(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--people", "2", *QUICK]) == 0
    told = capsys.readouterr().out
    for wanted in ("2 people: rtmpose-s", "overhead over the bare networks", "2.0 people a frame", "from camera"):
        assert wanted in told, told


@pytest.mark.usefixtures("soon_cut_out")
def test_what_one_more_person_costs(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--people", "1,3", *QUICK, "--json"]) == 0
    figures: dict[str, Any] = json.loads(capsys.readouterr().out)
    one, three = figures["by_people"]
    assert (one["people"], three["people"]) == (1, 3)
    assert figures["slope_ms"] == pytest.approx((1000 / three["fps"] - 1000 / one["fps"]) / 2)
    assert figures["slope_ms"] > 0


def test_a_file_from_end_to_end(tmp_path: Path, demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two minutes of one picture a second."""
    path = tmp_path / "slow.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 1, (320, 240))
    for number in range(100):
        writer.write(np.full((240, 320, 3), number, np.uint8))
    writer.release()
    assert main(["--source", str(path), *QUICK, "--whole", "--json"]) == 0
    figures: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert figures["frames"] == 100
    assert len(figures["ms_by_minute"]) == len(figures["memory_by_minute_mb"]) == 2
    whole_ms = 60 * figures["ms_by_minute"][0] + 40 * figures["ms_by_minute"][1]
    assert whole_ms == pytest.approx(1000 * 100 / figures["fps"])


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--people", "some"], "some"),
        (["--people", "2", "--start"], "no --people"),
        (["--whole", "--start"], "not allowed"),
        (["--against", "rtmlib", "--start"], "not allowed"),
        (["--whole", "--frames", "0"], "0 frames"),
        (["--source", "nowhere.mp4"], "nowhere.mp4"),
        (["--people", "99"], "99 people"),
        (["--frames", "0"], "0 frames"),
        (["--seconds", "-1"], "-1"),
        (["--people", "2", "--source", "some.mp4"], "not allowed"),
        (["--against", "others"], "invalid choice"),
        (["--pose", "nothing"], "nothing"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(
    arguments: list[str], wanted: str, demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["--device", "cpu", *arguments])
    except SystemExit as ended:
        code = int(str(ended.code))
    told = capsys.readouterr()
    assert (code, told.out) == (2, "")
    assert wanted in told.err.splitlines()[-1]


def test_pictures_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(tmp_path / "one.png"), np.zeros((64, 64, 3), np.uint8))
    assert main(["--source", str(tmp_path / "one.png"), *QUICK]) == 2
    assert "wanted a video" in capsys.readouterr().err

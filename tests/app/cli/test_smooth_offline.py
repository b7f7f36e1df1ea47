"""``--smooth offline``: files of the whole video's smoothed people, and what is refused."""

from __future__ import annotations

import csv
from pathlib import Path

import av
import pytest

from app.sinks.jsonl_reader import read_recording
from tests.app.cli.test_headless import lines, stance


def test_files_have_people_smoothed_over_the_video(
    tmp_path: Path, demo: Path, rtmpose_s: Path, yolox_tiny: Path
) -> None:
    forms = ["jsonl", "csv", "mp4"]
    outputs = [argument for form in forms for argument in ("--output", tmp_path / f"out.{form}")]
    arguments = ("--source", demo, "--headless", "--start", "1", "--limit", "9", "--smooth", "offline")
    done = stance(*arguments, "--cutoff", "5", *outputs)
    assert done.returncode == 0, done.stderr
    assert "9 frames, 1 person (ids 1)" in done.stdout
    head, *frames = lines(tmp_path / "out.jsonl")
    assert head["smoothing"] == "offline, 5 Hz"
    assert [len(frame["people"]) for frame in frames] == [1] * 9
    assert len(read_recording(tmp_path / "out.jsonl").analysis().track(1).times_s) == 9
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    named = [(int(row["frame"]), int(row["id"]), row["filled"].split()) for row in rows]
    people = [(frame["frame"], person) for frame in frames for person in frame["people"]]
    names = head["skeleton"]["names"]
    assert named == [(at, p["id"], [names[i] for i in p.get("filled", [])]) for at, p in people]
    with av.open(str(tmp_path / "out.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) == 9


@pytest.mark.parametrize(
    ("source", "cutoff", "sentence"),
    [("photos", "6", "is not a recorded video"), ("demo", "0", "cutoff frequency 0.0 Hz is out of range")],
)
def test_what_cannot_be_smoothed_offline_is_refused(
    tmp_path: Path, demo: Path, shared: Path, source: str, cutoff: str, sentence: str
) -> None:
    path = demo if source == "demo" else next((shared / "data" / "coco-val-dev").rglob("*.jpg")).parent
    done = stance(
        *("--source", path, "--headless", "--smooth", "offline", "--cutoff", cutoff),
        *("--output", tmp_path / "out.jsonl"),
    )
    assert done.returncode == 2
    assert sentence in done.stderr
    assert not (tmp_path / "out.jsonl").exists()

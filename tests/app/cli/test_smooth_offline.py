"""``--smooth offline``: files of the whole video's smoothed people, and what is refused."""

from __future__ import annotations

import csv
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import av
import pytest

from app.analysis import Analysis
from app.analysis.finish import finished
from app.analysis.offline_smoothing import OfflineSmoothing
from app.cli import headless
from app.core.people import Frame, FramePoses
from app.core.settings import RunOptions, Settings
from app.pose.model import Candidates
from app.sinks.jsonl import JsonLines
from app.sinks.jsonl_reader import read_recording
from tests.app.cli.test_headless import lines, stance
from tests.app.toy_networks import ToyEstimator, toy_film, toy_pipeline


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


def run_toys(monkeypatch: pytest.MonkeyPatch, source: Path, outputs: tuple[Path, ...]) -> int:
    """A run with networks that take ten milliseconds a frame, in this process."""

    class Slow(ToyEstimator):
        def estimate(self, frames: Sequence[Frame], candidates: Candidates, flip_test: bool = False) -> Candidates:
            time.sleep(0.01)
            return super().estimate(frames, candidates, flip_test)

    monkeypatch.setattr(headless, "open_pipeline", lambda *_: toy_pipeline(Slow()))
    monkeypatch.setattr(headless, "assumption_lines", lambda _: [])  # toys have no card
    return headless.run_headless(Settings(), RunOptions(str(source), outputs=outputs, smooth_offline=True))


@pytest.mark.skipif(os.name != "posix", reason="signals are sent the POSIX way")
@pytest.mark.parametrize("when", ["analysing", "smoothing", "writing"])
def test_what_was_analysed_is_written_after_an_interrupt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], when: str
) -> None:
    film = toy_film(tmp_path / "walkers.mp4", 60)
    outputs = tmp_path / "out.jsonl", tmp_path / "out.mp4", tmp_path / "out.csv", tmp_path / "out.trc"
    known: list[int] = []

    class Interrupted(Analysis):
        def add(self, poses: FramePoses) -> None:
            super().add(poses)
            if when == "analysing" and poses.index == 20:
                os.kill(os.getpid(), signal.SIGINT)

    def smoothed(analysis: Analysis, smoothing: OfflineSmoothing) -> Analysis:
        known.append(len(analysis))
        if when == "smoothing":
            os.kill(os.getpid(), signal.SIGINT)
        return finished(analysis, smoothing)

    def written(self: JsonLines, frame: Frame, poses: FramePoses, name: str = "") -> None:
        if when == "writing" and poses.index == 5:
            os.kill(os.getpid(), signal.SIGINT)
        write(self, frame, poses, name)

    write = JsonLines.write
    monkeypatch.setattr(headless, "Analysis", Interrupted)
    monkeypatch.setattr(headless, "finished", smoothed)
    monkeypatch.setattr(JsonLines, "write", written)
    assert run_toys(monkeypatch, film, outputs) == 0
    (count,) = known
    assert count >= 21 if when == "analysing" else count == 60
    assert [poses.index for poses in read_recording(outputs[0]).poses] == list(range(count))
    with av.open(str(outputs[1])) as video:
        assert sum(1 for _ in video.decode(video=0)) == count
    with outputs[2].open(encoding="utf-8") as file:
        frames = {int(row["frame"]) for row in csv.DictReader(file)}
    assert max(frames) == max(poses.index for poses in read_recording(outputs[0]).poses if poses.people)
    assert len(list(tmp_path.glob("out_person*.trc"))) >= 2
    told = "What was analysed is being written" in capsys.readouterr().err
    assert told == (when == "smoothing") or when == "writing"  # the last frames may be written before it is told


@pytest.mark.skipif(os.name != "posix", reason="signals are sent the POSIX way")
def test_a_second_interrupt_ends_the_files_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film, out = toy_film(tmp_path / "walkers.mp4", 60), tmp_path / "out.jsonl"

    def smoothed(analysis: Analysis, smoothing: OfflineSmoothing) -> Analysis:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)
        return finished(analysis, smoothing)

    monkeypatch.setattr(headless, "finished", smoothed)
    assert run_toys(monkeypatch, film, (out,)) == 0
    assert len(read_recording(out).poses) <= 60

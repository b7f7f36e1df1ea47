"""Processes that are told to end, killed, or not alone: what they wrote can be read, and they leave nothing lying."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from app.sinks.recorded import read_recording
from app.sources.file import VideoFile
from tests.app.sources.clips import make_clip, steady
from tests.app.sources.mjpeg import Mjpeg
from tests.faults.runs import Headless, arguments, child, finished, lines, wait_for

GREY = np.full((48, 64, 3), 90, np.uint8)
FORMS = ("out.mp4", "out.mkv", "out.jsonl", "out.csv", "out.json", "out.mmpose.json", "out.trc")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are sent the POSIX way")


def recording(pose: Path, source: Path | str, folder: Path, frames: int) -> subprocess.Popen[str]:
    """A process that records ``source`` in every form, and has written so many frames."""
    process = child(arguments(pose, source, tuple(folder / form for form in FORMS)))
    out = folder / "out.jsonl"
    wait_for(lambda: (out.exists() and out.read_bytes().count(b"\n") > frames) or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    return process


def frames_of(path: Path) -> int:
    return len(list(iter(VideoFile(path).read, None)))


def rows_of(folder: Path) -> int:
    """How many rows the tables of all people have together."""
    return sum(len([line for line in path.read_text().splitlines()[6:] if line]) for path in folder.glob("*.trc"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_finishes_what_a_stream_fills(tmp_path: Path, made_pose: Path, number: signal.Signals) -> None:
    """A camera never ends by itself, so this is how every recording of one does."""
    camera = Mjpeg()
    process = recording(made_pose, camera.address, tmp_path, 40)
    process.send_signal(number)
    done = finished(process)
    camera.unplug()
    frames = len(lines(tmp_path / "out.jsonl")) - 1
    done.played(frames)
    assert frames_of(tmp_path / "out.mp4") == frames_of(tmp_path / "out.mkv") == frames
    seen = sum(bool(frame["people"]) for frame in lines(tmp_path / "out.jsonl")[1:])
    assert rows_of(tmp_path) >= seen
    assert len(json.loads((tmp_path / "out.mmpose.json").read_text())["instance_info"]) == frames
    assert {path.suffix for path in tmp_path.iterdir()} == {Path(form).suffix for form in FORMS}


def test_a_kill_loses_about_a_second_of_a_stream(tmp_path: Path, made_pose: Path) -> None:
    camera = Mjpeg()
    process = recording(made_pose, camera.address, tmp_path, 200)
    process.kill()
    process.communicate(timeout=60)
    camera.unplug()
    whole = read_recording(tmp_path / "out.jsonl")
    frames = len(whole.poses)
    assert frames >= 199
    last_s = whole.poses[-1].time_s - whole.poses[0].time_s
    for name in ("out.mp4", "out.mkv"):
        shown = list(iter(VideoFile(tmp_path / name).read, None))
        # The encoder looks ahead of itself; a fragment of an MP4 is a second.
        assert shown[-1].time_s > last_s - (3.5 if name == "out.mp4" else 3.0)
    seen = sum(len(poses.people) for poses in whole.poses)
    assert rows_of(tmp_path) >= seen - 1
    assert abs(len(json.loads((tmp_path / "out.json").read_text())) - seen) <= 1
    assert abs(len(json.loads((tmp_path / "out.mmpose.json").read_text())["instance_info"]) - frames) <= 1
    assert (tmp_path / "out.csv").read_text().count("\n") >= seen


def test_what_a_kill_left_beside_an_output_goes_with_the_next_one(tmp_path: Path, headless: Headless) -> None:
    """The copy that an MP4 is made plain in: an old one is nobody's, a fresh one may be another process's."""
    old, fresh, other = (tmp_path / name for name in (".stance-0a1b2c3d.plain", ".stance-4e5f6a7b.plain", ".plain"))
    for path in (old, fresh, other):
        path.write_bytes(b"half a film")
    for path in (old, other):
        os.utime(path, (time.time() - 7200,) * 2)
    headless(make_clip(tmp_path / "a.mp4", steady(3)), tmp_path / "out.mp4").played(3)
    assert {path.name for path in tmp_path.iterdir()} == {"a.mp4", "out.mp4", fresh.name, other.name}


KILLED_IN_THE_COPY = """
import os, signal
import app.sinks.video
app.sinks.video.os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_while_the_copy_is_made_leaves_a_film_that_plays(tmp_path: Path, made_pose: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", steady(40), image=GREY)
    out = tmp_path / "out.mp4"
    process = child(arguments(made_pose, clip, (out,)), before=KILLED_IN_THE_COPY)
    assert finished(process).code == -signal.SIGKILL
    assert frames_of(out) == 40
    (left,) = tmp_path.glob(".stance-*.plain")
    os.utime(left, (time.time() - 7200,) * 2)
    finished(child(arguments(made_pose, clip, (out,)))).played(40)
    assert not list(tmp_path.glob(".*"))


def test_a_second_interrupt_ends_at_once(tmp_path: Path, made_pose: Path) -> None:
    camera = Mjpeg()
    process = recording(made_pose, camera.address, tmp_path, 5)
    for _ in range(2):
        process.send_signal(signal.SIGINT)
    done = finished(process)
    camera.unplug()
    assert done.code in (0, 130)
    assert "Traceback" not in done.err


def test_a_reader_that_goes_away_is_no_crash(tmp_path: Path, made_pose: Path) -> None:
    """As in ``main.py ... | head -1``: nobody reads the summary any more."""
    clip = make_clip(tmp_path / "a.mp4", steady(40), image=GREY)
    process = child(arguments(made_pose, clip, (tmp_path / "out.jsonl",)))
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.wait(60)
    assert "Traceback" not in said
    assert len(lines(tmp_path / "out.jsonl")) == 41


def test_two_at_once_write_side_by_side(tmp_path: Path, made_pose: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", steady(60), image=GREY)
    outputs = [tuple(tmp_path / f"{name}{ending}" for ending in (".mp4", ".json", ".trc")) for name in ("one", "two")]
    for done in [finished(process) for process in [child(arguments(made_pose, clip, paths)) for paths in outputs]]:
        done.played(60)
    assert {path.name for path in tmp_path.iterdir()} == {"a.mp4", *(path.name for pair in outputs for path in pair)}
    for one, two in zip(*outputs, strict=True):
        if one.suffix == ".mp4":
            assert frames_of(one) == frames_of(two) == 60
        else:
            assert one.read_bytes().replace(b"one", b"two") == two.read_bytes()


@pytest.mark.parametrize("name", ["out.mp4", "out.jsonl"])
def test_two_at_once_at_one_output(tmp_path: Path, made_pose: Path, name: str) -> None:
    """Both work, or one says why; what is there in the end can be read."""
    noise = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
    clip = make_clip(tmp_path / "a.mp4", steady(100), image=noise)
    out = tmp_path / name
    first, second = (finished(process) for process in [child(arguments(made_pose, clip, (out,))) for _ in range(2)])
    assert 0 in (first.code, second.code)
    for done in (first, second):
        if done.code:
            done.refused(name)
    if name == "out.mp4":
        assert frames_of(out) == 100
    else:
        assert len(lines(out)) == 101

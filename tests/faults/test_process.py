"""Processes that are interrupted, killed or run in parallel: their files can be read and no temporary file stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest

from app.core.errors import StanceError
from app.overlay import DrawStyle
from app.sinks.trc import Trc
from app.sources.file import VideoFile
from tests.app.sinks.people import blank, header, person, poses
from tests.app.sources.clips import make_clip, steady
from tests.app.sources.mjpeg import Mjpeg
from tests.faults.runs import Headless, arguments, child, finished, lines, wait_for

GREY = np.full((48, 64, 3), 90, np.uint8)
LOCK_FILE = """
import sys, time
from pathlib import Path
from app.sinks.output_lock import hold
path = Path(sys.argv[1])
new = path.with_suffix(".new")
release = hold(new)
new.rename(path)
time.sleep(60)
"""
"""Creates a file that is locked from the start."""
FORMS = ("out.mp4", "out.mkv", "out.jsonl", "out.csv", "out.json", "out.mmpose.json", "out.trc")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")


def recording(pose: Path, source: Path | str, folder: Path, frames: int) -> subprocess.Popen[str]:
    """Start a process that records ``source`` in every format; return it after ``frames`` frames."""
    process = child(arguments(pose, source, tuple(folder / form for form in FORMS)))
    out = folder / "out.jsonl"
    wait_for(lambda: (out.exists() and out.read_bytes().count(b"\n") > frames) or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    return process


def frames_of(path: Path) -> int:
    return len(list(iter(VideoFile(path).read, None)))


def rows_of(folder: Path) -> int:
    """Number of rows in the tables of all people."""
    return sum(len([line for line in path.read_text().splitlines()[6:] if line]) for path in folder.glob("*.trc"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_finishes_the_recording_of_a_stream(tmp_path: Path, made_pose: Path, number: signal.Signals) -> None:
    """Recordings of a camera always end this way."""
    camera = Mjpeg()
    process = recording(made_pose, camera.address, tmp_path, 40)
    process.send_signal(number)
    done = finished(process)
    camera.unplug()
    frames = len(lines(tmp_path / "out.jsonl")) - 1
    done.played(frames + done.unrecorded)
    assert frames_of(tmp_path / "out.mp4") == frames_of(tmp_path / "out.mkv") == frames
    seen = sum(bool(frame["people"]) for frame in lines(tmp_path / "out.jsonl")[1:])
    assert rows_of(tmp_path) >= seen
    assert len(json.loads((tmp_path / "out.mmpose.json").read_text())["instance_info"]) == frames
    assert {path.suffix for path in tmp_path.iterdir()} == {Path(form).suffix for form in FORMS}


def test_temporary_copy_left_by_a_kill_is_removed_by_the_next_run(tmp_path: Path, headless: Headless) -> None:
    """The final copy of an MP4 is removed unless another process has it locked."""
    left, held, other = (tmp_path / name for name in (".stance-0a1b2c3d.plain", ".stance-4e5f6a7b.plain", ".plain"))
    for path in (left, other):
        path.write_bytes(b"partial video")
    process = child([str(held)], before=LOCK_FILE)
    wait_for(held.exists)
    headless(make_clip(tmp_path / "a.mp4", steady(3)), tmp_path / "out.mp4").played(3)
    assert {path.name for path in tmp_path.iterdir()} == {"a.mp4", "out.mp4", held.name, other.name}
    process.kill()
    process.communicate(timeout=60)
    headless(tmp_path / "a.mp4", tmp_path / "out.mp4").played(3)
    assert {path.name for path in tmp_path.iterdir()} == {"a.mp4", "out.mp4", other.name}


def test_temporary_network_left_by_a_kill_is_removed_by_the_next_run(
    tmp_path: Path, headless: Headless, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STANCE_HOME", str(tmp_path / "home"))
    left = tmp_path / "home" / "imported" / ".work-0a1b2c3d"
    left.mkdir(parents=True)
    (left / "member").write_bytes(b"partial network")
    headless(make_clip(tmp_path / "a.mp4", steady(3)), tmp_path / "out.csv").played(3)
    assert not list(left.parent.iterdir())


KILL_DURING_COPY = """
import os, signal
import app.sinks.video
app.sinks.video.os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_kill_during_the_final_copy_leaves_a_video_that_plays(tmp_path: Path, made_pose: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", steady(40), image=GREY)
    out = tmp_path / "out.mp4"
    process = child(arguments(made_pose, clip, (out,)), before=KILL_DURING_COPY)
    assert finished(process).code == -signal.SIGKILL
    assert frames_of(out) == 40
    assert len(list(tmp_path.glob(".stance-*.plain"))) == 1
    finished(child(arguments(made_pose, clip, (out,)))).played(40)
    assert not list(tmp_path.glob(".*"))


def test_second_interrupt_ends_at_once(tmp_path: Path, made_pose: Path) -> None:
    camera = Mjpeg()
    process = recording(made_pose, camera.address, tmp_path, 5)
    for _ in range(2):
        process.send_signal(signal.SIGINT)
    done = finished(process)
    camera.unplug()
    assert done.code in (0, 130)
    assert "Traceback" not in done.err


def test_closed_output_pipe_is_no_crash(tmp_path: Path, made_pose: Path) -> None:
    """As in ``main.py ... | head -1``: the summary has no reader."""
    clip = make_clip(tmp_path / "a.mp4", steady(40), image=GREY)
    process = child(arguments(made_pose, clip, (tmp_path / "out.jsonl",)))
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    printed = process.stderr.read()
    process.wait(60)
    assert "Traceback" not in printed
    assert len(lines(tmp_path / "out.jsonl")) == 41


@pytest.mark.slow
def test_two_runs_write_in_parallel(tmp_path: Path, made_pose: Path) -> None:
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


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_second_run_with_the_same_output_is_refused(
    tmp_path: Path, made_pose: Path, headless: Headless, name: str
) -> None:
    """The first run continues undisturbed."""
    camera = Mjpeg()
    out, kept = tmp_path / name, tmp_path / "kept.jsonl"
    process = child(arguments(made_pose, camera.address, (out, kept)))
    wait_for(lambda: (kept.exists() and kept.read_bytes().count(b"\n") > 5) or process.poll() is not None)
    clip = make_clip(tmp_path / "a.mp4", steady(3))
    headless(clip, out).refused(name, "is already being written")
    process.send_signal(signal.SIGINT)
    done = finished(process)
    camera.unplug()
    frames = lines(kept)[1:]
    assert done.code == 0, done.err
    seen = sum(len(frame["people"]) for frame in frames)
    assert seen > 0
    match out.suffixes:
        case [".mp4"] | [".mkv"]:
            assert frames_of(out) == len(frames)
        case [".jsonl"]:
            assert lines(out) == lines(kept)
        case [".csv"]:
            assert out.read_text().count("\n") == seen + 1
        case [".json"]:
            assert len(json.loads(out.read_text())) == seen
        case [".mmpose", ".json"]:
            assert len(json.loads(out.read_text())["instance_info"]) == len(frames)
        case [".trc"]:
            assert rows_of(tmp_path) >= seen
    headless(clip, out).played(3)  # after the first run the file is free again


def test_table_is_locked_after_each_person_has_a_file(tmp_path: Path) -> None:
    """The requested file name then no longer exists."""
    path = tmp_path / "out.trc"
    first = Trc(path, header(), DrawStyle())
    frame = blank(0, 0.0)
    first.write(frame, poses(frame, *(person(number, header().skeleton) for number in (3, 4))))
    assert not path.exists()
    with pytest.raises(StanceError, match=r"out\.trc is already being written"):
        Trc(path, header(), DrawStyle())
    first.close()
    Trc(path, header(), DrawStyle()).close()


def test_run_with_one_output_twice_is_refused(tmp_path: Path, headless: Headless) -> None:
    clip = make_clip(tmp_path / "a.mp4", steady(3))
    (tmp_path / "other.csv").symlink_to(tmp_path / "out.csv")
    headless(clip, tmp_path / "out.csv", tmp_path / "other.csv").refused("other.csv", "given twice")
    (tmp_path / "one.jsonl").touch()
    (tmp_path / "two.jsonl").hardlink_to(tmp_path / "one.jsonl")
    headless(clip, tmp_path / "one.jsonl", tmp_path / "two.jsonl").refused("two.jsonl", "is already being written")

"""Processes that are told to end, killed, or not alone: what they wrote can be read, and they leave nothing lying."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest

from app.errors import StanceError
from app.overlay import Look
from app.sinks.trc import Trc
from app.sources.file import VideoFile
from tests.app.sinks.people import blank, header, person, poses
from tests.app.sources.clips import make_clip, steady
from tests.app.sources.mjpeg import Mjpeg
from tests.faults.runs import Headless, arguments, child, finished, lines, wait_for

GREY = np.full((48, 64, 3), 90, np.uint8)
HOLDING = """
import sys, time
from pathlib import Path
from app.sinks.held import hold
place = Path(sys.argv[1])
beside = place.with_suffix(".made")
let_go = hold(beside)
beside.rename(place)
time.sleep(60)
"""
"""Holds a file as soon as it is there."""
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


def test_what_a_kill_left_beside_an_output_goes_with_the_next_one(tmp_path: Path, headless: Headless) -> None:
    """The copy that an MP4 is made plain in: what nobody holds is nobody's, what is held is another process's."""
    left, held, other = (tmp_path / name for name in (".stance-0a1b2c3d.plain", ".stance-4e5f6a7b.plain", ".plain"))
    for path in (left, other):
        path.write_bytes(b"half a film")
    process = child([str(held)], before=HOLDING)
    wait_for(held.exists)
    headless(make_clip(tmp_path / "a.mp4", steady(3)), tmp_path / "out.mp4").played(3)
    assert {path.name for path in tmp_path.iterdir()} == {"a.mp4", "out.mp4", held.name, other.name}
    process.kill()
    process.communicate(timeout=60)
    headless(tmp_path / "a.mp4", tmp_path / "out.mp4").played(3)
    assert {path.name for path in tmp_path.iterdir()} == {"a.mp4", "out.mp4", other.name}


def test_what_a_kill_left_among_the_networks_goes_with_the_next_run(
    tmp_path: Path, headless: Headless, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STANCE_HOME", str(tmp_path / "home"))
    left = tmp_path / "home" / "imported" / ".work-0a1b2c3d"
    left.mkdir(parents=True)
    (left / "member").write_bytes(b"half a network")
    headless(make_clip(tmp_path / "a.mp4", steady(3)), tmp_path / "out.csv").played(3)
    assert not list(left.parent.iterdir())


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
    assert len(list(tmp_path.glob(".stance-*.plain"))) == 1
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


@pytest.mark.parametrize("name", FORMS)
def test_a_second_run_at_one_output_is_refused(tmp_path: Path, made_pose: Path, headless: Headless, name: str) -> None:
    """And the first one goes on as if nothing had been."""
    camera = Mjpeg()
    out, kept = tmp_path / name, tmp_path / "kept.jsonl"
    process = child(arguments(made_pose, camera.address, (out, kept)))
    wait_for(lambda: (kept.exists() and kept.read_bytes().count(b"\n") > 5) or process.poll() is not None)
    clip = make_clip(tmp_path / "a.mp4", steady(3))
    headless(clip, out).refused(name, "is being written already")
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
    headless(clip, out).played(3)  # the next one may


def test_tables_are_held_after_everybody_has_a_file(tmp_path: Path) -> None:
    """Then nothing has the name any more that was asked for."""
    path = tmp_path / "out.trc"
    first = Trc(path, header(), Look())
    frame = blank(0, 0.0)
    first.write(frame, poses(frame, *(person(number, header().skeleton) for number in (3, 4))))
    assert not path.exists()
    with pytest.raises(StanceError, match=r"out\.trc is being written already"):
        Trc(path, header(), Look())
    first.close()
    Trc(path, header(), Look()).close()


def test_one_run_names_no_output_twice(tmp_path: Path, headless: Headless) -> None:
    clip = make_clip(tmp_path / "a.mp4", steady(3))
    (tmp_path / "other.csv").symlink_to(tmp_path / "out.csv")
    headless(clip, tmp_path / "out.csv", tmp_path / "other.csv").refused("other.csv", "named twice")
    (tmp_path / "one.jsonl").touch()
    (tmp_path / "two.jsonl").hardlink_to(tmp_path / "one.jsonl")
    headless(clip, tmp_path / "one.jsonl", tmp_path / "two.jsonl").refused("two.jsonl", "is being written already")

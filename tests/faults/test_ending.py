"""A run ends on a signal or at its limit even if the stream is silent or the disk hangs."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.app.sources.clips import make_clip, steady
from tests.app.sources.mjpeg import Mjpeg
from tests.faults.runs import arguments, child, finished, lines, wait_for

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")

HANGING_DISK = """
import threading
from app.sinks.jsonl import JsonLines
real = JsonLines.write
def write(sink, frame, poses, name=""):
    if frame.index >= 5:
        threading.Event().wait()
    real(sink, frame, poses, name)
JsonLines.write = write
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_a_run_on_a_silent_stream(tmp_path: Path, made_pose: Path, number: int) -> None:
    camera, out = Mjpeg(), tmp_path / "out.jsonl"
    process = child(arguments(made_pose, camera.address, (out,)))
    wait_for(lambda: out.exists() and out.read_bytes().count(b"\n") > 3)
    camera.silent.set()
    process.send_signal(number)
    done = finished(process)
    camera.unplug()
    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    assert len(lines(out)) > 3


def test_sigterm_ends_a_run_whose_disk_hangs(tmp_path: Path, made_pose: Path) -> None:
    clip, out = make_clip(tmp_path / "a.mp4", steady(60)), tmp_path / "out.jsonl"
    process = child(arguments(made_pose, clip, (out,)), before=HANGING_DISK)
    wait_for(lambda: out.exists() and out.read_bytes().count(b"\n") > 5)
    process.send_signal(signal.SIGTERM)
    done = finished(process)
    assert done.code == 128 + signal.SIGTERM, done.err
    assert len(lines(out)) == 6  # the header and five frames


def test_limit_ends_a_run_on_a_silent_stream(tmp_path: Path, made_pose: Path) -> None:
    camera, out = Mjpeg(), tmp_path / "out.jsonl"
    process = child(arguments(made_pose, camera.address, (out,), ("--limit", "20")))
    wait_for(lambda: out.exists() and out.read_bytes().count(b"\n") > 20)
    camera.silent.set()
    done = finished(process)
    camera.unplug()
    assert done.code == 0, done.err
    assert len(lines(out)) == 21

"""What is slow where frames are missing from a recording: the disk, or the processor that draws and encodes."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.core.skeleton import load_skeleton
from app.engine import Engine, EngineEvent
from app.overlay import DrawStyle
from app.sinks import Header, open_sinks
from app.sources.camera import Camera
from tests.app.sinks.slow_pipe import WAIT_S, slow_pipe
from tests.app.sources.device import plugged_in


def header(camera: Camera) -> Header:
    return Header("0", camera.size, 60.0, load_skeleton("halpe26"), "", "", "auto", "cpu", live=True)


def record_until_slow(camera: Camera, paths: list[Path], slow: threading.Event) -> str:
    """Record ``camera`` to ``paths`` until something is said to be slow; sets ``slow`` and returns the sentence."""
    events: list[EngineEvent] = []

    def hear(event: EngineEvent) -> None:
        if event.kind == "slow":
            events.append(event)
            slow.set()

    engine = Engine(camera, None, open_sinks(paths, header(camera), DrawStyle()), on_event=hear)
    engine.start()
    assert slow.wait(WAIT_S)
    engine.stop(WAIT_S)
    assert engine.statistics.unrecorded
    return events[0].message


def test_a_slow_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugged_in(monkeypatch)
    path = tmp_path / "take.jsonl"
    with slow_pipe(path) as ended:
        assert record_until_slow(Camera("0"), [path], ended).startswith("The disk is too slow: frames are missing")


@pytest.mark.slow
def test_a_slow_processor_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugged_in(monkeypatch)
    camera = Camera("0@1280x720@60")
    sentence = record_until_slow(camera, [tmp_path / f"{take}-%05d.png" for take in range(16)], threading.Event())
    assert sentence.startswith("The processor is too slow: frames are missing")

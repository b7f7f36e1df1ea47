"""A source opened while a network still computes for the previous one gets its own pipeline."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnxruntime
import pytest
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.window.main_window import MainWindow
from tests.app.engine.conftest import same
from tests.app.window.seen import of_clip
from tests.app.window.test_main_window import PATIENCE, play

FRAMES = 6


class Stuck:
    """Once ``armed``, the next run of a detector, and only that one, waits until ``freed``."""

    def __init__(self) -> None:
        self.armed = threading.Semaphore(0)
        self.waits, self.freed = threading.Event(), threading.Event()


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stuck]:
    made, real = Stuck(), onnxruntime.InferenceSession

    class Session(real):  # type: ignore[misc, valid-type]
        def __init__(self, path: str, *more: Any, **options: Any) -> None:
            self.detects = "rtmdet" in path
            super().__init__(path, *more, **options)

        def run(self, *wanted: Any) -> Any:
            if self.detects and made.armed.acquire(blocking=False):
                made.waits.set()
                assert made.freed.wait(120)
            return super().run(*wanted)

    monkeypatch.setattr(onnxruntime, "InferenceSession", Session)
    yield made
    made.freed.set()


def test_the_next_clip_is_analysed_independently(
    stuck: Stuck, window: MainWindow, small_models: Settings, demo: Path, shared: Path, qtbot: QtBot
) -> None:
    window.panel.show_settings(small_models)
    with qtbot.waitSignal(window.loader.loaded, timeout=60_000):
        window.load()
    play(window, demo, qtbot)
    before = window.player.engine
    assert before is not None
    stuck.armed.release()
    qtbot.waitUntil(stuck.waits.is_set, timeout=60_000)
    clip = shared / "data" / "videos" / "two_people_jump_1280x720.mp4"
    play(window, clip, qtbot)
    qtbot.waitUntil(lambda: len(window.player.analysis or ()) >= FRAMES, timeout=60_000)
    analysis = window.player.analysis
    assert analysis is not None
    assert not stuck.freed.is_set()
    found = [analysis.get(index) for index in range(FRAMES)]
    stuck.freed.set()
    qtbot.waitUntil(lambda: before.state == "ended", timeout=PATIENCE)
    alone = of_clip(clip, Path(small_models.pose), Path(small_models.detector), FRAMES)
    for index, poses in enumerate(found):
        known = alone.get(index)
        assert poses is not None
        assert known is not None
        assert same(poses, known)
    assert any(poses.people for poses in found if poses is not None)

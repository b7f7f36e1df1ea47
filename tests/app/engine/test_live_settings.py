"""Changing settings while a camera runs: people keep id, name and history."""

from __future__ import annotations

from concurrent.futures import wait
from dataclasses import replace
from threading import Semaphore
from typing import Any, cast

import pytest

from app.analysis import Analysis
from app.core.people import Frame, FramePoses
from app.core.settings import Settings
from app.detection.proposer import Detections
from app.engine import Engine, Result
from app.engine.detector_lookahead import AsyncDetector
from app.sources import Source
from tests.app.test_network_answers import toys
from tests.app.toy_networks import SIZE, toy_clip

CLIP = toy_clip(80)
CHANGES: list[dict[str, Any]] = [{"smooth": "none"}, {"threshold": 0.6}, {"half_rate": True}, {"max_people": 2}]


class Camera:
    """The toy clip as a camera whose frames are never dropped."""

    name, size, fps, frames, duration_s = "camera", SIZE, 30.0, None, None
    live, still = True, False

    def __init__(self) -> None:
        self.given = 0
        self.wanted = Semaphore(1)

    def read(self) -> Frame | None:
        self.wanted.acquire(timeout=30)
        self.given += 1
        return CLIP[self.given - 1] if self.given <= len(CLIP) else None

    def seek(self, time_s: float) -> None:
        pass

    def seek_index(self, index: int) -> None:
        pass

    def frame_name(self, index: int) -> str:
        return ""

    def close(self) -> None:
        pass


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_people_of_a_camera_keep_names_and_history_when_settings_change(
    change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = toys().pipeline
    analysis = Analysis(pipeline.skeleton)
    camera = Camera()
    find = AsyncDetector.find

    def find_in_time(self: AsyncDetector, frame: Frame, wanted: bool) -> Detections | None:
        found = find(self, frame, wanted)
        if self._running and not analysis.ids():
            wait([self._running], 30)  # a detector that is late would lose people who walk out of their boxes
        return found

    monkeypatch.setattr(AsyncDetector, "find", find_in_time)

    def hear(result: Any) -> None:
        camera.wanted.release()
        if len(analysis) == 10:
            analysis.rename(1, "Ada")
            engine.adjust(replace(Settings(), **change))

    engine = Engine(cast(Source, camera), pipeline, analysis=analysis, on_result=hear)
    engine.start()
    assert engine.wait(60)
    assert analysis.names() == {1: "Ada"}
    track = analysis.track(1)
    assert track.indices[0] < 10
    assert track.indices[-1] > 60


def test_the_times_of_the_stages_start_anew_with_another_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, camera = toys().pipeline, toys().pipeline, Camera()
    process = first.process
    counts: dict[int, int] = {}

    def switch(frame: Frame, *rest: Any, **named: Any) -> FramePoses:
        poses = process(frame, *rest, **named)
        if frame.index == 10:
            engine.set_pipeline(second)
        return poses

    def hear(result: Result) -> None:
        counts[result.frame.index] = len(engine.statistics.stage_ms.get("track", ()))
        camera.wanted.release()

    monkeypatch.setattr(first, "process", switch)
    engine = Engine(cast(Source, camera), first, on_result=hear)
    engine.start()
    assert engine.wait(60)
    assert counts[9] > 1
    assert counts[10] == 0  # the frame of the first pipeline does not count
    assert counts[11] <= 1 < counts[len(CLIP) - 1]

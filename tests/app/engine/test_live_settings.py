"""Changing settings while a camera runs: people keep id, name and history."""

from __future__ import annotations

from dataclasses import replace
from threading import Event, Semaphore
from typing import Any, cast

import pytest

from app.analysis import Analysis
from app.core.people import Frame
from app.core.settings import Settings
from app.detection.proposer import Detections
from app.engine import Engine
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
def test_people_of_a_camera_keep_names_and_history_when_settings_change(change: dict[str, Any]) -> None:
    pipeline = toys().pipeline
    find, answered = pipeline.find, Event()

    def find_and_note(frame: Frame) -> Detections:
        try:
            return find(frame)
        finally:
            answered.set()

    pipeline.find = find_and_note  # type: ignore[method-assign]
    analysis = Analysis(pipeline.skeleton)
    camera = Camera()

    def hear(result: Any) -> None:
        if not analysis.ids():
            answered.wait(30)  # a detector that is late must not find its people after the change of settings
        camera.wanted.release()
        if len(analysis) == 10:
            analysis.rename(1, "Ada")
            engine.adjust(replace(Settings(), **change))

    engine = Engine(cast(Source, camera), pipeline, analysis=analysis, on_result=hear)
    engine.start()
    assert engine.wait(60)
    assert analysis.names() == {1: "Ada"}
    track = analysis.track(1)
    assert track.indices[0] < 20
    assert track.indices[-1] > 60

"""Repetitions are counted while somebody moves in front of a camera."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pytest

from app.analysis import Analysis
from app.analysis.live_measures import LiveMeasures
from app.core.people import Floats, Frame, Image
from app.engine import Engine
from app.pose.model import Candidates
from app.sources import open_source
from tests.app.analysis.test_measures import squats
from tests.app.sources.device import FakeDevice, plugged_in
from tests.app.toy_networks import ToyEstimator, toy_pipeline

SQUATS = squats(2)
"""Seven seconds with two squats."""


class Mirror(FakeDevice):
    """A camera whose pictures show, by their brightness, how far the time has got."""

    started_s = 0.0

    def read(self) -> tuple[bool, Image | None]:
        time.sleep(1 / 40)
        Mirror.started_s = Mirror.started_s or time.monotonic()
        row = min(int((time.monotonic() - Mirror.started_s) * 30), len(SQUATS.times_s) - 1)
        picture: Image = np.zeros((self.size[1], self.size[0], 3), np.uint8)
        picture[50:450, 50:250] = 45 + row
        return self.open, picture if self.open else None


class Posing(ToyEstimator):
    """Reads from the picture which moment of the squats it shows."""

    def estimate(self, frames: Sequence[Frame], candidates: Candidates, flip_test: bool = False) -> Candidates:
        row = max(int(frames[-1].image[250, 150, 0]) - 45, 0)
        poses: Floats = np.repeat(SQUATS.keypoints[row][None], len(candidates.boxes), axis=0)
        poses[..., :2] = poses[..., :2] * 0.5 + [100, 0]
        return candidates.with_poses(poses)


def test_repetitions_of_a_camera_are_counted_live(monkeypatch: pytest.MonkeyPatch) -> None:
    plugged_in(monkeypatch)
    monkeypatch.setattr("cv2.VideoCapture", Mirror)
    Mirror.started_s = 0.0
    pipeline = toy_pipeline(Posing("halpe26"))
    analysis, live, counts = Analysis(pipeline.skeleton), LiveMeasures(), [0]
    engine = Engine(open_source("0"), pipeline, [], on_result=lambda result: analysis.add(result.poses))
    engine.start()
    try:
        deadline = time.monotonic() + 60
        while counts[-1] < 2 and time.monotonic() < deadline:
            assert not engine.wait(0.3)
            for number in analysis.ids()[:1]:
                counts.append(len(live.measure(analysis, number).repetitions))
    finally:
        engine.stop(10)
    assert counts == sorted(counts)
    assert set(counts) == {0, 1, 2}  # each is counted while the next one is still to come

"""Measures that are brought up to date while the person moves."""

from __future__ import annotations

from dataclasses import replace
from math import inf, isfinite

import numpy as np
import pytest

from app.analysis import Analysis, live_measures
from app.analysis.analysis import Track
from app.analysis.live_measures import LiveMeasures
from app.analysis.person_measures import measure_track
from app.core.people import FramePoses, Person
from tests.app.analysis.made_body import HALPE, walk
from tests.app.analysis.test_measures import squats


class Watched(Analysis):
    """Notes how many frames of a track were read each time."""

    def __init__(self) -> None:
        super().__init__(HALPE)
        self.read: list[int] = []

    def track(self, number: int, last_s: float = inf) -> Track:
        found = super().track(number, last_s)
        self.read.append(len(found.times_s))
        return found


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> list[FramePoses]:
    """Eight squats, a walk of ten seconds, five squats, at 30 frames per second."""
    monkeypatch.setattr(live_measures, "WINDOW_S", 16.0)
    monkeypatch.setattr(live_measures, "MARGIN_S", 8.0)
    keypoints = np.concatenate([squats(8).keypoints, walk(seconds=10, fps=30)[0].keypoints, squats(5).keypoints])
    box = np.array([0, 0, 300, 600], np.float32)
    return [FramePoses(row, row / 30, (Person(1, 0.9, box, one),)) for row, one in enumerate(keypoints)]


def test_the_result_is_that_of_the_whole_time_without_reading_it_again(session: list[FramePoses]) -> None:
    analysis, live = Watched(), LiveMeasures()
    counts = []
    for poses in session:
        analysis.add(poses)
        if poses.index % 90 == 89:
            counts.append(len(live.measure(analysis, 1).repetitions))
    assert counts == sorted(counts)
    assert max(analysis.read[1:]) <= 16 * 30 + 1 < len(session) / 3
    found = live.measure(analysis, 1)
    whole = measure_track(analysis.track(1), HALPE)
    assert len(whole.repetitions) == 13
    assert [one.top_s for one in found.repetitions] == pytest.approx([one.top_s for one in whole.repetitions], abs=0.1)
    assert [one.depth for one in found.repetitions] == pytest.approx([one.depth for one in whole.repetitions], abs=1)
    assert len(found.gait.steps) == len(whole.gait.steps) >= 14
    assert found.gait.cadence == pytest.approx(whole.gait.cadence, rel=0.02)
    assert len(found.contacts) == len(whole.contacts)
    starts = [[one.start_s for one in measures.contacts if isfinite(one.start_s)] for measures in (found, whole)]
    assert starts[0] == pytest.approx(starts[1], abs=0.05)


def test_a_pause_without_looking_loses_nothing(session: list[FramePoses]) -> None:
    analysis, live = Watched(), LiveMeasures()
    for poses in session:
        analysis.add(poses)
        if poses.index == 200:
            live.measure(analysis, 1)
    assert len(live.measure(analysis, 1).repetitions) == 13
    assert analysis.read[-1] == len(session)


def test_another_person_or_angle_is_measured_from_the_beginning(session: list[FramePoses]) -> None:
    analysis, live = Analysis(HALPE), LiveMeasures()
    for poses in session[:400]:
        other = replace(poses.people[0], id=2)
        analysis.add(replace(poses, people=(*poses.people, other)))
    count = len(live.measure(analysis, 1).repetitions)
    assert count == 4
    assert len(live.measure(analysis, 2).repetitions) == count
    assert live.measure(analysis, 2, repeated="none").repetitions == ()
    assert len(live.measure(analysis, 1, repeated="left knee").repetitions) == count

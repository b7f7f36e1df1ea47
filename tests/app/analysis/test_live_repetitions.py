"""The live counter counts what ``find_repetitions`` finds, each as soon as the angle is back."""

from __future__ import annotations

import numpy as np
import pytest

from app.analysis.live_repetitions import WINDOW_S, RepetitionCounter
from app.analysis.repetitions import find_repetitions

FPS = 30


def squats(count: int, seconds: float = 3.0, noise: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Times and knee angles of ``count`` squats of 90 degrees, with a second of standing before and after."""
    times = np.arange(round((count * seconds + 2) * FPS)) / FPS
    phase = np.clip((times - 1) / seconds, 0, count)
    angle = 5 + 45 * (1 - np.cos(2 * np.pi * phase))
    return times, angle + np.random.default_rng(1).normal(0, noise, len(times))


def counted(times: np.ndarray, angle: np.ndarray) -> list[float]:
    """The times at which one more is counted."""
    counter = RepetitionCounter()
    return [time for time, one in zip(times, angle, strict=True) for _ in range(counter.add(time, one, np.nan))]


@pytest.mark.parametrize("noise", [0.0, 3.0])
def test_it_agrees_with_the_whole_clip_and_counts_before_the_next_one_begins(noise: float) -> None:
    times, angle = squats(8, noise=noise)
    found = find_repetitions(times, angle, np.full(len(times), np.nan))
    at = counted(times, angle)
    assert len(at) == len(found) == 8
    assert all(one.top_s < time < one.top_s + 1.6 for one, time in zip(found, at, strict=True))


def test_an_unfinished_repetition_does_not_count() -> None:
    times, angle = squats(3)
    down = times < 1 + 2.6 * 3.0
    assert len(counted(times[down], angle[down])) == 2


def test_it_counts_on_for_longer_than_it_remembers() -> None:
    times, angle = squats(20)
    assert times[-1] > 1.4 * WINDOW_S
    assert len(counted(times, angle)) == 20


def test_gaps_and_another_source_do_not_change_what_was_counted() -> None:
    counter = RepetitionCounter()
    times, angle = squats(2)
    angle[100:104] = np.nan
    for again in (0, 1):
        for time, one in zip(times, angle, strict=True):
            counter.add(time, one, np.nan)
        assert counter.count == 2 * (again + 1)
    counter.reset()
    assert counter.count == 0

"""Summary of each person: times, duration, height, position."""

from __future__ import annotations

import pytest

from app.analysis.person_summary import summarize_people
from tests.app.window.seen import AWAY, FPS, FRAMES, walkers


def test_summaries_follow_the_given_order() -> None:
    analysis = walkers()
    analysis.reorder([2])
    tall, small = summarize_people(analysis)
    assert (tall.id, small.id) == (2, 1)
    assert tall.first_s == 1.0
    assert small.last_s == (FRAMES - 1) / FPS
    assert small.seconds == pytest.approx((FRAMES - len(AWAY) - 2) / FPS)
    assert tall.height == pytest.approx(300.0)
    assert small.x == pytest.approx(400.0)
    assert small.score == pytest.approx(0.6)


def test_empty_analysis_has_no_summaries() -> None:
    analysis = walkers()
    analysis.clear()
    assert summarize_people(analysis) == []

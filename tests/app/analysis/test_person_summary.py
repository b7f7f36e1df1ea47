"""One line a person: when, how long, how large, where."""

from __future__ import annotations

import pytest

from app.analysis.presence import presences
from tests.app.window.seen import AWAY, FPS, FRAMES, walkers


def test_everybody_is_told_in_the_order_that_was_given() -> None:
    analysis = walkers()
    analysis.put_first([2])
    tall, small = presences(analysis)
    assert (tall.id, small.id) == (2, 1)
    assert tall.first_s == 1.0
    assert small.last_s == (FRAMES - 1) / FPS
    assert small.seconds == pytest.approx((FRAMES - len(AWAY) - 2) / FPS)
    assert tall.height == pytest.approx(300.0)
    assert small.x == pytest.approx(400.0)
    assert small.score == pytest.approx(0.6)


def test_of_nobody_nothing_is_told() -> None:
    analysis = walkers()
    analysis.clear()
    assert presences(analysis) == []

"""Speeds, directions and points, as editors have them."""

from __future__ import annotations

import pytest

from app.window.playback import RATES, Playback


def test_the_speeds_go_from_a_tenth_to_four_times() -> None:
    play = Playback()
    seen = [play.rate]
    for _ in range(10):
        play.faster()
        seen.append(play.rate)
    for _ in range(20):
        play.slower()
        seen.append(play.rate)
    assert set(seen) == set(RATES)
    assert (min(seen), max(seen)) == (0.1, 4.0)
    assert play.rate == 0.1


def test_pressing_again_doubles_and_turning_round_begins_anew() -> None:
    play = Playback()
    play.shuttle(backwards=False, playing=False)
    assert play.rate == 1
    play.shuttle(backwards=False, playing=True)
    play.shuttle(backwards=False, playing=True)
    assert play.rate == 4
    play.shuttle(backwards=False, playing=True)
    assert play.rate == 4
    play.shuttle(backwards=True, playing=True)
    assert (play.rate, play.backwards) == (1, True)


def test_points_never_stand_the_wrong_way_round() -> None:
    play = Playback()
    play.mark_in(2.0)
    play.mark_out(5.0)
    assert play.start_s == 2.0
    assert play.end_s == pytest.approx(5.0, abs=0.001)
    play.mark_in(6.0)
    assert (play.in_s, play.out_s) == (6.0, None)
    play.mark_out(3.0)
    assert (play.in_s, play.out_s) == (None, 3.0)
    play.mark_out(None)
    assert not play.marked
    assert (play.start_s, play.end_s) == (0.0, None)

"""Speeds, directions and points, as editors have them."""

from __future__ import annotations

from app.window.player.playback import RATES, Playback


def test_speeds_range_from_a_tenth_to_four_times() -> None:
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


def test_in_point_is_always_before_the_out_point() -> None:
    play = Playback()
    play.set_in(2.0)
    play.set_out(5.0)
    assert play.start_s == 2.0
    assert play.end_s is not None
    assert 5.0 < play.end_s < 5.0 + 2e-5  # the frame at the point is the last, however close the next one is
    play.set_in(6.0)
    assert (play.in_s, play.out_s) == (5.0, 6.0)
    play.set_out(3.0)
    assert (play.in_s, play.out_s) == (3.0, 5.0)
    play.set_out(3.0)  # a single frame
    assert (play.in_s, play.out_s) == (3.0, 3.0)
    assert play.end_s is not None
    assert play.start_s < play.end_s
    play.set_in(None)
    play.set_out(None)
    assert not play.marked
    whole: tuple[float, float | None] = (0.0, None)
    assert (play.start_s, play.end_s) == whole

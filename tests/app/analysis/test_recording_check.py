"""The check of a whole recording."""

from __future__ import annotations

import numpy as np

from app.analysis.recording_check import RecordingCheck
from app.core.people import Frame, FramePoses
from tests.app.analysis.checks.bodies import FPS, SIZE, SKELETON, person, standing

ROOM = np.random.default_rng(0).integers(60, 200, (SIZE[1], SIZE[0], 3), np.uint8)


def checked(frames: int, *heights: int, last_s: float = float("inf")) -> RecordingCheck:
    """A check of people of these ``heights`` who stand still."""
    check = RecordingCheck(SKELETON, last_s=last_s)
    people = tuple(person(standing(150 + 200 * i, 60, height), i + 1) for i, height in enumerate(heights))
    for index in range(frames):
        check.add(Frame(index, index / FPS, ROOM), FramePoses(index, index / FPS, people))
    return check


def test_a_good_recording_has_no_findings() -> None:
    check = checked(60, 380)
    assert check.is_judged
    assert check.findings() == ()


def test_nobody_is_told() -> None:
    assert [found.kind for found in checked(60).findings()] == ["nobody"]


def test_a_short_recording_is_not_judged() -> None:
    check = checked(20, 100)
    assert not check.is_judged
    assert check.findings() == ()


def test_people_are_named_in_one_line() -> None:
    (found,) = checked(60, 100, 120).findings(lambda number: {1: "Anna", 2: "Bob"}[number])
    assert (found.kind, found.people) == ("small", (1, 2))
    assert found.message.startswith("Anna, Bob: only 100 pixels tall")


def test_people_in_the_background_are_not_checked() -> None:
    assert checked(60, 380, 120).findings() == ()


def test_frames_that_were_looked_at_before_are_left_out() -> None:
    check = checked(60, 380)
    far = (person(standing(320, 60, 100), 1),)
    for index in range(60):
        check.add(Frame(index, index / FPS, ROOM), FramePoses(index, index / FPS, far))
    assert check.findings() == ()


def test_of_a_live_source_only_the_last_seconds_count() -> None:
    check = checked(60, 100, last_s=2.0)
    assert [found.kind for found in check.findings()] == ["small"]
    near = (person(standing(320, 60, 380), 1),)
    for index in range(60, 130):
        check.add(Frame(index, index / FPS, ROOM), FramePoses(index, index / FPS, near))
    assert check.findings() == ()

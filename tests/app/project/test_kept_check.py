"""What a recording check has seen is there again, and a check that is not wanted any more ends."""

from __future__ import annotations

import itertools
from math import inf

from app.analysis import Analysis
from app.analysis.recording_check import RecordingCheck
from app.project.kept_check import encode_samples, replay_check
from tests.app.test_network_answers import run, toys
from tests.app.toy_networks import SIZE, toy_clip

CLIP = toy_clip(60)


def seen() -> tuple[RecordingCheck, Analysis]:
    """A check that has seen the pictures of a clip and the people in it, and these people."""
    pipeline = toys().pipeline
    check, analysis = RecordingCheck(pipeline.skeleton), Analysis(pipeline.skeleton)
    for frame, poses in zip(CLIP, run(pipeline, CLIP), strict=True):
        analysis.add(poses)
        check.add(frame, poses)
    return check, analysis


def test_a_restored_check_finds_the_same() -> None:
    check, analysis = seen()
    again = RecordingCheck(analysis.skeleton)
    replay_check(again, SIZE, analysis, encode_samples(check), lambda: False)
    assert again.is_judged
    assert again.findings() == check.findings() != ()


def test_a_cancelled_check_looks_at_nothing_more() -> None:
    check, analysis = seen()
    again, asked = RecordingCheck(analysis.skeleton), itertools.count()
    replay_check(again, SIZE, analysis, encode_samples(check), lambda: next(asked) == 10)
    assert again.until_s == analysis.frames()[9].time_s
    assert next(asked) == 11


def test_a_check_that_is_filled_later_looks_at_the_people_once_it_is_judged() -> None:
    check, analysis = seen()
    again, fills = RecordingCheck(analysis.skeleton), []

    def fill() -> None:
        fills.append(again.until_s)
        replay_check(again, SIZE, analysis, encode_samples(check), lambda: False)

    again.fill_later(fill)
    assert not fills
    assert again.is_judged
    assert again.findings() == check.findings() != ()
    assert again.picture_samples() == check.picture_samples()
    assert fills == [-inf]

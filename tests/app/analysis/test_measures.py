"""All measures of a person together, and as rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.analysis.analysis import Track
from app.analysis.event_spans import event_spans
from app.analysis.measures import PersonTrack, measure
from app.analysis.person_measures import measure_track
from tests.app.analysis.made_body import SCALE, body, walk


def squats(count: int = 3) -> PersonTrack:
    """Squats of 2 s each, with a second between them; the feet stay where they are."""
    times_s = np.arange(round((1 + 3 * count) * 30)) / 30
    depth = np.zeros(len(times_s))
    for number in range(count):
        depth += 0.45 * np.sin(np.pi * np.clip((times_s - 1 - 3 * number) / 2, 0, 1)) ** 2
    still = np.zeros((len(times_s), 2))
    hips = np.stack([-0.3 * depth, 0.86 - depth], axis=1)
    track = body(times_s, still, still, hips, noise=0.002)
    knees = [row for row, name in enumerate(track.skeleton.names) if name.endswith("knee")]
    track.keypoints[:, knees, 0] += (depth * 150)[:, None].astype(np.float32)  # they bend forward
    return track


def test_squats_are_repetitions_of_the_knee() -> None:
    found = measure(squats(), SCALE)
    assert [round(one.top_s) for one in found.repetitions] == [2, 5, 8]
    assert all(abs(one.symmetry) < 3 for one in found.repetitions)
    assert found.gait.walks == ()
    assert found.jumps == ()
    assert len(measure(squats(), SCALE, "left knee").repetitions) == 3
    assert measure(squats(), SCALE, "none").repetitions == ()


def test_steps_are_no_repetitions() -> None:
    assert measure(walk()[0], SCALE).repetitions == ()


def test_people_who_face_the_camera_have_no_gait() -> None:
    track = walk()[0]
    assert measure(replace(track, facing=np.zeros(len(track.times_s), np.int8))).gait.walks == ()


def test_events_are_in_order_of_time() -> None:
    rows = event_spans(measure(walk()[0], SCALE))
    times_s = [row.at_s for row in rows]
    assert times_s == sorted(times_s)
    assert {row.event for row in rows} == {"contact", "step", "stride"}


def test_the_side_that_the_user_has_chosen_counts() -> None:
    track = walk()[0]
    frames = len(track.times_s)
    boxes = np.zeros((frames, 4), np.float32)
    whole = Track(1, np.arange(frames), track.times_s, np.ones(frames, np.float32), boxes, track.keypoints)
    assert measure_track(whole, track.skeleton).gait.walks
    assert not measure_track(replace(whole, facing=0), track.skeleton).gait.walks
    empty = Track(1, np.empty(0, np.int64), np.empty(0), np.empty(0, np.float32), boxes[:0], track.keypoints[:0])
    assert measure_track(empty, track.skeleton).contacts == ()

"""Tracks of frames that pass by equal those of an analysis that keeps them."""

from __future__ import annotations

import numpy as np

from app.analysis import Analysis
from app.analysis.track_builder import TrackBuilder
from app.core.people import FramePoses
from app.core.skeleton import load_skeleton
from tests.app.sinks.people import person

HALPE = load_skeleton("halpe26")


def test_tracks_are_those_of_an_analysis() -> None:
    builder, analysis = TrackBuilder(HALPE), Analysis(HALPE)
    for index, ids in enumerate([(4,), (4, 9), (), (2, 9), (9,)]):
        people = tuple(person(number, HALPE, shift=0.3 * index) for number in ids)
        poses = FramePoses(index, 0.04 * index, people)
        assert builder.add(poses)
        analysis.add(poses)
    tracks = builder.tracks()
    assert [track.id for track in tracks] == [2, 4, 9]
    for track in tracks:
        expected = analysis.track(track.id)
        for name in ("indices", "times_s", "scores", "boxes", "keypoints"):
            np.testing.assert_array_equal(getattr(track, name), getattr(expected, name))
            assert getattr(track, name).dtype == getattr(expected, name).dtype
    assert (builder.frames, builder.first_s, builder.last_s) == (5, 0.0, 0.16)


def test_frames_that_go_back_in_time_are_left_out() -> None:
    builder = TrackBuilder(HALPE)
    times = [1.0, 1.1, 1.1, 0.5, 1.2]
    assert [builder.add(FramePoses(i, t, (person(1, HALPE),))) for i, t in enumerate(times)] == [
        True,
        True,
        False,
        False,
        True,
    ]
    assert builder.tracks()[0].times_s.tolist() == [1.0, 1.1, 1.2]
    assert builder.first_s == 1.0

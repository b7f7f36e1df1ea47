"""Points in three dimensions in the tracks of an analysis and of files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.analysis import Analysis
from app.analysis.person_around import STEPS, person_around
from app.analysis.track_builder import TrackBuilder
from app.core.people import FramePoses, Person
from app.core.skeleton import load_skeleton

COCO = load_skeleton("coco17")


def person(number: int, index: int, in_space: bool = True) -> Person:
    keypoints = np.full((17, 3), index, np.float32)
    points = np.full((17, 4), index, np.float32) if in_space else None
    return Person(number, 0.9, np.array([0, 0, 1, 1], np.float32), keypoints, points_3d=points)


def frames(count: int = 6) -> list[FramePoses]:
    """Person 1 lacks points in frame 2, person 2 in all frames."""
    return [
        FramePoses(index, index / 10, (person(1, index, index != 2), person(2, index, False))) for index in range(count)
    ]


def test_tracks_have_the_points_of_their_frames() -> None:
    analysis, builder = Analysis(COCO), TrackBuilder(COCO)
    for poses in frames():
        analysis.add(poses)
        builder.add(poses)
    for first, second in ((analysis.track(1), analysis.track(2)), builder.tracks()):
        assert first.points_3d is not None
        assert first.points_3d.shape == (6, 17, 4)
        np.testing.assert_array_equal(first.points_3d[[0, 1, 3, 4, 5], 0, 0], [0, 1, 3, 4, 5])
        assert np.isnan(first.points_3d[2, :, :3]).all()
        np.testing.assert_array_equal(first.points_3d[2, :, 3], 0)
        assert second.points_3d is None
    assert analysis.has_points_3d
    assert builder.has_points_3d


def test_an_analysis_forgets_points_with_their_frames() -> None:
    analysis = Analysis(COCO)
    assert not analysis.has_points_3d
    analysis.add(FramePoses(0, 0.0, (person(1, 0),)))
    analysis.add(FramePoses(0, 0.0, (person(1, 0, False),)))
    assert not analysis.has_points_3d


def test_points_of_a_skipped_frame_are_between_those_of_its_neighbors() -> None:
    analysis = Analysis(COCO)
    for index in (0, 4):
        low = replace(person(1, index), points_3d=np.tile(np.array([index, 1, 2, 0.5 + index], np.float32), (17, 1)))
        analysis.add(FramePoses(index, index / 30, (low, person(2, index, False))))
    poses = analysis.interpolate(1)
    assert poses is not None
    between = poses.people[0].points_3d
    assert between is not None
    np.testing.assert_allclose(between[0], np.array([1, 1, 2, 0.5]))
    assert poses.people[1].points_3d is None


def test_a_person_around_a_frame_is_looked_up_on_both_sides() -> None:
    analysis, shown = Analysis(COCO), frames(40)
    for poses in shown:
        analysis.add(poses)
    found = person_around(analysis, shown[15], 1)
    assert [one.keypoints[0, 0] for one in found] == [*range(5, 15), *range(16, 26)]
    assert len(person_around(analysis, shown[0], 1)) == STEPS
    assert person_around(analysis, shown[15], 0) == []
    assert person_around(None, shown[15], 1) == []

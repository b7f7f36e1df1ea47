"""A joint outside the picture bends by guess: what it seems to do there is no repetition, in files and live."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.analysis.angles import angles
from app.analysis.live_repetitions import RepetitionCounter
from app.analysis.measures import PersonTrack, measure
from app.analysis.repeated_sides import counted_sides, is_outside, repeated_sides
from app.core.skeleton import Skeleton
from tests.app.analysis.made_body import HALPE
from tests.app.analysis.test_measures import squats

NAMES = ("right knee", "left knee")


def beside(track: PersonTrack, name: str, inside: float) -> PersonTrack:
    """``track`` in a picture whose left edge is ``inside`` pixels left of the keypoint ``name`` in the first frame."""
    keypoints = track.keypoints.copy()
    keypoints[..., 0] += inside - keypoints[0, HALPE.names.index(name), 0]
    return replace(track, keypoints=keypoints, size=(1000, 1000))


def counted(track: PersonTrack) -> int:
    """How many the live counter counts of the knees of ``track``."""
    values = angles(track.keypoints, HALPE, NAMES, track.facing)
    counter = RepetitionCounter()
    for time_s, (right, left), keypoints in zip(track.times_s.tolist(), values, track.keypoints, strict=True):
        counter.add(time_s, *counted_sides(float(left), float(right), "knee", keypoints, HALPE, track.size))
    return counter.count


def test_squats_of_knees_outside_the_picture_do_not_count() -> None:
    outside = beside(squats(), "left_knee", -100.0)
    assert measure(outside).repetitions == ()
    assert counted(outside) == 0
    unknown = replace(outside, size=(0, 0))
    assert len(measure(unknown).repetitions) == counted(unknown) == 3


@pytest.mark.parametrize("axis", [0, 1])
def test_the_far_edges_count_like_the_near_ones(axis: int) -> None:
    track = beside(squats(), "left_knee", 400.0)
    width, height = ((300, 1000), (1000, 100))[axis]
    assert len(measure(track).repetitions) == 3
    assert measure(replace(track, size=(width, height))).repetitions == ()


def test_feet_that_are_cut_off_do_not_keep_squats_from_counting() -> None:
    track = beside(squats(), "left_knee", 400.0)
    ankles = [row for row, name in enumerate(HALPE.names) if name.endswith("ankle")]
    knees = [row for row, name in enumerate(HALPE.names) if name.endswith("knee")]
    cut = int(track.keypoints[:, knees, 1].max()) + 2
    assert cut < track.keypoints[:, ankles, 1].min()
    webcam = replace(track, size=(1000, cut))
    assert len(measure(webcam).repetitions) == counted(webcam) == 3


def test_a_bend_that_ends_outside_the_picture_is_none() -> None:
    """Somebody bends the knees once while going out to the left: the knees straighten outside."""
    track = squats(1)
    out = np.clip((track.times_s - 1.8) / 0.4, 0, 1) * 900
    keypoints = beside(track, "left_knee", 500.0).keypoints
    keypoints[..., 0] -= out[:, None]
    leaving = replace(track, keypoints=keypoints, size=(1000, 1000))
    assert measure(leaving).repetitions == ()
    assert counted(leaving) == 0
    assert len(measure(replace(leaving, size=(0, 0))).repetitions) == 1


def test_each_side_is_unknown_by_its_own_joint() -> None:
    keypoints = np.full((3, len(HALPE.names), 3), 50, np.float32)
    keypoints[1, HALPE.names.index("left_knee"), 0] = -1
    values = np.full((3, 2), 90.0)
    left, right = repeated_sides(NAMES, values, "knee", keypoints, HALPE, (100, 100))
    assert np.isnan(left).tolist() == [False, True, False]
    assert not np.isnan(right).any()
    left, right = repeated_sides(NAMES, values, "right knee", keypoints, HALPE, (100, 100))
    assert np.isnan(left).all()
    assert not np.isnan(right).any()
    bare = Skeleton("bare", ("nose",))
    assert not is_outside("left knee", keypoints[:, :1], bare, (100, 100)).any()

"""A motion as a pattern for another: angles at moments that belong together, ranges, and the pose on another body."""

from __future__ import annotations

import numpy as np
import pytest

from app.analysis import Analysis
from app.analysis.reference import (
    Motion,
    compare_moments,
    compare_ranges,
    deepest_squat,
    first_contact,
    fitted,
    relative_size,
    retimed,
)
from app.core.people import FramePoses, Person
from tests.app.window.seen import walkers

FPS = 30


def walk(scale: float = 1.0, at: tuple[float, float] = (0.0, 0.0), later_s: float = 0.0, number: int = 1) -> Analysis:
    """The first of the walkers, larger by ``scale``, moved to another place and time."""
    original = walkers()
    chosen = original.ids()[0]
    moved = Analysis(original.skeleton)
    for poses in original.frames():
        people = []
        for person in poses.people:
            if person.id == chosen:
                keypoints = person.keypoints.copy()
                keypoints[:, :2] = keypoints[:, :2] * scale + at
                box = person.box * scale + np.array([*at, *at], np.float32)
                people.append(Person(number, 1.0, box.astype(np.float32), keypoints))
        moved.add(FramePoses(poses.index, poses.time_s + later_s, tuple(people)))
    moved.choose_facing(number, 1)  # the made person turns at places where rounding decides
    return moved


@pytest.fixture(scope="module")
def here() -> Motion:
    analysis = walk()
    return Motion(analysis, 1)


@pytest.fixture(scope="module")
def there() -> Motion:
    return Motion(walk(0.5, (300.0, 40.0), later_s=2.0, number=7), 7)


def test_the_same_motion_of_a_smaller_body_has_no_difference(here: Motion, there: Motion) -> None:
    moment_s = float(here.times_s[len(here.times_s) // 2])
    pairs = compare_moments(here, moment_s, there, moment_s + 2.0)
    known = [pair for pair in pairs if np.isfinite(pair.difference)]
    assert {"right knee", "left knee"} <= {pair.name for pair in known}
    assert max(abs(pair.difference) for pair in known) < 0.1
    apart = compare_moments(here, moment_s, there, moment_s + 2.3)
    assert max(abs(pair.difference) for pair in apart if np.isfinite(pair.difference)) > 3


def test_ranges_of_motion_are_compared_angle_by_angle(here: Motion) -> None:
    pairs = {pair.name: pair for pair in compare_ranges(here, Motion(walk(at=(300.0, 40.0)), 1))}
    assert {"right knee", "left hip"} <= pairs.keys()
    assert max(abs(pair.difference) for pair in pairs.values()) < 0.01
    knee = pairs["right knee"]
    values = here.angles["right knee"]
    assert np.nanmin(values) - 1 < knee.first[0] < knee.first[1] < np.nanmax(values) + 1
    standing = Motion(walk(), 1)
    standing.angles["right knee"] = np.full_like(values, 5.0)
    less = next(pair for pair in compare_ranges(here, standing) if pair.name == "right knee")
    assert less.difference == pytest.approx(knee.first[1] - knee.first[0], abs=0.01)


def test_a_pose_is_drawn_on_the_other_body(here: Motion, there: Motion) -> None:
    moment_s = float(here.times_s[len(here.times_s) // 2])
    onto, other = here.person_at(moment_s), there.person_at(moment_s + 2.0)
    assert onto is not None
    assert other is not None
    ghost = fitted(other, there.skeleton, onto, here.skeleton, relative_size(there, other, here, onto))
    assert ghost is not None
    seen = onto.keypoints[:, 2] > 0.3
    apart = np.linalg.norm(ghost.keypoints[seen, :2] - onto.keypoints[seen, :2], axis=1)
    assert apart.max() < 0.02 * (onto.box[3] - onto.box[1])


def test_a_moment_without_a_frame_has_no_pose(here: Motion) -> None:
    assert here.person_at(float(here.times_s[-1]) + 1.0) is None
    assert here.person_at(float(here.times_s[0]) - 0.01) is None


def test_events_that_belong_together_are_as_far_apart_as_the_motions(here: Motion, there: Motion) -> None:
    bent = deepest_squat(here), deepest_squat(there)
    assert bent[0] is not None
    assert bent[1] is not None
    assert bent[1] - bent[0] == pytest.approx(2.0, abs=1e-3)
    steps = first_contact(here), first_contact(there)
    assert steps[0] is not None
    assert steps[1] is not None
    assert steps[1] - steps[0] == pytest.approx(2.0, abs=1 / FPS)


def test_retimed_motion_has_the_same_poses_at_other_times(there: Motion) -> None:
    moved = retimed(there.analysis, 7, -2.0)
    track, original = moved.track(7), there.analysis.track(7)
    np.testing.assert_allclose(track.times_s, original.times_s - 2.0)
    np.testing.assert_array_equal(track.keypoints, original.keypoints)
    assert moved.ids() == [7]

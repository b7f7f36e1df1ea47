"""Contacts are moved to where true feet touch down."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from app.analysis.contact_timing import INPUTS, MAX_OFFSET_S, OFFSETS_S, ContactTiming, FootCourse, contact_timing
from app.analysis.events import contacts, contacts_with_courses
from app.core.skeleton import load_skeleton
from tests.app.analysis.made_body import SCALE, walk

TIMES_S = np.arange(60) / 60


def foot() -> FootCourse:
    """A foot whose heel and toes fall 10 cm along lines and rest from 0.5 s on, at 1 m/s."""
    height = np.maximum(0.5 - TIMES_S, 0.0) * 0.2
    places = np.stack([np.zeros((60, 2)), -height[:, None] + [0.0, 0.05]], axis=2)  # y is down; toes 5 cm lower
    velocities = np.zeros((60, 2, 2))
    velocities[TIMES_S < 0.5, :, 1] = 1.0
    return FootCourse.of(TIMES_S, places, velocities, velocities[:, 0])


def test_speeds_and_heights_around_a_contact() -> None:
    inputs = foot().around(0.5, 0.5, 0.9)
    assert inputs is not None
    assert inputs.shape == (INPUTS,)
    speeds, heights, fall = np.split(inputs.reshape(8, -1), [4, 7])
    before = OFFSETS_S < -0.02
    assert np.exp(speeds[:, before]) == pytest.approx(1.08)
    assert np.exp(speeds[:, ~before][:, 1:]) == pytest.approx(0.08)
    expected = np.maximum(-OFFSETS_S, 0) * 0.2
    assert heights[0] == pytest.approx(expected, abs=1e-9)
    assert heights[1] == pytest.approx(heights[2])
    assert fall[0, before] == pytest.approx(1.0)


def test_a_foot_that_is_hardly_known_is_not_judged() -> None:
    course = foot()
    known = np.abs(TIMES_S - 0.5) > 0.1
    assert replace(course, known=known).around(0.5, 0.5, 0.9) is None
    assert replace(course, known=~known).around(0.5, 0.65, 0.9) is None  # where it stands


def test_a_foot_that_just_came_into_the_clip_is_not_judged() -> None:
    course = foot()
    assert course.around(0.14, 0.5, 0.9) is not None
    assert course.around(0.13, 0.5, 0.9) is None
    assert course.around(0.84, 0.5, 0.9) is not None
    assert course.around(0.86, 0.5, 0.9) is None


def test_no_contact_is_moved_far() -> None:
    timing = ContactTiming(np.full(INPUTS, 1.0), 0.0)
    assert timing.offset_s(np.ones(INPUTS)) == MAX_OFFSET_S
    assert timing.offset_s(-np.ones(INPUTS)) == -MAX_OFFSET_S
    assert ContactTiming(np.zeros(INPUTS), 0.01).offset_s(np.ones(INPUTS)) == 0.01


def test_the_stored_weights_fit_the_inputs() -> None:
    stored = contact_timing()
    assert stored.weights_s.shape == (INPUTS,)
    assert np.isfinite(stored.weights_s).all()


def test_only_the_beginning_of_a_contact_is_moved() -> None:
    track, _, _ = walk()
    arguments = (track.times_s, track.keypoints, track.skeleton, track.threshold, SCALE.metres_per_pixel)
    moved, plain = contacts(*arguments), [contact for contact, _ in contacts_with_courses(*arguments)]
    for contact, before in zip(moved, plain, strict=True):
        assert replace(contact, start_s=0.0) == replace(before, start_s=0.0) or np.isnan(before.end_s)
        assert np.isnan(contact.start_s) == np.isnan(before.start_s)
        assert not abs(contact.start_s - before.start_s) > MAX_OFFSET_S + 1e-9
        assert not contact.start_s > contact.last_s
    for side in ("left", "right"):
        feet = [contact for contact in moved if contact.side == side]
        assert not any(before.end_s > after.start_s for before, after in pairwise(feet))
    assert any(contact.start_s != before.start_s for contact, before in zip(moved, plain, strict=True))


def test_ankles_alone_are_not_moved() -> None:
    track, _, _ = walk()
    coco = load_skeleton("coco17")
    keypoints = track.keypoints[:, [track.skeleton.names.index(name) for name in coco.names]]
    found = contacts_with_courses(track.times_s, keypoints, coco)
    assert found
    assert all(course is None for _, course in found)
    assert repr(contacts(track.times_s, keypoints, coco)) == repr([contact for contact, _ in found])  # NaN is not NaN

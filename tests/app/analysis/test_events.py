"""Contacts of the feet are found when and where the feet stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.analysis.events import contacts
from app.analysis.measures import PersonTrack
from app.core.skeleton import load_skeleton
from tests.app.analysis.made_body import PIXELS, SCALE, Stand, body, foot_path, jump, walk

FRAME_S = 1 / 60


def found(track: PersonTrack, side: str) -> list[tuple[float, float, float]]:
    """Start, end and place in meters of each contact of one foot."""
    feet = contacts(track.times_s, track.keypoints, track.skeleton, track.threshold, SCALE.metres_per_pixel)
    return [(c.start_s, c.end_s, c.x / PIXELS) for c in feet if c.side == side]


@pytest.mark.parametrize("side", ["left", "right"])
def test_every_contact_of_a_walk_is_found_to_a_frame(side: str) -> None:
    track, left, right = walk()
    stands = [s for s in (left if side == "left" else right) if s.end_s > 0.1 and s.start_s < 5.8]
    feet = found(track, side)
    assert len(feet) == len(stands)
    for (start_s, end_s, x), stand in zip(feet, stands, strict=True):
        assert x == pytest.approx(stand.x + 0.08, abs=0.01)
        if stand.start_s > 0.1:
            assert start_s == pytest.approx(stand.start_s, abs=1.5 * FRAME_S)
        if stand.end_s < 5.8:
            assert end_s == pytest.approx(stand.end_s, abs=1.5 * FRAME_S)


def test_what_happened_before_the_clip_and_after_it_is_unknown() -> None:
    feet = found(body_at_rest(), "left")
    assert len(feet) == 1
    assert np.isnan(feet[0][:2]).all()


def body_at_rest() -> PersonTrack:
    times_s = np.arange(120) / 60
    still = np.zeros((120, 2))
    return body(times_s, still, still, still + [0.0, 0.86], noise=0.01)


def test_the_top_of_a_jump_on_the_spot_is_no_contact() -> None:
    feet = found(jump(flight_s=0.5), "left")
    assert len(feet) == 2
    assert feet[0][1] == pytest.approx(2.0, abs=2 * FRAME_S)
    assert feet[1][0] == pytest.approx(2.5, abs=2 * FRAME_S)


def test_a_foot_on_a_step_is_a_contact() -> None:
    times_s = np.arange(240) / 60
    left = foot_path(times_s, [Stand(0, 1, 0.0), Stand(1.4, 2.4, 0.3), Stand(2.8, 9, 0.6)])
    left[:, 1] += np.interp(times_s, [1.0, 1.2, 2.6, 2.8], [0.0, 0.2, 0.2, 0.0])  # 20 cm high
    right = np.zeros((240, 2))
    feet = found(body(times_s, left, right, right + [0.0, 0.86], noise=0.01), "left")
    speeds = np.linalg.norm(np.gradient(left, FRAME_S, axis=0), axis=1)
    slow_s = times_s[1:][(speeds[:-1] >= 0.7) & (speeds[1:] < 0.7)]  # long before it rests: it slows down gradually
    arrivals_s = [slow_s[slow_s <= rest_s].max() for rest_s in (1.4, 2.8)]
    assert [start for start, _, _ in feet[1:]] == pytest.approx(arrivals_s, abs=2.5 * FRAME_S)


def test_frames_without_the_foot_are_neither_contact_nor_lift_off() -> None:
    track, _, _ = walk(noise=0.0)
    lost = track.keypoints.copy()
    middle = (track.times_s > 2.3) & (track.times_s < 2.7)  # inside a contact of the left foot
    lost[middle, :, 2] = 0.1
    feet = found(replace(track, keypoints=lost), "left")
    times = [time_s for start_s, end_s, _ in feet for time_s in (start_s, end_s) if np.isfinite(time_s)]
    assert not [time_s for time_s in times if 2.25 < time_s < 2.75]


def test_a_skeleton_without_feet_is_measured_at_the_ankles() -> None:
    track, left, _ = walk()
    coco = load_skeleton("coco17")
    rows = [track.skeleton.names.index(name) for name in coco.names]
    feet = found(replace(track, keypoints=track.keypoints[:, rows], skeleton=coco), "left")
    starts = [stand.start_s for stand in left if 0.1 < stand.start_s < 5.7]
    assert [start for start, _, _ in feet if np.isfinite(start)] == pytest.approx(starts, abs=2 * FRAME_S)


def test_without_a_scale_the_legs_tell_the_size() -> None:
    track, left, _ = walk()
    feet = contacts(track.times_s, track.keypoints, track.skeleton)
    starts = [stand.start_s for stand in left if 0.1 < stand.start_s < 5.7]
    assert [c.start_s for c in feet if c.side == "left" and np.isfinite(c.start_s)] == pytest.approx(starts, abs=0.03)


def test_no_person_has_no_contacts() -> None:
    track, _, _ = walk()
    assert contacts(track.times_s[:0], track.keypoints[:0], track.skeleton) == []
    unseen = np.zeros_like(track.keypoints)
    assert contacts(track.times_s, unseen, track.skeleton) == []

"""The degrees that are shown do not flicker, and are those of the clip where they are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.analysis import Analysis
from app.analysis.facing import LEFT, RIGHT
from app.analysis.series import series
from app.core.people import FramePoses, Person
from app.overlay import AngleReadout, DrawStyle, Marks, with_clip_angles
from tests.app.analysis.test_facing import HALPE, body

NAMES = ("right knee", "left elbow", "trunk")
STYLE = DrawStyle(marks=Marks(angles=NAMES))


def frames(degrees: np.ndarray[tuple[int], np.dtype[np.float64]], noise: float = 2.0) -> list[FramePoses]:
    """A standing person whose body has these directions; 0 faces right, 90 the camera."""
    found = []
    for index, keypoints in enumerate(body(degrees, noise=noise)):
        at = keypoints[:, :2]
        box = np.concatenate([at.min(axis=0), at.max(axis=0)])
        found.append(FramePoses(index, index / 30, (Person(7, 0.9, box, keypoints),)))
    return found


def test_noise_of_a_part_of_a_degree_does_not_change_the_shown_one() -> None:
    readout, texts, rounded = AngleReadout(HALPE, STYLE), set(), set()
    for poses in frames(np.zeros(90), noise=0.15):
        reading = readout.read(poses)[7][0]
        assert reading.name == "right knee"
        assert abs(reading.whole - reading.degrees) <= 0.8
        texts.add(reading.whole)
        rounded.add(round(reading.degrees))
    assert len(rounded) > len(texts)
    assert len(texts) <= 2


def test_a_moving_angle_is_shown_within_a_degree() -> None:
    readout = AngleReadout(HALPE, STYLE)
    for poses in frames(np.linspace(0, 40, 60)):
        for reading in readout.read(poses)[7]:
            assert abs(reading.whole - reading.degrees) <= 0.8


def test_who_faces_the_camera_has_no_angle_of_the_knee() -> None:
    readout = AngleReadout(HALPE, STYLE)
    shown = [[reading.name for reading in readout.read(poses)[7]] for poses in frames(np.full(30, 90.0))]
    assert shown[-1] == ["trunk"]


def test_of_a_clip_the_angles_are_those_of_the_plots() -> None:
    turning = frames(np.repeat([0.0, 180.0], 45))
    analysis = Analysis(HALPE)
    for poses in turning:
        analysis.add(poses)
    track = analysis.track(7)
    curves = {name: series(track, HALPE, "angle", name).values for name in NAMES}
    readout = AngleReadout(HALPE, with_clip_angles(STYLE, analysis))
    live = AngleReadout(HALPE, STYLE)
    differing = 0
    for poses in turning:
        now = {reading.name: reading.degrees for reading in readout.read(poses)[7]}
        expected = {name: curve[poses.index] for name, curve in curves.items() if np.isfinite(curve[poses.index])}
        assert now == expected
        differing += now != {reading.name: reading.degrees for reading in live.read(poses)[7]}
    assert 0 < differing < 20  # the turn itself: a live picture does not know yet what comes


def test_other_angles_of_the_clip_do_not_break_what_is_read() -> None:
    """Who was seen to face left still does when only the trunk is seen, also after the clip's angles have changed."""
    seen = frames(np.full(60, 180.0))
    readout = AngleReadout(HALPE, STYLE)
    for poses in [*seen[:30], *map(_trunk_only, seen[30:])]:
        readout.restyle(with_clip_angles(STYLE, Analysis(HALPE)))
        assert {reading.facing for reading in readout.read(poses)[7]} == {LEFT}
    new = AngleReadout(HALPE, STYLE)
    assert {reading.facing for reading in new.read(_trunk_only(seen[-1]))[7]} == {RIGHT}


def _trunk_only(poses: FramePoses) -> FramePoses:
    """The frame with the neck and the middle of the hips alone."""
    (person,) = poses.people
    keypoints = person.keypoints.copy()
    keypoints[[row for row, name in enumerate(HALPE.names) if name not in ("neck", "hip")], 2] = 0
    return replace(poses, people=(replace(person, keypoints=keypoints),))


def test_a_skeleton_without_the_keypoints_shows_nothing() -> None:
    style = DrawStyle(marks=Marks(angles=("right wrist",)))
    assert not AngleReadout(HALPE, style).read(frames(np.zeros(1))[0])

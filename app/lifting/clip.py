"""Points in three dimensions over a whole clip, whose later frames are known too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from app.analysis.analysis import Analysis
from app.analysis.offline_smoothing import MAX_GAP_S
from app.analysis.with_frames import with_frames
from app.core.people import Floats, Person
from app.core.settings import Settings
from app.lifting.bones import Bones, median_lengths
from app.pose.model import FrameLifter, Lifter, TrackWindow

Lifters = Sequence[Lifter | FrameLifter]


def needs_clip(lifters: Lifters, settings: Settings) -> bool:
    """Whether points are better with the whole clip: a lifter looks ahead, or bones have their lengths in all of it."""
    return settings.hold_bones or any(lifter.history[1] for lifter in lifters)


def with_clip_points(analysis: Analysis, lifters: Lifters, settings: Settings, size: tuple[int, int]) -> Analysis:
    """A copy of ``analysis`` whose people have the points of the whole clip.

    Lifters that look ahead lift the keypoints of those who have points anew, in frames of ``size`` (width, height);
    other lifters have nothing to add. With ``hold_bones`` bones have their median lengths over the clip.
    """
    frames = analysis.frames()
    tracks: dict[int, dict[int, Person]] = {}
    for row, poses in enumerate(frames):
        for person in poses.people:
            tracks.setdefault(person.id, {})[row] = person
    times_s = [poses.time_s for poses in frames]
    bones = Bones(analysis.skeleton)
    for track in tracks.values():
        for lifter in lifters:
            if lifter.history[1] and hasattr(lifter, "lift") and _has_points(track):
                for rows in _stretches(list(track), times_s):
                    window = _window([track[row] for row in rows], [times_s[row] for row in rows], size)
                    _give(track, rows, lifter.lift(window))
        known = {row: person.points_3d for row, person in track.items() if person.points_3d is not None}
        if settings.hold_bones and known:
            points = np.stack(list(known.values()))
            _give(track, list(known), bones.hold(points, median_lengths(bones, points, settings.threshold)))
    changed = (
        replace(poses, people=tuple(tracks[person.id][row] for person in poses.people))
        for row, poses in enumerate(frames)
    )
    return with_frames(analysis, changed)


def _has_points(track: dict[int, Person]) -> bool:
    return any(person.points_3d is not None for person in track.values())


def _stretches(rows: Sequence[int], times_s: Sequence[float]) -> Iterator[list[int]]:
    """``rows`` in parts without gaps of more than ``MAX_GAP_S``."""
    part = [rows[0]]
    for before, after in pairwise(rows):
        if times_s[after] - times_s[before] > MAX_GAP_S:
            yield part
            part = []
        part.append(after)
    yield part


def _window(people: Sequence[Person], times_s: Sequence[float], size: tuple[int, int]) -> TrackWindow:
    keypoints, boxes = (np.stack([getattr(person, name) for person in people]) for name in ("keypoints", "box"))
    return TrackWindow(people[0].id, np.array(times_s, np.float64), keypoints, boxes, size)


def _give(track: dict[int, Person], rows: Sequence[int], points: Floats) -> None:
    for row, own in zip(rows, points.astype(np.float32, copy=False), strict=True):
        track[row] = replace(track[row], points_3d=own)

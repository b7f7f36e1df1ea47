"""The people of a whole run as points in meters over time, on a floor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.analysis.analysis import Track
from app.analysis.landmarks import keypoint_indices
from app.analysis.scale import Scale
from app.analysis.space_size import sized
from app.core.people import Floats
from app.lifting.floor import pelvis_heights
from app.overlay import DrawStyle
from app.sinks import Header
from app.sinks.motion.rotations import Values, held
from app.sinks.trc import UNKNOWN_RATE

NEAR = 0.75
"""Furthest that a frame may lie from its regular time, in intervals."""


@dataclass(frozen=True, slots=True, eq=False)
class MovingPerson:
    """The ``points`` (T, K, 3) of one person, x y z in meters with y up, NaN where a keypoint is not seen.

    ``times_s`` (T,) are the timestamps of the frames. ``name`` is the person's, empty if none was given.
    """

    id: int
    name: str
    times_s: NDArray[np.float64]
    points: Values

    def regular(self, start_s: float, rate: float, count: int) -> Values:
        """The points (``count``, K, 3) ``rate`` times per second from ``start_s`` on; NaN where there is no frame."""
        times_s = start_s + np.arange(count) / rate
        after = np.searchsorted(self.times_s, times_s).clip(0, len(self.times_s) - 1)
        before = (after - 1).clip(0)
        nearest = np.where(times_s - self.times_s[before] < self.times_s[after] - times_s, before, after)
        found = self.points[nearest]
        found[np.abs(self.times_s[nearest] - times_s) > NEAR / rate] = np.nan
        return found

    def with_holds(self, interval_s: float) -> tuple[NDArray[np.float64], Values]:
        """The times and points, and where the person was away for more than two intervals of ``interval_s`` seconds, a
        further row without points shortly before the next one: whatever holds what is unknown stays until then.
        """
        ends = np.flatnonzero(np.diff(self.times_s) > 2 * interval_s) + 1
        times_s = np.insert(self.times_s, ends, self.times_s[ends] - interval_s)
        return times_s, np.insert(self.points, ends, np.nan, axis=0)


def people_in_space(tracks: Iterable[Track], header: Header, style: DrawStyle) -> list[MovingPerson]:
    """Those of ``tracks`` who have points in three dimensions, with the names and the threshold of ``style``.

    The pelvis is over the floor as high as the feet need. If ``header`` has a scale, it moves along x as in the
    picture; else it stays at x = 0. Its z is 0: nothing says how far away a person is. The person
    whose height is stated is as tall as that.
    """
    scale, sizes = header.known_scale, header.sizes
    return [
        MovingPerson(
            track.id,
            style.names.get(track.id, ""),
            track.times_s,
            _in_space(track, sized(track.points_3d, sizes.get(track.id, 1.0)), header, style.threshold, scale),
        )
        for track in tracks
        if track.points_3d is not None
    ]


def people_in_plane(tracks: Iterable[Track], header: Header, style: DrawStyle) -> list[MovingPerson]:
    """All ``tracks`` in the plane of the picture, z 0; in pixels from the middle of the last row without a scale."""
    scale, bottom = header.known_scale, header.size[1] - 1
    people = []
    for track in tracks:
        points = np.zeros((*track.keypoints.shape[:2], 3))
        if scale is None:
            points[..., :2] = track.keypoints[..., :2] * [1, -1] + [0, bottom]
        else:
            points[..., :2] = scale.to_metres(track.keypoints)
        points[track.keypoints[..., 2] < style.threshold] = np.nan
        people.append(MovingPerson(track.id, style.names.get(track.id, ""), track.times_s, points))
    return people


def frame_rate(header: Header, frames: int, seconds: float) -> float:
    """Frames per second of a file with regular times, for ``frames`` frames, ``seconds`` from the first to the last.

    It is the nominal rate of a file; a live source may give less, and its real rate is taken.
    """
    if header.fps is not None and not header.live:
        return header.fps
    return (frames - 1) / seconds if frames > 1 and seconds > 0 else header.fps or UNKNOWN_RATE


def titles_of(people: Sequence[MovingPerson]) -> list[str]:
    """A different title for each of ``people``: the name, else person1; empty for a single one without a name."""
    if len(people) == 1 and not people[0].name:
        return [""]
    titles: list[str] = []
    for person in people:
        title = person.name or f"person{person.id}"
        titles.append(title if title not in titles else f"{title}-{person.id}")
    return titles


def _in_space(track: Track, found: Floats, header: Header, threshold: float, scale: Scale | None) -> Values:
    points = np.where(found[..., 3:] >= threshold, found[..., :3].astype(np.float64), np.nan)
    root = np.zeros((len(points), 3))
    root[:, 1] = pelvis_heights(track.times_s, found, header.skeleton, track.keypoints)
    hips = keypoint_indices(header.skeleton, "hip")
    if scale is not None and hips:
        seen = np.asarray((track.keypoints[:, hips, 2] >= threshold).all(axis=1))
        middle = track.keypoints[:, hips, :2].mean(axis=1)
        root[:, 0] = held(np.where(seen[:, None], scale.to_metres(middle), np.nan))[:, 0]
    return points + root[:, None]

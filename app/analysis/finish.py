"""The finished form of an analysis, for files and plots: swapped limbs swapped back, smoothed, short gaps filled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.analysis.analysis import Analysis
from app.analysis.limb_swaps import undo_swaps
from app.analysis.offline_smoothing import MAX_GAP_S, OfflineSmoothing, smooth_offline
from app.analysis.points_smoothing import exchange_limbs, smooth_points
from app.analysis.with_frames import with_frames
from app.core.edited import CARRIED, CORRECTED
from app.core.people import Floats, FramePoses, Person
from app.core.skeleton import Skeleton


def finished(analysis: Analysis, smoothing: OfflineSmoothing) -> Analysis:
    """A copy of ``analysis`` whose people are smoothed over the whole clip, from the keypoints as they were measured.

    A person who was away for at most ``MAX_GAP_S`` is filled in too, as "predicted". Ids, names, chosen sides,
    hidden people and order stay.
    """
    frames = analysis.frames()
    tracks: dict[int, dict[int, Person]] = {}
    for row, poses in enumerate(frames):
        for person in poses.people:
            tracks.setdefault(person.id, {})[row] = person
    people: list[dict[int, Person]] = [{} for _ in frames]
    times_s = np.array([poses.time_s for poses in frames], np.float64)
    for number in sorted(tracks):
        for row, person in _smoothed(tracks[number], times_s, analysis.skeleton, smoothing):
            people[row][number] = person
    changed = (
        FramePoses(poses.index, poses.time_s, tuple(found.values()), poses.others)
        for poses, found in zip(frames, people, strict=True)
    )
    return with_frames(analysis, changed)


def _smoothed(
    track: dict[int, Person], times_s: NDArray[np.float64], skeleton: Skeleton, smoothing: OfflineSmoothing
) -> Iterator[tuple[int, Person]]:
    """The person of ``track`` (by row of ``times_s``) after smoothing, by row, short absences included."""
    rows = _with_short_absences(list(track), times_s)
    missing = np.zeros((len(skeleton.names), 3), np.float32)
    keypoints = np.stack([_measured(track[row]) if row in track else missing for row in rows])
    kept = np.stack([_sides_by_user(track.get(row), len(missing)) for row in rows])
    keypoints, _ = undo_swaps(times_s[rows], keypoints, skeleton, smoothing.threshold, kept)
    keypoints, filled = smooth_offline(times_s[rows], keypoints, skeleton, smoothing)
    people = [track.get(row) for row in rows]
    _keep_edited(keypoints, filled, people)
    points = _smoothed_points(people, times_s[rows], keypoints, skeleton, smoothing.cutoff_hz)
    before = track[rows[0]]
    for place, row in enumerate(rows):
        marks = filled[place] if filled[place].any() else None
        own = None if points is None or not np.isfinite(points[place]).all() else points[place]
        if row in track:
            before = replace(track[row], points_3d=own)
            if before.state == "predicted":
                known = filled[place][:, None]
                yield row, replace(before, keypoints=np.where(known, keypoints[place], before.keypoints), filled=marks)
            else:
                yield row, replace(before, keypoints=keypoints[place], filled=marks)
        elif marks is not None:
            after = next(later for later in rows[place:] if later in track)
            yield row, replace(_absent(before, track[after], keypoints[place], marks), points_3d=own)


def _keep_edited(keypoints: Floats, filled: NDArray[np.bool_], people: Sequence[Person | None]) -> None:
    """Put what the user has placed, or let fill, back into the smoothed ``keypoints`` (T, K, 3) and ``filled`` (T, K).

    ``people`` (T) are those before smoothing; None where the person is absent.
    """
    for row, person in enumerate(people):
        if person is None or (person.edited is None and person.filled is None):
            continue
        moved = np.isin(0 if person.edited is None else person.edited, (CORRECTED, CARRIED))
        put_between = np.zeros(len(person.keypoints), bool) if person.filled is None else person.filled
        kept = moved | put_between
        keypoints[row, kept] = person.keypoints[kept]
        filled[row] = (filled[row] & ~moved) | put_between


def _sides_by_user(person: Person | None, count: int) -> NDArray[np.bool_]:
    """Which of the ``count`` keypoints are on the side where the user's edits have put them."""
    if person is None or person.edited is None:
        return np.zeros(count, bool)
    return np.asarray(person.edited > 0)


def _with_short_absences(rows: Sequence[int], times_s: NDArray[np.float64]) -> list[int]:
    """``rows`` in order, and the rows between two of them that are at most ``MAX_GAP_S`` apart in ``times_s``."""
    result = [rows[0]]
    for before, after in pairwise(rows):
        short = 0 < times_s[after] - times_s[before] <= MAX_GAP_S
        result += range(before + 1, after + 1) if short else [after]
    return result


def _measured(person: Person) -> Floats:
    """The keypoints (K, 3) as a network found them; with scores of 0 where none did."""
    if person.measured is not None:
        return person.measured
    return person.keypoints if person.state == "estimated" else np.zeros_like(person.keypoints)


def _smoothed_points(
    people: Sequence[Person | None],
    times_s: NDArray[np.float64],
    keypoints: Floats,
    skeleton: Skeleton,
    cutoff_hz: float,
) -> Floats | None:
    """The points (T, K, 4) of a person whose smoothed ``keypoints`` are (T, K, 3); None if there are none at all.

    NaN where ``people`` (T) have none and none could be filled in.
    """
    known = [person for person in people if person is not None and person.points_3d is not None]
    if not known:
        return None
    missing = np.full_like(known[0].points_3d, np.nan)
    absent = np.full_like(keypoints[0], np.nan)
    points = np.stack([missing if p is None or p.points_3d is None else p.points_3d for p in people])
    shown = np.stack([absent if person is None else person.keypoints for person in people])
    return smooth_points(times_s, exchange_limbs(points, shown, keypoints, skeleton), cutoff_hz)


def _absent(before: Person, after: Person, keypoints: Floats, filled: NDArray[np.bool_]) -> Person:
    """A person in a frame between ``before`` and ``after``, with the ``filled`` (K,) of ``keypoints`` (K, 3)."""
    box: Floats = ((before.box + after.box) / 2).astype(np.float32)
    center = np.array([*(box[:2] + box[2:]) / 2, 0], np.float32)
    shown: Floats = np.where(filled[:, None], keypoints, center).astype(np.float32)
    return Person(before.id, min(before.score, after.score), box, shown, "predicted", filled=filled)

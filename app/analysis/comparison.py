"""How far two analyses of one clip differ, by keypoint and by angle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.analysis.analysis import Analysis, Track
from app.analysis.angles import ANGLES, angle_names, wrapped
from app.analysis.people_notes import MIN_OVERLAP, SAMPLES
from app.analysis.series import series, track_facing
from app.core.people import Floats
from app.tracking.assignment import best_pairs
from app.tracking.tracker import iou

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class KeypointDifference:
    """Mean distance of a keypoint in pixels, and in per cent of the height of the person's box, over ``frames``."""

    name: str
    pixels: float
    percent: float
    frames: int


@dataclass(frozen=True, slots=True)
class AngleDifference:
    """Mean absolute difference of an angle in degrees, over ``frames``."""

    name: str
    degrees: float
    frames: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Differences of all people found in both analyses; ``people`` are their ids in the other one, by id in the first.

    Keypoints and angles that are never known in both are left out.
    """

    people: dict[int, int]
    keypoints: tuple[KeypointDifference, ...] = ()
    angles: tuple[AngleDifference, ...] = ()


def compare(first: Analysis, other: Analysis, threshold: float) -> Comparison:
    """Compare two analyses of one clip, in the frames that both have; keypoints below ``threshold`` are unknown."""
    people = same_people(first, other)
    pairs = [_common(first.track(one), other.track(another)) for one, another in people.items()]
    pairs = [pair for pair in pairs if len(pair[0].indices)]
    shared = [name for name in first.skeleton.names if name in other.skeleton.names]
    keypoints = [_keypoint_difference(name, first, other, pairs, threshold) for name in shared]
    known = [name for name in angle_names(first.skeleton) if name in angle_names(other.skeleton)]
    return Comparison(
        people,
        tuple(one for one in keypoints if one.frames),
        tuple(one for one in _angle_differences(known, first, other, pairs, threshold) if one.frames),
    )


def same_people(first: Analysis, other: Analysis) -> dict[int, int]:
    """The id in ``other`` of the people in ``first`` that are found in both, by the overlap of their boxes."""
    ids, others = first.ids(), other.ids()
    affinity = np.zeros((len(ids), len(others)))
    for row, number in enumerate(ids):
        indices, boxes = first.boxes(number, SAMPLES)
        for index, box in zip(indices.tolist(), boxes, strict=True):
            people = poses.people if (poses := other.get(index)) is not None else ()
            found = np.array([person.box for person in people], np.float32).reshape(-1, 4)
            for person, overlap in zip(people, iou(box, found).tolist(), strict=True):
                affinity[row, others.index(person.id)] += overlap / len(indices)
    pairs = best_pairs(affinity)
    return {ids[row]: others[column] for row, column in pairs if affinity[row, column] >= MIN_OVERLAP / 2}


def _common(one: Track, other: Track) -> tuple[Track, Track]:
    """The two tracks in the frames that both have."""
    _, rows, other_rows = np.intersect1d(one.indices, other.indices, return_indices=True)
    return _rows(one, rows), _rows(other, other_rows)


def _rows(track: Track, rows: NDArray[np.intp]) -> Track:
    return Track(
        track.id,
        track.indices[rows],
        track.times_s[rows],
        track.scores[rows],
        track.boxes[rows],
        track.keypoints[rows],
        track.facing,
    )


def _keypoint_difference(
    name: str, first: Analysis, other: Analysis, pairs: list[tuple[Track, Track]], threshold: float
) -> KeypointDifference:
    here, there = first.skeleton.names.index(name), other.skeleton.names.index(name)
    pixels, percent = [np.empty(0)], [np.empty(0)]
    for one, another in pairs:
        before, after = one.keypoints[:, here], another.keypoints[:, there]
        known = (before[:, 2] >= threshold) & (after[:, 2] >= threshold)
        distances = np.linalg.norm(before[known, :2].astype(np.float64) - after[known, :2], axis=1)
        heights = _heights(one.boxes[known])
        pixels.append(distances)
        percent.append(100 * distances / heights)
    far = np.concatenate(pixels)
    if not len(far):
        return KeypointDifference(name, 0.0, 0.0, 0)
    return KeypointDifference(name, float(far.mean()), float(np.concatenate(percent).mean()), len(far))


def _heights(boxes: Floats) -> Values:
    return np.maximum((boxes[:, 3] - boxes[:, 1]).astype(np.float64), 1.0)


def _angle_differences(
    names: list[str], first: Analysis, other: Analysis, pairs: list[tuple[Track, Track]], threshold: float
) -> list[AngleDifference]:
    found: dict[str, list[Values]] = {name: [] for name in names}
    for one, another in pairs:
        sides = track_facing(one, first.skeleton, threshold), track_facing(another, other.skeleton, threshold)
        for name in names:
            a = series(one, first.skeleton, "angle", name, threshold, facing=sides[0])
            b = series(another, other.skeleton, "angle", name, threshold, facing=sides[1])
            _, rows, others = np.intersect1d(a.times_s, b.times_s, return_indices=True)
            apart = np.abs(wrapped(a.values[rows] - b.values[others], ANGLES[name].period))
            found[name].append(apart[np.isfinite(apart)])
    joined = {name: np.concatenate(parts) if parts else np.empty(0) for name, parts in found.items()}
    return [
        AngleDifference(name, float(apart.mean()) if len(apart) else 0.0, len(apart)) for name, apart in joined.items()
    ]

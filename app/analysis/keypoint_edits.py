"""The edits that the user's work on single keypoints makes: corrections carried on, gaps, swapped limbs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.analysis.analysis import Analysis
from app.analysis.carry import CONTEXT_S, REACH_S, Carried, Cue, carry
from app.analysis.carry_limb import carry_limb
from app.analysis.edits import FILLED, DropKeypoints, Edits, PlaceKeypoint, SwapSides, apply_edits
from app.analysis.keypoint_prediction import limb_mates
from app.core.edited import CARRIED, CORRECTED
from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.tracking.limb_swaps import LimbPairs

Place = tuple[float, float]
Indices = NDArray[np.int64]

CLEAR = 0.8
"""A keypoint is seen clearly with this part of its usual score."""
FILL_S = 3.0
"""Longest gap that is filled on request."""


@dataclass(frozen=True, slots=True, eq=False)
class PersonKeypoints:
    """One person in T frames: ``indices`` (T,), ``times_s`` (T,), and measured ``keypoints`` (T, K, 3) in pixels."""

    indices: Indices
    times_s: NDArray[np.float64]
    keypoints: Floats


FindCues = Callable[[PersonKeypoints, int, Mapping[int, Place], Carried], Sequence[Cue]]
"""Finds cues about what is carried of a keypoint (its number), whose corrected places are given by row."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A keypoint of a person that the user has placed in frames: x and y in pixels by frame index."""

    person: int
    keypoint: int
    places: Mapping[int, Place]


def corrections_of(edits: Edits, person: int, keypoints: Collection[int]) -> dict[int, dict[int, Place]]:
    """The corrections of some keypoints that are made last: by keypoint the places by frame index.

    Corrections before another kind of edit are not among them: that edit was made of what they had left.
    """
    found: dict[int, dict[int, Place]] = {}
    for edit in itertools.takewhile(lambda edit: isinstance(edit, PlaceKeypoint), reversed(edits)):
        if isinstance(edit, PlaceKeypoint) and edit.person == person and edit.keypoint in keypoints:
            own = {index: (x, y) for index, (x, y, _, mark) in edit.places.items() if mark == CORRECTED}
            if own:
                found[edit.keypoint] = own | found.get(edit.keypoint, {})
    return found


def _without_corrections(edits: Edits, person: int, keypoints: Collection[int], first: int, last: int) -> Edits:
    """``edits`` without what the corrections of ``corrections_of`` have placed in the frames ``first`` to ``last``."""
    kept = list(edits)
    for number in reversed(range(len(edits))):
        edit = edits[number]
        if not isinstance(edit, PlaceKeypoint):
            break
        if edit.person == person and edit.keypoint in keypoints:
            rest = {
                index: place for index, place in edit.places.items() if place[3] == FILLED or not first <= index <= last
            }
            kept[number : number + 1] = [PlaceKeypoint(person, edit.keypoint, rest)] if rest else []
    return tuple(kept)


def _together(times_s: Mapping[int, float], index: int) -> list[int]:
    """Which of the frames ``times_s``, in seconds by index, are carried together with frame ``index``."""
    groups: list[list[int]] = []
    for one in sorted(times_s):
        if groups and times_s[one] - times_s[groups[-1][-1]] <= 2 * REACH_S:
            groups[-1].append(one)
        else:
            groups.append([one])
    return next(group for group in groups if index in group)


def person_keypoints(analysis: Analysis, person: int, edits: Edits, around: Iterable[int]) -> PersonKeypoints:
    """The measured keypoints of ``person`` with ``edits`` applied, in the frames near the indices ``around``."""
    track = analysis.track(person)
    known = np.isin(track.indices, list(around))
    if not known.any():
        return PersonKeypoints(track.indices[:0], track.times_s[:0], track.keypoints[:0])
    times = track.times_s[known]
    near = (track.times_s >= times.min() - CONTEXT_S) & (track.times_s <= times.max() + CONTEXT_S)
    rows: list[tuple[int, float, Floats]] = []
    for index in track.indices[near].tolist():
        poses = analysis.raw(index)
        if poses is None:
            continue
        found = next((one for one in apply_edits(poses, edits, analysis.skeleton).people if one.id == person), None)
        if found is not None:
            rows.append((index, poses.time_s, found.keypoints if found.measured is None else found.measured))
    return PersonKeypoints(
        np.array([index for index, _, _ in rows], np.int64),
        np.array([time_s for _, time_s, _ in rows], np.float64),
        np.array([keypoints for _, _, keypoints in rows], np.float32).reshape(len(rows), -1, 3),
    )


def place(
    analysis: Analysis,
    correction: Correction,
    threshold: float,
    cues: FindCues | None = None,
) -> Edits:
    """The edits of ``analysis`` with a correction, carried to the frames around it.

    Earlier corrections of the same limb nearby are carried anew together with it, from what the network found.
    ``threshold`` is the lowest score of a keypoint that was seen; ``cues`` finds what the picture and the network say
    about what is carried without it.
    """
    number, limb = correction.person, (correction.keypoint, *limb_mates(analysis.skeleton, correction.keypoint))
    corrections = corrections_of(analysis.edits, number, limb)
    corrections[correction.keypoint] = {**corrections.get(correction.keypoint, {}), **correction.places}
    track = analysis.track(number)
    known = dict(zip(track.indices.tolist(), track.times_s.tolist(), strict=True))
    corrected = {index: known[index] for places in corrections.values() for index in places if index in known}
    if not any(index in corrected for index in correction.places):
        return analysis.edits
    group = _together(corrected, next(index for index in correction.places if index in corrected))
    near = (track.times_s >= known[group[0]] - REACH_S) & (track.times_s <= known[group[-1]] + REACH_S)
    window = track.indices[near]
    edits = _without_corrections(analysis.edits, number, limb, int(window[0]), int(window[-1]))
    person = person_keypoints(analysis, number, edits, group)
    row_of = {index: row for row, index in enumerate(person.indices.tolist())}
    rows = {
        keypoint: {row_of[index]: where for index, where in places.items() if index in group and index in row_of}
        for keypoint, places in corrections.items()
    }
    args = (person.times_s, person.keypoints, rows, analysis.skeleton, threshold)
    found = carry_limb(*args)
    if cues is not None:
        further = {one: cues(person, one, places, found[one]) for one, places in rows.items() if places}
        found = carry_limb(*args, further) if any(further.values()) else found
    made = [_as_edit(person, number, keypoint, carried, threshold) for keypoint, carried in found.items()]
    return (*edits, *made)


def _as_edit(person: PersonKeypoints, number: int, keypoint: int, carried: Carried, threshold: float) -> PlaceKeypoint:
    """What was ``carried`` of a keypoint of person ``number``."""
    score = _usual_score(person.keypoints[:, keypoint, 2], threshold)
    rows = zip(carried.rows.tolist(), carried.places.tolist(), carried.corrected.tolist(), strict=True)
    return PlaceKeypoint(
        number,
        keypoint,
        {
            int(person.indices[row]): (x, y, 1.0 if mine else score, CORRECTED if mine else CARRIED)
            for row, (x, y), mine in rows
        },
    )


def fill(analysis: Analysis, person: int, keypoint: int, index: int, threshold: float) -> Edits:
    """The edits of ``analysis`` with the gap of a keypoint around frame ``index`` filled from the frames around it.

    The places go through the last ones before and the first ones after the gap, and follow the rest of the body.
    Nothing changes where the keypoint is seen, or the gap is longer than ``FILL_S`` or open at an end.
    """
    found = person_keypoints(analysis, person, analysis.edits, [index])
    row = int(np.searchsorted(found.indices, index))
    if row >= len(found.indices) or found.indices[row] != index:
        return analysis.edits
    seen = found.keypoints[:, keypoint, 2] >= threshold
    before, after = np.flatnonzero(seen[:row]), row + np.flatnonzero(seen[row:])
    if seen[row] or not len(before) or not len(after):
        return analysis.edits
    first, last = int(before[-1]), int(after[0])
    if found.times_s[last] - found.times_s[first] > FILL_S:
        return analysis.edits
    ends = {end: tuple(found.keypoints[end, keypoint, :2].tolist()) for end in (first, last)}
    carried = carry(found.times_s, found.keypoints, keypoint, ends, analysis.skeleton, threshold)
    score = float(found.keypoints[[first, last], keypoint, 2].min())
    places = {
        int(found.indices[place]): (x, y, score, FILLED)
        for place, (x, y) in zip(carried.rows.tolist(), carried.places.tolist(), strict=True)
        if first < place < last
    }
    return (*analysis.edits, PlaceKeypoint(person, keypoint, places))


def drop(analysis: Analysis, person: int, keypoint: int, first: int, last: int) -> Edits:
    """The edits of ``analysis`` with a keypoint not seen in the frames ``first`` to ``last``."""
    return (*analysis.edits, DropKeypoints(person, (keypoint,), first, last))


def stretch_until_seen(analysis: Analysis, person: int, keypoint: int, index: int, threshold: float) -> tuple[int, int]:
    """The frames from ``index`` to before the next one in which a keypoint is seen clearly.

    It is clearly seen in the first of three frames with nearly the usual score of the clip.
    """
    track = analysis.track(person)
    after = track.indices >= index
    scores, indices = track.keypoints[after, keypoint, 2], track.indices[after]
    clear = scores >= max(CLEAR * _usual_score(track.keypoints[:, keypoint, 2], threshold), threshold)
    for row in range(1, len(scores)):
        if clear[row : row + 3].all():
            return index, int(indices[row]) - 1
    return index, int(indices[-1]) if len(indices) else index


def limb_pairs(skeleton: Skeleton, keypoint: int) -> tuple[tuple[int, int], ...]:
    """The pairs (left, right) of the arms or legs that ``keypoint`` belongs to; its own pair if it is of neither."""
    limbs = LimbPairs.of(skeleton)
    for limb in range(len(limbs)):
        exists = limbs.exists[limb]
        left = [*limbs.left[limb][exists].tolist(), *limbs.others[limb][:, 0].tolist()]
        right = [*limbs.right[limb][exists].tolist(), *limbs.others[limb][:, 1].tolist()]
        if keypoint in (*left, *right):
            return tuple(zip(left, right, strict=True))
    other = skeleton.flip_order[keypoint]
    return ((keypoint, other),) if other != keypoint else ()


def swap(analysis: Analysis, person: int, keypoint: int, first: int, last: int) -> Edits:
    """The edits of ``analysis`` with left and right of a keypoint's limb exchanged, in frames ``first`` to ``last``."""
    return (*analysis.edits, SwapSides(person, limb_pairs(analysis.skeleton, keypoint), first, last))


def _usual_score(scores: Floats, threshold: float) -> float:
    """The median of the scores (T,) of a keypoint where it is seen."""
    seen = scores[scores >= threshold]
    return float(np.median(seen)) if len(seen) else threshold

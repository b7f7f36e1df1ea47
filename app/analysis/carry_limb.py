"""Carries all corrections of an arm or a leg anew from the network's estimates, and takes along what is as wrong.

Whenever one of the joints is corrected, all of the limb are carried again from what the network found and the list of
the user's corrections, so that nothing rests on what an earlier correction has moved. Joints without a correction of
their own nearby, the companions, are moved only where their estimates are doubtful by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from app.analysis.carry import (
    CONTRADICTED,
    REACH_S,
    Carried,
    Cue,
    as_carried,
    carry,
    groups,
    pictures,
    stretch_of,
)
from app.analysis.carry_evidence import Evidence
from app.analysis.carry_problem import Problem
from app.analysis.keypoint_prediction import Body, body_of, limb_mates, predict
from app.core.people import Floats
from app.core.skeleton import Skeleton

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]
Places = Mapping[int, tuple[float, float]]

UNKNOWN = 0.08
"""Companions are not placed by predictions with a larger standard deviation."""
MIN_WRONG_FRAMES = 3
ROUNDS = 2
LEAP = 0.5
"""Estimates that leap by this part of how far they are from where they should be are doubtful."""
ON_OTHER = 0.045
"""Estimates this close to the same joint of the other limb are doubtful, in body sizes."""
AROUND, AT_END = 15, 4
"""Numbers of frames before and after a stretch of wrong estimates: for the usual step, and for a leap."""


def carry_limb(
    times_s: Values,
    keypoints: Floats,
    corrections: Mapping[int, Places],
    skeleton: Skeleton,
    threshold: float = 0.3,
    cues: Mapping[int, Sequence[Cue]] | None = None,
) -> dict[int, Carried]:
    """Carry the ``corrections`` of the joints of one limb to the frames around them.

    Args:
        times_s: (T,), timestamps in seconds, in order.
        keypoints: (T, K, 3), x y score in pixels, as the network found them.
        corrections: By number of the joint its true places x y in pixels, by row of ``times_s``.
        skeleton: The skeleton of the K keypoints.
        threshold: Minimum keypoint score.
        cues: By number of the joint what else is known, from the picture or the network.

    Returns:
        By number the corrected frames and those that corrections are carried to: of all ``corrections``, and of other
        joints of the limb that are as wrong.
    """
    known = cues or {}
    ordered = [joint for joint in corrections if corrections[joint]]
    found: dict[int, Carried] = {}
    state = keypoints.copy()
    for _ in range(ROUNDS if len(ordered) > 1 else 1):
        for joint in ordered:
            state[:, joint] = keypoints[:, joint]
            found[joint] = carry(times_s, state, joint, corrections[joint], skeleton, threshold, known.get(joint, ()))
            _put(state, joint, found[joint])
    for mate, places in _companions(times_s, state, found, skeleton, threshold).items():
        own = found.get(mate)
        mine = {} if own is None else _as_places(own)
        found[mate] = as_carried({**places, **mine}, corrections.get(mate, {}))
    return found


def _as_places(carried: Carried) -> dict[int, tuple[float, float]]:
    return {row: (x, y) for row, (x, y) in zip(carried.rows.tolist(), carried.places.tolist(), strict=True)}


def _put(keypoints: Floats, joint: int, carried: Carried) -> None:
    keypoints[carried.rows, joint, :2] = carried.places
    keypoints[carried.rows, joint, 2] = 1.0


def _companions(
    times_s: Values, keypoints: Floats, carried: Mapping[int, Carried], skeleton: Skeleton, threshold: float
) -> dict[int, dict[int, tuple[float, float]]]:
    """The places of the companions of ``carried`` joints, by keypoint and row; ``keypoints`` have those in place."""
    begins = pictures(times_s, keypoints, threshold)
    places: dict[int, dict[int, tuple[float, float]]] = {}
    state = keypoints.copy()
    for joint, one in carried.items():
        own = one.rows[one.corrected].tolist()
        for group in groups(times_s, own, begins):
            part = stretch_of(times_s, state, threshold, group, begins)
            inside = one.rows[(one.rows >= part.start) & (one.rows < part.stop)]
            near = np.abs(times_s[inside, None] - times_s[group]).min(axis=1) <= REACH_S + 1e-9
            changed = inside[near] - part.start
            body = body_of(times_s[part], state[part], joint, skeleton, threshold)
            pinned = body.to_body(changed, state[changed + part.start, joint, :2].astype(np.float64))
            body = body.with_places(joint, changed, pinned)
            free = np.ones((len(body.times_s), len(skeleton.names)), bool)
            for other, its in carried.items():
                mine = times_s[its.rows[its.corrected]]
                free[:, other] = (np.abs(body.times_s[:, None] - mine) > REACH_S).all(axis=1)
            window = (body.times_s >= times_s[group[0]] - REACH_S) & (body.times_s <= times_s[group[-1]] + REACH_S)
            for mate, moved in _of_group(body, joint, changed, window, free, skeleton).items():
                absolute = {row + part.start: place for row, place in moved.items()}
                places.setdefault(mate, {}).update(absolute)
                _put(state, mate, as_carried(absolute, {}))
    return places


def _of_group(
    body: Body, keypoint: int, changed: Rows, near: Mask, free: Mask, skeleton: Skeleton
) -> dict[int, dict[int, tuple[float, float]]]:
    """The places of keypoints of the same limb that contradict the corrected one in the frames ``changed``."""
    found: dict[int, dict[int, tuple[float, float]]] = {}
    mates = limb_mates(skeleton, keypoint)
    window = np.flatnonzero(near)
    doubtful = np.zeros(len(near), bool)
    doubtful[changed] = True
    for mate in mates:
        without = [other for other in mates if other not in found]
        predicted, sigmas = predict(body, mate, int(changed[len(changed) // 2]), doubtful, without)
        estimates = body.points[:, mate]
        away = np.linalg.norm(estimates - predicted, axis=1)
        wrong = doubtful & ~(away < np.maximum(CONTRADICTED, 2.5 * sigmas))
        wrong = _lasting(wrong) & free[:, mate]
        wrong &= _doubtful(body, mate, wrong, away, skeleton)
        if wrong.sum() < MIN_WRONG_FRAMES or np.median(sigmas[wrong]) > UNKNOWN:
            continue
        problem = Problem(body.times_s[window])
        problem.add_estimates(
            estimates[window], Evidence((~wrong[window]).astype(np.float64), np.zeros_like(window, bool))
        )
        problem.add_prediction(predicted[window], sigmas[window])
        solved = problem.solve()
        rows = np.flatnonzero(wrong[window])
        found[mate] = body.places(window[rows], solved[rows])
        body = body.with_places(mate, window[rows], solved[rows])
    return found


def _doubtful(body: Body, keypoint: int, wrong: Mask, away: Values, skeleton: Skeleton) -> Mask:
    """The frames (T,) of stretches of ``wrong`` (T,) ones whose estimates are doubtful by themselves.

    They are not seen, lie on the other limb, or leap at an end of the stretch by a good part of how far they are
    ``away`` (T,) from where they should be.
    """
    estimates = body.points[:, keypoint]
    lost: Mask = np.asarray(np.isnan(estimates).any(axis=1))
    other = skeleton.flip_order[keypoint]
    if other != keypoint:
        lost = np.asarray(lost | (np.linalg.norm(estimates - body.smooth[:, other], axis=1) < ON_OTHER))
    steps = np.linalg.norm(np.diff(estimates, axis=0), axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], wrong, [False]])))
    found = np.zeros_like(wrong)
    for first, last in edges.reshape(-1, 2).tolist():
        far = away[first:last][np.isfinite(away[first:last])]
        far_enough = LEAP * float(np.median(far)) if len(far) else np.inf
        found[first:last] = lost[first:last].mean() > 0.5 or _leap(steps, first, last) > far_enough
    return found


def _leap(steps: Values, first: int, last: int) -> float:
    """The largest of ``steps`` (T - 1,) at the ends of the frames ``first`` to ``last``, beyond the usual one."""
    around = steps[max(first - AROUND, 0) : last + AROUND]
    at_ends = np.concatenate([steps[max(end - AT_END, 0) : end + AT_END - 1] for end in (first, last)])
    around, at_ends = around[np.isfinite(around)], at_ends[np.isfinite(at_ends)]
    return float(at_ends.max() - np.median(around)) if len(at_ends) and len(around) else 0.0


def _lasting(wrong: Mask) -> Mask:
    """``wrong`` (T,) with gaps of up to three frames closed, and without single frames."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(wrong, 3), 7)
    return np.asarray(windows.sum(axis=1) >= 4)

"""Swapped legs and arms of a whole clip, by the best path over all its frames (see ``app/tracking/limb_swaps.py``)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.analysis.swap_evidence import MIN_AROUND, flip_contradicted, keep_certain, spans
from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.tracking.limb_swaps import (
    FIRST,
    LIMBS,
    LOST_S,
    LimbPairs,
    Offsets,
    advance,
    cuts,
    shown_offsets,
    step_costs,
    swapped_joints,
)

Mask = NDArray[np.bool_]
Values = NDArray[np.float64]

FIXED_COST = 1e6
"""Cost of a swap in a frame in which the limb is known not to be swapped."""
SIZE_FRAMES = 61
"""A person's size is the median over this many frames."""


def undo_swaps(
    times_s: Values, keypoints: Floats, skeleton: Skeleton, threshold: float = 0.3, kept: Mask | None = None
) -> tuple[Floats, Mask]:
    """The keypoints of one person with swapped limbs swapped back.

    Args:
        times_s: (T,), timestamps in seconds, in order.
        keypoints: (T, K, 3), x y score in pixels; NaN, or a score below ``threshold``, where not seen.
        skeleton: The skeleton of the K keypoints.
        threshold: Minimum keypoint score.
        kept: (T, K), keypoints whose sides are known to be right: a limb with one of them is not swapped in that frame.

    Returns:
        The keypoints (T, K, 3), and whether arms and legs were swapped (T, 2).
    """
    limbs = LimbPairs.of(skeleton)
    swapped = np.zeros((len(keypoints), len(LIMBS)), bool)
    if len(keypoints) < 2 or not len(limbs):
        return keypoints, swapped
    sizes = body_sizes(keypoints, threshold)
    offsets = limbs.offsets(keypoints, sizes, threshold)
    steps, begins, known = _steps(times_s, offsets, sizes)
    fixed = np.zeros_like(known) if kept is None else limbs.any_of(kept)
    found = _best_path(times_s, steps, begins, known, fixed)
    starts = [*np.flatnonzero(begins).tolist(), len(found)]
    for limb in range(len(limbs)):
        for rows in map(slice, starts[:-1], starts[1:]):
            if found[rows, limb].any() or rows.stop - rows.start > MIN_AROUND:
                one = offsets.part((rows, limb))
                keep_certain(times_s[rows], one, found[rows, limb])
                flip_contradicted(times_s[rows], one, steps[rows, limb], found[rows, limb])
    found &= ~fixed
    result = keypoints.copy()
    for limb, name in enumerate(limbs.names):
        swapped[:, list(LIMBS).index(name)] = found[:, limb]
        for first, end in spans(found[:, limb]):
            _swap_back(result, limbs, limb, offsets, range(first, end))
    return result, swapped


def body_sizes(keypoints: Floats, threshold: float) -> Values:
    """The size of a person in each frame (T,), in pixels: the longer side of the seen keypoints' box, over a second.

    ``keypoints`` are (T, K, 3), x y score.
    """
    seen = (keypoints[..., 2] >= threshold)[..., None]
    low = np.where(seen, keypoints[..., :2], np.inf).min(axis=1)
    high = np.where(seen, keypoints[..., :2], -np.inf).max(axis=1)
    sizes = (high - low).max(axis=1).astype(np.float64)
    known = np.isfinite(sizes) & (sizes > 0)
    if not known.any():
        return np.ones(len(keypoints))
    from scipy.ndimage import median_filter  # scipy takes long to import, and live pictures do not need it

    rows = np.arange(len(sizes))
    sizes = np.interp(rows, rows[known], sizes[known])
    smooth: Values = median_filter(sizes, min(SIZE_FRAMES, len(sizes)), mode="nearest")
    return np.maximum(smooth, 1.0)


def _steps(times_s: Values, offsets: Offsets, sizes: Values) -> tuple[Values, Mask, Mask]:
    """The costs of each frame (T, B, 2, 2), see ``step_costs``, and which frames (T,) do not follow the one before.

    ``offsets`` are (T, B, J), ``sizes`` (T,) those of the person in pixels. Thirdly whether a limb was known in the
    frame before (T, B).
    """
    dt = np.diff(times_s)
    follows = (dt > 0) & (dt <= LOST_S)
    now, last = offsets.part(slice(1, None)), offsets.part(slice(None, -1))
    before = offsets.part(np.maximum(np.arange(len(dt)) - 1, 0))
    before.seen[0] = False
    before.seen[1:] &= follows[:-1, None, None]
    seconds = np.where(follows, dt, 1.0)
    seconds_before = np.concatenate([seconds[:1], seconds[:-1]])
    follows &= ~cuts(now, last, before, seconds, seconds_before, sizes[1:])
    before.seen[1:] &= follows[:-1, None, None]
    steps, known = np.zeros((*offsets.seen.shape[:2], 2, 2)), np.zeros(offsets.seen.shape[:2], bool)
    steps[1:] = step_costs(now, last, before, seconds, seconds_before)
    known[1:] = (now.seen & last.seen).any(axis=-1)
    return steps, np.concatenate([[True], ~follows]), known


def _best_path(times_s: Values, steps: Values, begins: Mask, known: Mask, fixed: Mask) -> Mask:
    """Whether each limb is swapped in each frame (T, B), from what ``_steps`` returns; not where ``fixed`` (T, B)."""
    swapped, choices = np.zeros(known.shape, bool), np.zeros(steps.shape, np.int8)
    costs = first = np.tile(FIRST, (known.shape[1], 1, 1))
    forbidden = FIXED_COST * fixed[..., None, None] * np.array([[0.0], [1.0]])
    start, seconds = 0, np.diff(times_s, prepend=times_s[0]).tolist()
    for frame in range(len(known)):
        if begins[frame]:
            _trace_back(costs, choices, swapped, range(start, frame))
            costs, start = first, frame
        else:
            costs, choices[frame] = advance(costs, steps[frame], known[frame], seconds[frame])
        costs = costs + forbidden[frame]
    _trace_back(costs, choices, swapped, range(start, len(known)))
    return swapped


def _trace_back(costs: Values, choices: NDArray[np.int8], swapped: Mask, frames: range) -> None:
    """Fill ``swapped`` (T, B) in ``frames`` with the path that ends with the least of ``costs`` (B, 2, 2)."""
    for limb in range(swapped.shape[1]):
        state, before = divmod(int(costs[limb].argmin()), 2)
        for frame in reversed(frames):
            swapped[frame, limb] = state
            state, before = before, int(choices[frame, limb, state, before])


def _swap_back(keypoints: Floats, limbs: LimbPairs, limb: int, offsets: Offsets, frames: range) -> None:
    """Swap ``limb`` in ``frames`` of ``keypoints`` (T, K, 3); in the frame before them it is not swapped."""
    one = slice(limb, limb + 1)
    shown = offsets.part((max(frames[0] - 1, 0), one))
    if not frames[0]:
        shown = Offsets(shown.vectors, shown.middles, np.zeros_like(shown.seen))
    for frame in frames:
        now = offsets.part((frame, one))
        joints = swapped_joints(np.ones(1, bool), now, shown)
        shown = shown_offsets(now, joints, shown)
        limbs.swap(keypoints[frame], limb, joints[0])

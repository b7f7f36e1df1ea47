"""The boxes of tracked people in a frame without detection, from their new poses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.tracking.median import masked_median
from app.tracking.tracker import Track

MARGIN = 0.06
"""Margin of a person's box around the keypoints, as a fraction of their extent."""

CLOSE_S = 1.0
"""Time in which a box shrinks to the keypoints that are still visible, in seconds."""

OUTWARDS = np.array([1, 1, -1, -1], np.float32)

MIN_KEYPOINTS = 3
"""Minimum number of visible keypoints from which the shift and the extent of a box are computed."""


def boxes_from_poses(
    boxes: Floats, tracks: Sequence[Track | None], poses: Floats, time_s: float, threshold: float
) -> Floats:
    """``boxes`` (N, 4) with those of tracked people computed from their new ``poses`` (N, K, 3) at ``time_s``.

    ``tracks`` is the track of each row, or None: then the box stays. A person's last box moves with the keypoints. It
    grows at once to contain every visible keypoint and shrinks slowly, so that legs that are hidden for a moment stay
    in the box. Keypoints with a score of at least ``threshold`` are visible.
    """
    known = [track for track in tracks if track is not None]
    if len(known) == len(tracks):
        return _boxes(known, poses, time_s, threshold) if known else boxes
    rows = [row for row, track in enumerate(tracks) if track is not None]
    boxes = boxes.copy()
    if known:
        boxes[rows] = _boxes(known, poses[rows], time_s, threshold)
    return boxes


def _boxes(tracks: list[Track], poses: Floats, time_s: float, threshold: float) -> Floats:
    """The boxes (N, 4) of ``tracks`` (N of them, at least one) with ``poses`` (N, K, 3)."""
    last = np.array([track.keypoints for track in tracks])
    seen = poses[..., 2] >= threshold
    both = seen & (last[..., 2] >= threshold)
    counts = np.add.reduce(both, axis=1)
    shifts = masked_median(poses[..., :2] - last[..., :2], both, counts)
    boxes = np.array([track.box for track in tracks])
    if not (is_known := counts >= MIN_KEYPOINTS).all():
        expected = np.array([track.expected for track in tracks])
        moves = (expected[:, :2] + expected[:, 2:] - boxes[:, :2] - boxes[:, 2:]) / 2
        shifts = np.where(is_known[:, None], shifts, moves)
    boxes = (boxes.reshape(-1, 2, 2) + shifts[:, None]).reshape(-1, 4)
    shrinking = np.array([[min((time_s - track.seen_s) / CLOSE_S, 1.0)] for track in tracks], np.float32)
    if (is_visible := np.add.reduce(seen, axis=1) >= MIN_KEYPOINTS).all():
        return _fitted(boxes, poses, seen, shrinking)
    fitted = _fitted(boxes, poses, seen | ~is_visible[:, None], shrinking)
    return np.where(is_visible[:, None], fitted, boxes)


def _fitted(boxes: Floats, poses: Floats, seen: NDArray[np.bool_], shrinking: Floats) -> Floats:
    """``boxes`` (N, 4) fitted to the keypoints of ``poses`` (N, K, 3) that are ``seen`` (N, K).

    ``shrinking`` (N, 1) is how far sides move inwards, 0..1.
    """
    # The sides are x0 y0 -x1 -y1 here: what is further out is less on all of them.
    points = np.concatenate([poses[..., :2], -poses[..., :2]], axis=2)
    sides = boxes * OUTWARDS
    tight = np.where(seen[..., None], points, np.inf).min(axis=1)
    extents = -(tight[:, :2] + tight[:, 2:]).min(axis=1).astype(np.float64)
    tight -= (MARGIN * extents).astype(np.float32)[:, None]
    return np.where(tight < sides, tight, sides + (tight - sides) * shrinking) * OUTWARDS

"""Counts the swaps of the legs in a filmed motion that are left, and those that were made."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.evaluate.motion_angles import THRESHOLD
from app.evaluate.motions import LEG, NOISE, SIDES, Filmed
from app.tracking.live_limb_swaps import LimbSwaps

TOGETHER = 3 * NOISE
"""Legs whose keypoints are closer together than this, in body heights on average, cannot be told apart."""


def count_swaps(filmed: Filmed, undone: NDArray[np.bool_]) -> dict[str, float]:
    """The swaps of the legs after those of the frames ``undone`` (T,) were swapped back.

    A swap is a stretch of frames. An injected one is left if the legs are wrong in more than half of its frames in
    which they can be told apart; one that was made is a stretch of frames in which only ``undone`` swapped them, and
    they can be told apart. ``frames_swapped`` counts all frames in which the legs are wrong and can be told apart.

    Returns:
        ``swaps_injected``, ``swaps_left``, ``swaps_made`` and ``frames_swapped``.
    """
    names = filmed.motion.skeleton.names
    left, right = ([names.index(f"{side}_{part}") for part in LEG] for side in SIDES)
    distance = np.linalg.norm(filmed.truth[:, left] - filmed.truth[:, right], axis=-1).mean(axis=1)
    apart = distance > TOGETHER * filmed.height_px
    injected = [run for run in _stretches(filmed.swapped) if apart[run].any()]
    wrong = (filmed.swapped ^ undone) & apart
    return {
        "swaps_injected": len(injected),
        "swaps_left": sum(bool(wrong[run][apart[run]].mean() > 0.5) for run in injected),
        "swaps_made": len(_stretches(undone & ~filmed.swapped & apart)),
        "frames_swapped": int(wrong.sum()),
    }


def undone_live(filmed: Filmed) -> NDArray[np.bool_]:
    """The frames (T,) in which the legs are swapped back frame by frame, without those that follow.

    The person's size is that of the box around the keypoints seen in each frame.
    """
    live = LimbSwaps(filmed.motion.skeleton, THRESHOLD)
    undone = np.zeros(len(filmed.keypoints), bool)
    for frame, (time_s, keypoints) in enumerate(zip(filmed.motion.times_s.tolist(), filmed.keypoints, strict=True)):
        seen = keypoints[keypoints[:, 2] >= THRESHOLD, :2]
        size = float(np.ptp(seen, axis=0).max()) if len(seen) else 0.0
        undone[frame] = live.update(time_s, [1], [keypoints], [size])[0] is not keypoints
    return undone


def _stretches(marked: NDArray[np.bool_]) -> list[slice]:
    """The stretches of consecutive frames of ``marked`` (T,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(np.int8)))
    return [slice(int(first), int(last)) for first, last in edges.reshape(-1, 2)]

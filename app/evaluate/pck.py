"""Shares of keypoints and limbs that were found: PCK, PCKh, PDJ and PCP, each as its paper defines it.

All are pure functions of arrays: ``truth`` (N, K, 2) and ``found`` (N, K, 2) in pixels, ``labelled`` (N, K) bool.
People who were not found have NaN as keypoints: each of their labelled ones is a miss. What is not labelled is not
counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]

HEAD_ENDS = (("head", "head_top"), ("neck", "upper_neck"))
"""What skeletons call the two ends of the head segment."""

FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
HEAD_TO_FACE = 1.6
"""How much longer the head segment is than the face is wide: the median of 154 people of COCO whose head and neck were
estimated."""

HEAD_BOX_SHARE = 0.6
"""Of the head box's diagonal, as MPII's own evaluation has it (``SC_BIAS``)."""


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """Which share was found: ``each`` (K,) keypoint or limb of its own (NaN where none counts), ``all`` of them taken
    together (every one that counts weighs the same), and how many ``counted`` (K,)."""

    each: NDArray[np.float64]
    all: float
    counted: NDArray[np.intp]


def pck(truth: Numbers, found: Numbers, labelled: Flags, boxes: Numbers, alpha: float) -> Shares:
    """Percentage of correct keypoints: no farther off than ``alpha`` x the longer side of the person's box.

    Yang and Ramanan, "Articulated human detection with flexible mixtures of parts", PAMI 2013: within
    alpha max(h, w), where alpha is usually 0.1 or 0.2. ``boxes`` (N, 4) = x0 y0 x1 y1.
    """
    sides = np.asarray(boxes, np.float64)[:, 2:] - np.asarray(boxes, np.float64)[:, :2]
    return within(truth, found, labelled, sides.max(axis=1, initial=0), alpha)


def pckh(truth: Numbers, found: Numbers, labelled: Flags, heads: Numbers, alpha: float = 0.5) -> Shares:
    """PCK by the head: no farther off than ``alpha`` x the length of the head segment, usually 0.5.

    Andriluka et al., "2D human pose estimation: new benchmark and state of the art analysis", CVPR 2014. ``heads`` (N,)
    are in pixels, see ``head_sizes``; people of an unknown one (NaN) are not counted.
    """
    return within(truth, found, labelled, heads, alpha)


def pdj(truth: Numbers, found: Numbers, labelled: Flags, torsos: Numbers, alpha: float = 0.2) -> Shares:
    """Percentage of detected joints: no farther off than ``alpha`` x the torso's diameter.

    Toshev and Szegedy, "DeepPose", CVPR 2014, after Sapp and Taskar, "MODEC", CVPR 2013. ``torsos`` (N,) are in
    pixels, see ``torso_sizes``; people of an unknown one (NaN) are not counted.
    """
    return within(truth, found, labelled, torsos, alpha)


def pcp(
    truth: Numbers, found: Numbers, labelled: Flags, limbs: Sequence[tuple[int, int]], alpha: float = 0.5
) -> Shares:
    """Percentage of correct parts: both ends of a limb are no farther off than ``alpha`` x the limb's true length.

    Ferrari, Marin-Jimenez and Zisserman, "Progressive search space reduction for human pose estimation", CVPR 2008,
    read strictly: each end for itself, not the mean of both; alpha is usually 0.5. A limb counts where both of its ends
    are labelled and apart; ``each`` is by limb.
    """
    ends = np.asarray(limbs, np.intp).reshape(-1, 2)
    a, b = ends[:, 0], ends[:, 1]
    lengths = np.linalg.norm(truth[:, a] - truth[:, b], axis=-1)
    apart = np.linalg.norm(found - truth, axis=-1)
    counts = labelled[:, a] & labelled[:, b] & (lengths > 0)
    return _shares((apart[:, a] <= alpha * lengths) & (apart[:, b] <= alpha * lengths), counts)


def within(truth: Numbers, found: Numbers, labelled: Flags, sizes: Numbers, alpha: float) -> Shares:
    """The shares that are no farther off than ``alpha`` x ``sizes`` (N,); people without a size are not counted."""
    apart = np.linalg.norm(found - truth, axis=-1)
    known = np.asarray(sizes, np.float64)[:, None]
    return _shares(apart <= alpha * known, labelled & (known > 0))


def head_sizes(
    truth: Numbers, labelled: Flags, names: Sequence[str], boxes: Sequence[Numbers | None] = ()
) -> NDArray[np.float64]:
    """The length (N,) of each person's head segment in pixels, NaN where it cannot be told.

    With a head box (``boxes``, x0 y0 x1 y1) it is 0.6 x its diagonal, as in MPII's own evaluation; else, where the
    skeleton has head and neck, their distance. COCO's skeleton has neither: there it is 1.6 x the widest distance
    between two labelled ones of nose, eyes and ears, which hardly changes as the head turns.
    """
    sizes = np.full(len(truth), np.nan)
    face = [i for i, name in enumerate(names) if name in FACE]
    for a, b in combinations(face, 2):
        sizes = np.fmax(sizes, HEAD_TO_FACE * _distances(truth, labelled, a, b))
    ends = [next((i for i, name in enumerate(names) if name in known), None) for known in HEAD_ENDS]
    if ends[0] is not None and ends[1] is not None:
        sizes = _distances(truth, labelled, ends[0], ends[1])
    for row, box in enumerate(boxes):
        if box is not None:
            sizes[row] = HEAD_BOX_SHARE * float(np.linalg.norm(box[2:] - box[:2]))
    return sizes


def torso_sizes(truth: Numbers, labelled: Flags, names: Sequence[str]) -> NDArray[np.float64]:
    """The diameter (N,) of each person's torso in pixels, left shoulder to right hip, NaN where it cannot be told."""
    if "left_shoulder" not in names or "right_hip" not in names:
        return np.full(len(truth), np.nan)
    return _distances(truth, labelled, names.index("left_shoulder"), names.index("right_hip"))


def _distances(truth: Numbers, labelled: Flags, a: int, b: int) -> NDArray[np.float64]:
    """Between two keypoints of each person, NaN where one is not labelled."""
    apart = np.linalg.norm(truth[:, a] - truth[:, b], axis=-1)
    return np.where(labelled[:, a] & labelled[:, b], apart, np.nan)


def _shares(good: Flags, counts: Flags) -> Shares:
    counted = counts.sum(axis=0)
    right = (good & counts).sum(axis=0)
    total = int(counted.sum())
    with np.errstate(invalid="ignore"):
        return Shares(right / counted, float(right.sum() / total) if total else float("nan"), counted)

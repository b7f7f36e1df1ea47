"""Fractions of correct keypoints and limbs: PCK, PCKh, PDJ and PCP, each as its paper defines it.

All are pure functions of arrays: ``truth`` (N, K, 2) and ``found`` (N, K, 2) in pixels, ``labeled`` (N, K) bool. A
person not found has NaN as keypoints, so that all the labeled ones are missed. Keypoints that are not labeled do not
count.
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
"""Names of the two ends of the head segment in the skeletons."""

FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
HEAD_TO_FACE = 1.6
"""Length of the head segment relative to the width of the face: the median of 154 people of COCO whose head and neck
were estimated."""

HEAD_BOX_SHARE = 0.6
"""Head size relative to the diagonal of the head box, as in MPII's evaluation (``SC_BIAS``)."""


@dataclass(frozen=True, slots=True, eq=False)
class Fractions:
    """Fractions correct.

    Attributes:
        each: (K,), the fraction of each keypoint or limb; NaN where none counts.
        all: The fraction over all that count, with equal weights.
        counted: (K,), the number that count.
    """

    each: NDArray[np.float64]
    all: float
    counted: NDArray[np.intp]


def pck(truth: Numbers, found: Numbers, labeled: Flags, boxes: Numbers, alpha: float) -> Fractions:
    """Percentage of correct keypoints: at most ``alpha`` x the longer side of the person's box away.

    Yang and Ramanan, "Articulated human detection with flexible mixtures of parts", PAMI 2013: within
    alpha max(h, w), where alpha is usually 0.1 or 0.2. ``boxes`` (N, 4) = x0 y0 x1 y1.
    """
    sides = np.asarray(boxes, np.float64)[:, 2:] - np.asarray(boxes, np.float64)[:, :2]
    return within(truth, found, labeled, sides.max(axis=1, initial=0), alpha)


def pckh(truth: Numbers, found: Numbers, labeled: Flags, heads: Numbers, alpha: float = 0.5) -> Fractions:
    """PCK relative to the head: at most ``alpha`` x the length of the head segment away; alpha is usually 0.5.

    Andriluka et al., "2D human pose estimation: new benchmark and state of the art analysis", CVPR 2014. ``heads`` (N,)
    are in pixels, see ``head_sizes``; people whose head size is unknown (NaN) do not count.
    """
    return within(truth, found, labeled, heads, alpha)


def pdj(truth: Numbers, found: Numbers, labeled: Flags, torsos: Numbers, alpha: float = 0.2) -> Fractions:
    """Percentage of detected joints: at most ``alpha`` x the torso's diameter away.

    Toshev and Szegedy, "DeepPose", CVPR 2014, after Sapp and Taskar, "MODEC", CVPR 2013. ``torsos`` (N,) are in
    pixels, see ``torso_sizes``; people whose torso size is unknown (NaN) do not count.
    """
    return within(truth, found, labeled, torsos, alpha)


def pcp(
    truth: Numbers, found: Numbers, labeled: Flags, limbs: Sequence[tuple[int, int]], alpha: float = 0.5
) -> Fractions:
    """Percentage of correct parts: both ends of a limb are at most ``alpha`` x the limb's true length away.

    Ferrari, Marin-Jimenez and Zisserman, "Progressive search space reduction for human pose estimation", CVPR 2008,
    in the strict reading: each end separately, not their mean; alpha is usually 0.5. A limb (pair of keypoint indices)
    counts if both ends are labeled and not at the same position; ``each`` is by limb.
    """
    ends = np.asarray(limbs, np.intp).reshape(-1, 2)
    a, b = ends[:, 0], ends[:, 1]
    lengths = np.linalg.norm(truth[:, a] - truth[:, b], axis=-1)
    distances = np.linalg.norm(found - truth, axis=-1)
    counts = labeled[:, a] & labeled[:, b] & (lengths > 0)
    return _fractions((distances[:, a] <= alpha * lengths) & (distances[:, b] <= alpha * lengths), counts)


def within(truth: Numbers, found: Numbers, labeled: Flags, sizes: Numbers, alpha: float) -> Fractions:
    """The fractions at most ``alpha`` x ``sizes`` (N,) away; people without a size (NaN) do not count."""
    distances = np.linalg.norm(found - truth, axis=-1)
    known = np.asarray(sizes, np.float64)[:, None]
    return _fractions(distances <= alpha * known, labeled & (known > 0))


def head_sizes(
    truth: Numbers, labeled: Flags, names: Sequence[str], boxes: Sequence[Numbers | None] = ()
) -> NDArray[np.float64]:
    """The length (N,) of each person's head segment in pixels, NaN where unknown.

    With a head box (``boxes``, (4,) x0 y0 x1 y1) it is 0.6 x its diagonal, as in MPII's evaluation; else, if the
    skeleton has head and neck, their distance. COCO's skeleton has neither: there it is 1.6 x the largest distance
    between two labeled keypoints of nose, eyes and ears, which hardly changes as the head turns.
    """
    sizes = np.full(len(truth), np.nan)
    face = [i for i, name in enumerate(names) if name in FACE]
    for a, b in combinations(face, 2):
        sizes = np.fmax(sizes, HEAD_TO_FACE * _distances(truth, labeled, a, b))
    ends = [next((i for i, name in enumerate(names) if name in known), None) for known in HEAD_ENDS]
    if ends[0] is not None and ends[1] is not None:
        sizes = _distances(truth, labeled, ends[0], ends[1])
    for row, box in enumerate(boxes):
        if box is not None:
            sizes[row] = HEAD_BOX_SHARE * float(np.linalg.norm(box[2:] - box[:2]))
    return sizes


def torso_sizes(truth: Numbers, labeled: Flags, names: Sequence[str]) -> NDArray[np.float64]:
    """The diameter (N,) of each person's torso in pixels, left shoulder to right hip; NaN where unknown."""
    if "left_shoulder" not in names or "right_hip" not in names:
        return np.full(len(truth), np.nan)
    return _distances(truth, labeled, names.index("left_shoulder"), names.index("right_hip"))


def _distances(truth: Numbers, labeled: Flags, a: int, b: int) -> NDArray[np.float64]:
    """Distance (N,) between keypoints ``a`` and ``b`` of each person, NaN where one is not labeled."""
    distances = np.linalg.norm(truth[:, a] - truth[:, b], axis=-1)
    return np.where(labeled[:, a] & labeled[:, b], distances, np.nan)


def _fractions(correct: Flags, counts: Flags) -> Fractions:
    counted = counts.sum(axis=0)
    correct_counts = (correct & counts).sum(axis=0)
    total = int(counted.sum())
    with np.errstate(invalid="ignore"):
        return Fractions(
            correct_counts / counted, float(correct_counts.sum() / total) if total else float("nan"), counted
        )

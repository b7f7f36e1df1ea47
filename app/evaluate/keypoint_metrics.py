"""PCK, PCKh, PDJ and PCP of a set of photos, at the usual thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.evaluate.coco import pairs_by_similarity
from app.evaluate.estimates import Estimates
from app.evaluate.pairs import Pair, pairs_by_box
from app.evaluate.pck import FACE, Fractions, head_sizes, pck, pckh, pcp, pdj, torso_sizes

MATCH_OKS = 0.1
"""Minimum OKS of a match between an estimate and a person of the ground truth."""


@dataclass(frozen=True, slots=True, eq=False)
class KeypointMetrics:
    """Fractions of correct keypoints and limbs.

    Attributes:
        keypoints: By measure (such as ``PCK@0.1``), per keypoint.
        limbs: By measure, per limb.
        ends: The limbs as pairs of keypoint indices.
        people: Number of people in the ground truth.
        found: Number of people with a matched estimate.
    """

    keypoints: dict[str, Fractions]
    limbs: dict[str, Fractions]
    ends: tuple[tuple[int, int], ...]
    people: int
    found: int


def keypoint_metrics(estimates: Estimates) -> KeypointMetrics:
    """All measures over the people who count in the evaluation; a person not found has missed every keypoint.

    With true boxes people are matched by their boxes, else by OKS with the best score first; with a detector only the
    people that the window shows are evaluated.
    """
    pairs = [pair for pair in matched(estimates) if pair.truth is not None]
    return measured(pairs, estimates.photos.skeleton)


def matched(estimates: Estimates) -> list[Pair]:
    """Pairs of ground truth and estimate, including misses and false positives."""
    photos, found = estimates.photos, estimates.candidates if estimates.shown is None else estimates.shown
    if estimates.in_true_boxes:
        return pairs_by_box(photos, found, estimates.sigmas)
    return pairs_by_similarity(photos, found, estimates.sigmas, MATCH_OKS)


def measured(pairs: Sequence[Pair], skeleton: Skeleton) -> KeypointMetrics:
    """All measures over ``pairs``, each of which has a ground-truth person with ``skeleton``'s keypoints."""
    truths = [pair.truth for pair in pairs if pair.truth is not None]
    truth = np.array([person.keypoints for person in truths], np.float64)
    found = np.array([_found_points(pair, len(skeleton.names)) for pair in pairs], np.float64)
    boxes = np.array([person.box for person in truths], np.float64)
    points, labeled = truth[..., :2], truth[..., 2] > 0
    heads = head_sizes(points, labeled, skeleton.names, [person.head for person in truths])
    torsos = torso_sizes(points, labeled, skeleton.names)
    ends = body_limbs(skeleton)
    return KeypointMetrics(
        keypoints={
            **{f"PCK@{alpha}": pck(points, found, labeled, boxes, alpha) for alpha in (0.05, 0.1, 0.2)},
            **{f"PCKh@{alpha}": pckh(points, found, labeled, heads, alpha) for alpha in (0.1, 0.5)},
            **{f"PDJ@{alpha}": pdj(points, found, labeled, torsos, alpha) for alpha in (0.1, 0.2)},
        },
        limbs={"PCP@0.5": pcp(points, found, labeled, ends, 0.5)},
        ends=ends,
        people=len(pairs),
        found=sum(pair.estimate is not None for pair in pairs),
    )


def body_limbs(skeleton: Skeleton) -> tuple[tuple[int, int], ...]:
    """The limbs of the skeleton without lines to or between eyes, nose and ears."""
    return tuple((a, b) for a, b in skeleton.limbs if skeleton.names[a] not in FACE and skeleton.names[b] not in FACE)


def _found_points(pair: Pair, count: int) -> Floats:
    return pair.estimate.keypoints[:, :2] if pair.estimate else np.full((count, 2), np.nan, np.float32)

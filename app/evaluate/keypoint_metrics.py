"""PCK, PCKh, PDJ and PCP of a whole set of photos, at the thresholds that papers use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.evaluate.coco import pairs_by_similarity
from app.evaluate.estimates import Estimates
from app.evaluate.pairs import Pair, pairs_by_box
from app.evaluate.pck import FACE, Shares, head_sizes, pck, pckh, pcp, pdj, torso_sizes
from app.people import Floats
from app.skeleton import Skeleton

ALIKE = 0.1
"""Somebody of this similarity (OKS) with a true person is taken for them; what is farther off has missed them."""


@dataclass(frozen=True, slots=True, eq=False)
class KeypointShares:
    """``keypoints`` by measure (``PCK@0.1``), each with a share a keypoint; ``limbs`` by measure, a share a limb.

    ``ends`` are the limbs as pairs of keypoint numbers; ``found`` how many of the ``people`` somebody was taken for.
    """

    keypoints: dict[str, Shares]
    limbs: dict[str, Shares]
    ends: tuple[tuple[int, int], ...]
    people: int
    found: int


def keypoint_shares(estimates: Estimates) -> KeypointShares:
    """All measures over the people on whom something can be measured; who was not found has missed every keypoint.

    In their true boxes people are matched by their boxes, else the best score first by similarity; with a detector
    those count whom the window would show.
    """
    pairs = [pair for pair in matched(estimates) if pair.truth is not None]
    return measured(pairs, estimates.photos.skeleton)


def matched(estimates: Estimates) -> list[Pair]:
    """Every true person with who was taken for them, and who was found where nobody is."""
    photos, found = estimates.photos, estimates.everybody if estimates.shown is None else estimates.shown
    if estimates.in_true_boxes:
        return pairs_by_box(photos, found, estimates.sigmas)
    return pairs_by_similarity(photos, found, estimates.sigmas, ALIKE)


def measured(pairs: Sequence[Pair], skeleton: Skeleton) -> KeypointShares:
    """All measures over ``pairs``, each of which has a true person with ``skeleton``'s keypoints."""
    truths = [pair.truth for pair in pairs if pair.truth is not None]
    truth = np.array([person.keypoints for person in truths], np.float64)
    found = np.array([_points(pair, len(skeleton.names)) for pair in pairs], np.float64)
    boxes = np.array([person.box for person in truths], np.float64)
    points, labelled = truth[..., :2], truth[..., 2] > 0
    heads = head_sizes(points, labelled, skeleton.names, [person.head for person in truths])
    torsos = torso_sizes(points, labelled, skeleton.names)
    ends = body_limbs(skeleton)
    return KeypointShares(
        keypoints={
            **{f"PCK@{alpha}": pck(points, found, labelled, boxes, alpha) for alpha in (0.05, 0.1, 0.2)},
            **{f"PCKh@{alpha}": pckh(points, found, labelled, heads, alpha) for alpha in (0.1, 0.5)},
            **{f"PDJ@{alpha}": pdj(points, found, labelled, torsos, alpha) for alpha in (0.1, 0.2)},
        },
        limbs={"PCP@0.5": pcp(points, found, labelled, ends, 0.5)},
        ends=ends,
        people=len(pairs),
        found=sum(pair.found is not None for pair in pairs),
    )


def body_limbs(skeleton: Skeleton) -> tuple[tuple[int, int], ...]:
    """The limbs that parts of the body are: lines to and between eyes, nose and ears are none."""
    return tuple((a, b) for a, b in skeleton.limbs if skeleton.names[a] not in FACE and skeleton.names[b] not in FACE)


def _points(pair: Pair, count: int) -> Floats:
    return pair.found.keypoints[:, :2] if pair.found else np.full((count, 2), np.nan, np.float32)

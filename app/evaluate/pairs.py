"""Matches estimated people to the ground truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from app.core.people import Floats, Person
from app.evaluate.photos import Annotated, Photos
from app.pose.oks import oks
from app.tracking.tracker import iou

SAME_BOX = 0.5
"""Minimum IoU of two boxes of the same person."""

Estimated = Mapping[int, Sequence[Person]]
"""Estimated people by photo id."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A ground-truth person and the matched estimate; a miss has no ``estimate``, a false positive no ``truth``.

    ``photo`` is the photo's id, ``similarity`` the OKS over the labeled keypoints.
    """

    photo: int
    truth: Annotated | None
    estimate: Person | None
    similarity: float = 0.0


def pairs_by_box(photos: Photos, estimated: Estimated, sigmas: Floats) -> list[Pair]:
    """One-to-one matching by IoU, for people who were estimated in their true boxes. ``sigmas`` is (K,)."""
    pairs: list[Pair] = []
    for photo in photos.photos:
        people = estimated.get(photo.id, ())
        matched_people: dict[int, Person] = {}
        if people and photo.people:
            boxes = np.array([person.box for person in people], np.float32)
            overlaps = np.array([iou(truth.box, boxes) for truth in photo.people])
            rows, columns = linear_sum_assignment(overlaps, maximize=True)
            matched_people = {
                int(row): people[int(column)]
                for row, column in zip(rows, columns, strict=True)
                if overlaps[row, column] >= SAME_BOX
            }
        for row, truth in enumerate(photo.people):
            person = matched_people.get(row)
            pairs.append(Pair(photo.id, truth, person, _similarity(truth, person, sigmas) if person else 0.0))
    return pairs


def _similarity(truth: Annotated, person: Person, sigmas: Floats) -> float:
    rows = truth.keypoints[:, 2] > 0
    areas = np.array([truth.area])
    return float(oks(truth.keypoints[rows], person.keypoints[None, rows], truth.area, areas, sigmas[rows])[0])

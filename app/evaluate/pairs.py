"""Who of those who were found is which of the true people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from app.estimate.oks import oks
from app.evaluate.photos import Annotated, Photos
from app.people import Floats, Person
from app.track import iou

SAME_BOX = 0.5
"""Boxes of this overlap (IoU) are one person's."""

Found = Mapping[int, Sequence[Person]]


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A true person and who was taken for them (None: nobody), or somebody found where nobody is (no truth).

    ``photo`` is its number, ``similarity`` their OKS (over the labelled keypoints).
    """

    photo: int
    truth: Annotated | None
    found: Person | None
    similarity: float = 0.0


def pairs_by_box(photos: Photos, found: Found, sigmas: Floats) -> list[Pair]:
    """One to one by the overlap of boxes: for people who were estimated in their true boxes."""
    made: list[Pair] = []
    for photo in photos.photos:
        people = found.get(photo.id, ())
        theirs: dict[int, Person] = {}
        if people and photo.people:
            boxes = np.array([person.box for person in people], np.float32)
            overlaps = np.array([iou(truth.box, boxes) for truth in photo.people])
            rows, columns = linear_sum_assignment(overlaps, maximize=True)
            theirs = {
                int(row): people[int(column)]
                for row, column in zip(rows, columns, strict=True)
                if overlaps[row, column] >= SAME_BOX
            }
        for row, truth in enumerate(photo.people):
            person = theirs.get(row)
            made.append(Pair(photo.id, truth, person, _similarity(truth, person, sigmas) if person else 0.0))
    return made


def _similarity(truth: Annotated, person: Person, sigmas: Floats) -> float:
    rows = truth.keypoints[:, 2] > 0
    areas = np.array([truth.area])
    return float(oks(truth.keypoints[rows], person.keypoints[None, rows], truth.area, areas, sigmas[rows])[0])

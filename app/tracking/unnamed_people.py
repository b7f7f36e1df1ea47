"""People whom the detector sees and who are not among those of the frame: privacy hides them too."""

from __future__ import annotations

import numpy as np

from app.core.people import Floats, Person
from app.tracking.tracker import iou

SURE = 0.3
"""Least score of a box that counts."""
SAME = 0.3
"""A box that overlaps that of a person by this much (IoU) is of the same person."""


def unnamed_people(boxes: Floats, scores: Floats, people: list[Person], keypoints: int) -> tuple[Person, ...]:
    """The people in ``boxes`` (N, 4) with ``scores`` (N,), apart from ``people``: with id 0 and no seen keypoint.

    They are too many, too uncertain, or too new to be among ``people``. ``keypoints`` is the number of keypoints.
    """
    rows = np.flatnonzero(scores >= SURE)
    if len(rows) and people:
        overlaps = iou(boxes[rows], np.array([person.box for person in people], np.float32))
        rows = rows[overlaps.max(axis=1) < SAME]
    unseen = np.zeros((keypoints, 3), np.float32)
    return tuple(Person(0, float(scores[row]), boxes[row].copy(), unseen) for row in rows.tolist())

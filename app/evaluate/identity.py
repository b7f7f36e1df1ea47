"""Tracking metrics: how consistently the ids of a run follow the people of the ground truth.

Computed by TrackEval: MOTA and switches (CLEAR MOT: Bernardin and Stiefelhagen 2008), IDF1 (Ristani et al. 2016) and
HOTA (Luiten et al. 2021). Boxes are matched at an IoU of 0.5; HOTA is the mean over IoU thresholds from 0.05 to 0.95.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from trackeval.metrics import CLEAR, HOTA
from trackeval.metrics import Identity as Idf1

from app.core.people import FramePoses
from app.tracking.tracker import iou

MIN_IOU = 0.5
"""Minimum IoU of a match between a found box and one of the ground truth."""

AWAY_S = 0.25
"""Shortest absence of a person from the ground truth that counts as leaving, in seconds."""

COMPARED_S = 1.0
"""The most frequent ids in this time before and after an absence are compared, in seconds."""

MIXED_S = 0.3
"""An id that two people had for at least this time each, in seconds, counts as mixed up."""

Run = tuple[list[FramePoses], list[FramePoses]]
"""The ground truth and the found people of one run."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Tracking metrics of one run, or of several pooled.

    Attributes:
        mota: Multiple object tracking accuracy, at most 1.
        idf1: ID F1 score, at most 1.
        hota: Higher order tracking accuracy, at most 1.
        switches: Number of boxes with another id than before.
        misses: Number of ground-truth boxes not found.
        false_alarms: Number of found boxes without a match.
        truth_ids: Number of people in the ground truth.
        ids: Number of ids assigned.
        returned: Number of returns after an absence of at least ``AWAY_S``.
        recognised: Number of returns with the same id.
        mixed: Number of ids that more than one person had.
    """

    mota: float
    idf1: float
    hota: float
    switches: int
    misses: int
    false_alarms: int
    truth_ids: int
    ids: int
    returned: int
    recognised: int
    mixed: int


def identity(truth: list[FramePoses], found: list[FramePoses]) -> Identity:
    """The metrics of one run. Frames are matched by index; frames that are not in ``truth`` do not count."""
    return pooled([(truth, found)])


def pooled(runs: Iterable[Run]) -> Identity:
    """The metrics of several runs (truth, found) pooled; no person occurs in two of them."""
    paired = [_pair_frames(*run) for run in runs]
    counted = [_trackeval_data(run) for run in paired]
    clear, idf1, hota = (
        metric.combine_sequences({number: metric.eval_sequence(data) for number, data in enumerate(counted)})
        for metric in (
            CLEAR({"THRESHOLD": MIN_IOU, "PRINT_CONFIG": False}),
            Idf1({"THRESHOLD": MIN_IOU, "PRINT_CONFIG": False}),
            HOTA(),
        )
    )
    assigned = [_assigned_ids(run) for run in paired]
    returns = [same_id for assigned_ids in assigned for same_id in _returns(assigned_ids)]
    return Identity(
        mota=float(clear["MOTA"]),
        idf1=float(idf1["IDF1"]),
        hota=float(np.mean(hota["HOTA"])),
        switches=int(clear["IDSW"]),
        misses=int(clear["CLR_FN"]),
        false_alarms=int(clear["CLR_FP"]),
        truth_ids=sum(data["num_gt_ids"] for data in counted),
        ids=sum(data["num_tracker_ids"] for data in counted),
        returned=len(returns),
        recognised=sum(returns),
        mixed=sum(_mixed(assigned_ids) for assigned_ids in assigned),
    )


def _pair_frames(truth: list[FramePoses], found: list[FramePoses]) -> list[tuple[FramePoses, FramePoses]]:
    by_index = {poses.index: poses for poses in found}
    return [(poses, by_index.get(poses.index, FramePoses(poses.index, poses.time_s, ()))) for poses in truth]


def _trackeval_data(run: list[tuple[FramePoses, FramePoses]]) -> dict[str, Any]:
    """TrackEval's input: consecutive ids from 0, and the IoU of each pair of boxes."""
    truth_ids, ids = (
        {number: index for index, number in enumerate(sorted({p.id for pair in run for p in pair[side].people}))}
        for side in (0, 1)
    )
    return {
        "num_timesteps": len(run),
        "num_gt_ids": len(truth_ids),
        "num_tracker_ids": len(ids),
        "num_gt_dets": sum(len(truth.people) for truth, _ in run),
        "num_tracker_dets": sum(len(found.people) for _, found in run),
        "gt_ids": [np.array([truth_ids[p.id] for p in truth.people], int) for truth, _ in run],
        "tracker_ids": [np.array([ids[p.id] for p in found.people], int) for _, found in run],
        "similarity_scores": [_overlaps(truth, found) for truth, found in run],
    }


def _overlaps(truth: FramePoses, found: FramePoses) -> np.ndarray[Any, np.dtype[np.float64]]:
    boxes = np.array([person.box for person in found.people], np.float32).reshape(-1, 4)
    return np.array([iou(person.box, boxes) for person in truth.people], np.float64).reshape(
        len(truth.people), len(boxes)
    )


def _assigned_ids(run: list[tuple[FramePoses, FramePoses]]) -> dict[int, list[tuple[float, int]]]:
    """For each person of the ground truth (timestamp, assigned id) per frame; id 0 if not found."""
    assigned: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for truth, found in run:
        overlaps = _overlaps(truth, found)
        rows, columns = linear_sum_assignment(-overlaps)
        id_by_row = {
            int(r): found.people[int(c)].id for r, c in zip(rows, columns, strict=True) if overlaps[r, c] >= MIN_IOU
        }
        for row, person in enumerate(truth.people):
            assigned[person.id].append((truth.time_s, id_by_row.get(row, 0)))
    return assigned


def _returns(assigned: dict[int, list[tuple[float, int]]]) -> list[bool]:
    """For each return after an absence: whether it was with the same id."""
    same_id = []
    for entries in assigned.values():
        times = np.array([time_s for time_s, _ in entries])
        ids = np.array([number for _, number in entries])
        for gap in np.flatnonzero(np.diff(times) >= AWAY_S):
            before = _most_frequent(ids[: gap + 1][times[: gap + 1] > times[gap] - COMPARED_S])
            after = _most_frequent(ids[gap + 1 :][times[gap + 1 :] < times[gap + 1] + COMPARED_S])
            if before:
                same_id.append(before == after)
    return same_id


def _most_frequent(ids: np.ndarray[Any, np.dtype[np.int_]]) -> int:
    """The most frequent of ``ids``; 0 (not found) only if there is no other."""
    values, counts = np.unique(ids[ids > 0], return_counts=True)
    return int(values[counts.argmax()]) if len(values) else 0


def _mixed(assigned: dict[int, list[tuple[float, int]]]) -> int:
    """Number of ids that more than one person had."""
    people_by_id: dict[int, int] = defaultdict(int)
    for entries in assigned.values():
        times = np.array([time_s for time_s, _ in entries])
        # A frame lasts until the next one, except across an absence.
        durations = np.diff(times, append=times[-1:])
        durations[durations >= AWAY_S] = 0
        span: dict[int, float] = defaultdict(float)
        for (_, number), duration in zip(entries, durations, strict=True):
            span[number] += float(duration)
        for number, seconds in span.items():
            people_by_id[number] += bool(number) and seconds >= MIXED_S
    return sum(count > 1 for count in people_by_id.values())

"""Who is who: how well the ids of a run stay with the people of the truth.

The counting is TrackEval's: MOTA and switches (CLEAR MOT: Bernardin and Stiefelhagen 2008), IDF1 (Ristani et al. 2016)
and HOTA (Luiten et al. 2021). Boxes are matched at an overlap (intersection over union) of a half; HOTA takes the mean
over overlaps of 0.05 to 0.95.
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

from app.people import FramePoses
from app.track import iou

OVERLAP = 0.5
"""From this overlap on a found box may be that of a person of the truth."""

AWAY_S = 0.25
"""Who is missing from the truth for so long has been away."""

GLANCE_S = 1.0
"""The id that a person wears most in so long before being away and after it are compared."""

WORN_S = 0.3
"""An id that two people wore for so long each is mixed up."""

Run = tuple[list[FramePoses], list[FramePoses]]


@dataclass(frozen=True, slots=True)
class Identity:
    """How well the ids of one run, or of several pooled, stay with the people.

    ``mota``, ``idf1`` and ``hota`` are 1 at best; ``switches``, ``misses`` and ``false_alarms`` count boxes,
    ``truth_ids`` and ``ids`` the people there are and the ids that were given. ``returned`` counts how often somebody
    was away for ``AWAY_S`` or longer and came back, ``recognised`` how often with the same id; ``mixed`` the ids that
    more than one person wore.
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
    """The figures of one run. The frames of ``truth`` count; those of ``found`` are told by their index."""
    return pooled([(truth, found)])


def pooled(runs: Iterable[Run]) -> Identity:
    """The figures of several runs (truth, found) together, as of one long one in which nobody is met again."""
    paired = [_paired(*run) for run in runs]
    counted = [_counted(run) for run in paired]
    clear, idf1, hota = (
        metric.combine_sequences({number: metric.eval_sequence(data) for number, data in enumerate(counted)})
        for metric in (
            CLEAR({"THRESHOLD": OVERLAP, "PRINT_CONFIG": False}),
            Idf1({"THRESHOLD": OVERLAP, "PRINT_CONFIG": False}),
            HOTA(),
        )
    )
    worn = [_worn(run) for run in paired]
    returns = [kept for wear in worn for kept in _returns(wear)]
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
        mixed=sum(_mixed(wear) for wear in worn),
    )


def _paired(truth: list[FramePoses], found: list[FramePoses]) -> list[tuple[FramePoses, FramePoses]]:
    by_index = {poses.index: poses for poses in found}
    return [(poses, by_index.get(poses.index, FramePoses(poses.index, poses.time_s, ()))) for poses in truth]


def _counted(run: list[tuple[FramePoses, FramePoses]]) -> dict[str, Any]:
    """What TrackEval takes: ids from 0 without gaps, and the overlap of every box with every other."""
    truth_ids, ids = (
        {number: place for place, number in enumerate(sorted({p.id for pair in run for p in pair[side].people}))}
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


def _worn(run: list[tuple[FramePoses, FramePoses]]) -> dict[int, list[tuple[float, int]]]:
    """For each person of the truth the moments it is there and the id it wears (0 where it was not found)."""
    worn: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for truth, found in run:
        overlaps = _overlaps(truth, found)
        rows, columns = linear_sum_assignment(-overlaps)
        wears = {
            int(r): found.people[int(c)].id for r, c in zip(rows, columns, strict=True) if overlaps[r, c] >= OVERLAP
        }
        for row, person in enumerate(truth.people):
            worn[person.id].append((truth.time_s, wears.get(row, 0)))
    return worn


def _returns(worn: dict[int, list[tuple[float, int]]]) -> list[bool]:
    """For each time that somebody came back: whether it was with the same id."""
    kept = []
    for moments in worn.values():
        times = np.array([time_s for time_s, _ in moments])
        ids = np.array([number for _, number in moments])
        for gap in np.flatnonzero(np.diff(times) >= AWAY_S):
            before = _most(ids[: gap + 1][times[: gap + 1] > times[gap] - GLANCE_S])
            after = _most(ids[gap + 1 :][times[gap + 1 :] < times[gap + 1] + GLANCE_S])
            if before:
                kept.append(before == after)
    return kept


def _most(ids: np.ndarray[Any, np.dtype[np.int_]]) -> int:
    """The commonest of ``ids``, 0 (not found) only where there is no other."""
    values, counts = np.unique(ids[ids > 0], return_counts=True)
    return int(values[counts.argmax()]) if len(values) else 0


def _mixed(worn: dict[int, list[tuple[float, int]]]) -> int:
    """How many ids more than one person wore."""
    wearers: dict[int, int] = defaultdict(int)
    for moments in worn.values():
        times = np.array([time_s for time_s, _ in moments])
        # A moment lasts until the next one, but nobody wears anything while away.
        lasts = np.diff(times, append=times[-1:])
        lasts[lasts >= AWAY_S] = 0
        span: dict[int, float] = defaultdict(float)
        for (_, number), last in zip(moments, lasts, strict=True):
            span[number] += float(last)
        for number, seconds in span.items():
            wearers[number] += bool(number) and seconds >= WORN_S
    return sum(count > 1 for count in wearers.values())

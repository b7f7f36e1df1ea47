"""Joins candidates into people all at once, by an integer programme (after DeepCut, Pishchulin et al., CVPR 2016).

DeepCut and DeeperCut label candidates and partition them into people with the smallest total cost of pairs (a minimum
cost multicut). Here the label of a candidate is known, as it is a peak of its keypoint's heatmap, and the pairs are the
limbs: a likely pair counts with its score, any other with its negative score if that is below 0. Only pairs of the same
person count. Conditions that a person has no keypoint twice, and that pairs are complete, are added as they are needed.
"""

from __future__ import annotations

import time
from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.inference.bottom_up_card import PartAffinity
from app.pose.grouping.limbs import Joined, Limb, Numbers, Parts
from app.pose.grouping.peaks import Cells

Condition = tuple[list[int], list[float], float]
"""Numbers of pairs, their factors, and the greatest sum."""


class Pairs(NamedTuple):
    """All pairs (P,) of candidates ``a`` and ``b`` for each ``limb``, and what they count for if they are joined."""

    limb: Cells
    a: Cells
    b: Cells
    weight: Numbers


def pairs_of(limbs: list[Limb]) -> Pairs:
    """The pairs of all ``limbs``."""
    numbers, a, b, weights = [], [], [], []
    for number, limb in enumerate(limbs):
        shape = limb.scores.shape
        numbers.append(np.full(limb.scores.size, number))
        a.append(np.broadcast_to(limb.a[:, None], shape).ravel())
        b.append(np.broadcast_to(limb.b[None], shape).ravel())
        weights.append(np.where(limb.likely, limb.scores, np.minimum(limb.scores, 0)).ravel())
    return Pairs(np.concatenate(numbers), np.concatenate(a), np.concatenate(b), np.concatenate(weights))


def objective(person: Cells, pairs: Pairs) -> float:
    """The total of the pairs within a person; ``person`` (M,) is that of each candidate, -1 for none."""
    same = (person[pairs.a] >= 0) & (person[pairs.a] == person[pairs.b])
    return float(pairs.weight[same].sum())


def persons_of(joined: Joined, candidates: int) -> Cells:
    """The person (M,) of each candidate, -1 for none; the first one of a candidate that several people have."""
    person = np.full(candidates, -1)
    for number in reversed(range(len(joined.parts))):
        person[joined.parts[number][joined.parts[number] >= 0]] = number
    return person


def label_jointly(parts: Parts, limbs: list[Limb], greedy: Joined, spec: PartAffinity) -> Joined:
    """People with the largest ``objective``; those of ``greedy`` where that is not found within the time limit.

    Candidates that no chain of likely pairs connects are independent, and are solved one group after the other.
    """
    candidates, pairs = len(parts.keypoint), pairs_of(limbs)
    deadline = time.perf_counter() + spec.time_limit
    person = persons_of(greedy, candidates)
    groups = _connected(candidates, pairs.a[pairs.weight > 0], pairs.b[pairs.weight > 0])
    for group in sorted((np.flatnonzero(groups == number) for number in range(groups.max(initial=-1) + 1)), key=len):
        inside = np.flatnonzero(np.isin(pairs.a, group) & np.isin(pairs.b, group))
        if len(group) < 2 or not len(inside):
            continue
        own = Pairs(pairs.limb[inside], pairs.a[inside], pairs.b[inside], pairs.weight[inside])
        solved = _solve(parts.keypoint, own, deadline)
        if solved is None:
            continue
        found = np.full(candidates, -1)
        found[group] = solved[group]
        if objective(found, own) > objective(np.where(np.isin(np.arange(candidates), group), person, -1), own):
            person[group] = found[group] + candidates * (1 + int(person.max()))
    return _people(person, parts, pairs, greedy.parts.shape[1])


def _solve(keypoints: Cells, pairs: Pairs, deadline: float) -> Cells | None:
    """The person (M,) of each candidate with the largest total; None if it is not found until ``deadline``."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    conditions = _one_partner(pairs)
    while (left := deadline - time.perf_counter()) > 0:
        rows = np.repeat(np.arange(len(conditions)), [len(numbers) for numbers, _, _ in conditions])
        columns = np.concatenate([numbers for numbers, _, _ in conditions])
        factors = np.concatenate([factors for _, factors, _ in conditions])
        matrix = csr_array((factors, (rows, columns)), shape=(len(conditions), len(pairs.a)))
        limits = np.array([limit for _, _, limit in conditions])
        answer = milp(
            -pairs.weight,
            integrality=np.ones(len(pairs.a), np.intp),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(matrix, ub=limits),
            options={"time_limit": left},
        )
        if answer.status != 0:
            return None
        joined = np.asarray(answer.x) > 0.5
        person = _connected(len(keypoints), pairs.a[joined], pairs.b[joined])
        violated = _violated(person, keypoints, pairs, joined)
        if not violated:
            return person
        conditions += violated
    return None


def _one_partner(pairs: Pairs) -> list[Condition]:
    """A candidate is joined to at most one other by each limb."""
    conditions: list[Condition] = []
    for side in (pairs.a, pairs.b):
        keys = pairs.limb * (int(max(pairs.a.max(), pairs.b.max())) + 1) + side
        for key in np.unique(keys):
            numbers = np.flatnonzero(keys == key).tolist()
            conditions.append((numbers, [1.0] * len(numbers), 1.0))
    return conditions


def _violated(person: Cells, keypoints: Cells, pairs: Pairs, joined: NDArray[np.bool_]) -> list[Condition]:
    """What the people of ``person`` (M,) violate: a keypoint twice, or a pair that is not joined though it costs."""
    conditions: list[Condition] = []
    ways = _neighbors(pairs, joined)
    for number in np.unique(person):
        own = np.flatnonzero(person == number)
        for keypoint in np.unique(keypoints[own]):
            first, *twice = own[keypoints[own] == keypoint].tolist()
            for other in twice:
                chain = _chain(ways, first, other)
                conditions.append((chain, [1.0] * len(chain), len(chain) - 1.0))
    apart = np.flatnonzero(~joined & (pairs.weight < 0) & (person[pairs.a] == person[pairs.b]))
    for pair in apart.tolist():
        chain = _chain(ways, int(pairs.a[pair]), int(pairs.b[pair]))
        conditions.append(([*chain, pair], [*[1.0] * len(chain), -1.0], len(chain) - 1.0))
    return conditions


def _neighbors(pairs: Pairs, joined: NDArray[np.bool_]) -> dict[int, list[tuple[int, int]]]:
    """The candidates that each one is joined to, with the numbers of the pairs."""
    ways: dict[int, list[tuple[int, int]]] = {}
    for pair in np.flatnonzero(joined).tolist():
        a, b = int(pairs.a[pair]), int(pairs.b[pair])
        ways.setdefault(a, []).append((b, pair))
        ways.setdefault(b, []).append((a, pair))
    return ways


def _chain(ways: dict[int, list[tuple[int, int]]], start: int, end: int) -> list[int]:
    """The numbers of the pairs on the shortest chain from one candidate to another."""
    came: dict[int, tuple[int, int]] = {start: (start, -1)}
    queue = deque([start])
    while end not in came:
        here = queue.popleft()
        for there, pair in ways.get(here, []):
            if there not in came:
                came[there] = (here, pair)
                queue.append(there)
    chain = []
    while end != start:
        end, pair = came[end]
        chain.append(pair)
    return chain


def _connected(candidates: int, a: Cells, b: Cells) -> Cells:
    """The number (M,) of the group of each candidate, by the pairs ``a``, ``b`` (P,) that connect them."""
    group = np.arange(candidates)
    while True:
        lowest = group.copy()
        np.minimum.at(lowest, a, group[b])
        np.minimum.at(lowest, b, group[a])
        lowest = lowest[lowest]
        if (lowest == group).all():
            return np.unique(group, return_inverse=True)[1].reshape(-1)
        group = lowest


def _people(person: Cells, parts: Parts, pairs: Pairs, keypoints: int) -> Joined:
    """The people (N, K) of each candidate's number ``person`` (M,), and their totals (N,).

    A total is that of the keypoints and of the pairs that connect them, without pairs that close a circle.
    """
    rows, totals = [], []
    for number in np.unique(person[person >= 0]):
        own = np.flatnonzero(person == number)
        row = np.full(keypoints, -1)
        row[parts.keypoint[own]] = own
        inside = np.flatnonzero((person[pairs.a] == number) & (person[pairs.b] == number) & (pairs.weight > 0))
        total, group = float(parts.score[own].sum()), {int(candidate): int(candidate) for candidate in own}
        for pair in inside.tolist():
            one, other = group[int(pairs.a[pair])], group[int(pairs.b[pair])]
            if one != other:
                total += float(pairs.weight[pair])
                group = {candidate: one if own == other else own for candidate, own in group.items()}
        rows.append(row)
        totals.append(total)
    return Joined(np.array(rows, np.intp).reshape(-1, keypoints), np.array(totals))

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
from app.pose.grouping.limbs import Joined, LimbPairs, Numbers, Parts
from app.pose.grouping.peaks import Cells
from app.system.giving_up import raise_if_given_up
from app.tracking.assignment import best_pairs

Condition = tuple[list[int], list[float], float]
"""Numbers of pairs, their factors, and the greatest sum."""

TOLERANCE = 1e-9
"""Difference of totals that counts as none."""


class Pairs(NamedTuple):
    """Pairs (P,) of candidates ``a`` and ``b`` for each ``limb``, and what they count for if they are joined."""

    limb: Cells
    a: Cells
    b: Cells
    weight: Numbers

    @classmethod
    def of(cls, pairs: LimbPairs, rows: Cells) -> Pairs:
        """The ``rows`` (R,) of all pairs."""
        return cls(pairs.limb[rows], pairs.a[rows], pairs.b[rows], pairs.weights(rows))


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


def label_jointly(parts: Parts, pairs: LimbPairs, greedy: Joined, spec: PartAffinity) -> Joined:
    """People with the largest ``objective``; those of ``greedy`` where that is not found within the time limit.

    The best partners of each limb by itself count for at least as much as any people. Where they form people without a
    conflict these are the best; only candidates that likely pairs connect to a conflict are left to the programme.
    """
    candidates, deadline = len(parts.keypoint), time.perf_counter() + spec.time_limit
    likely = np.flatnonzero(pairs.likely)
    partners = likely[_best_partners(Pairs.of(pairs, likely))]
    person = _joined(candidates, pairs.a[partners], pairs.b[partners])
    groups = _connected(candidates, pairs.a[likely], pairs.b[likely])
    conflicts = np.unique(groups[_in_conflict(person, parts, pairs)])
    for group in sorted((np.flatnonzero(groups == number) for number in conflicts), key=len):
        own = Pairs.of(pairs, np.flatnonzero(np.isin(pairs.a, group) & np.isin(pairs.b, group)))
        usual = persons_of(greedy, candidates)
        best = _solve(parts.keypoint, own, usual, deadline)[group]
        person[group] = np.where(best < 0, -1, best + 1 + int(person.max()))
    return _people(person, parts, pairs, greedy.parts.shape[1])


def _best_partners(pairs: Pairs) -> Cells:
    """The rows (R,) of ``pairs`` with the largest total, in which a limb joins a candidate to one other at most."""
    chosen = [np.empty(0, np.intp)]
    for limb in np.unique(pairs.limb):
        rows = np.arange(*np.searchsorted(pairs.limb, [limb, limb + 1]))
        sides = [np.unique(side[rows], return_inverse=True) for side in (pairs.a, pairs.b)]
        if min(len(numbers) for numbers, _ in sides) < len(rows):
            (first, row), (second, column) = sides
            table, number = np.zeros((len(first), len(second))), np.full((len(first), len(second)), -1)
            table[row, column], number[row, column] = pairs.weight[rows], rows
            rows = np.array([number[pair] for pair in best_pairs(table) if number[pair] >= 0], np.intp)
        chosen.append(rows)
    return np.concatenate(chosen)


def _in_conflict(person: Cells, parts: Parts, pairs: LimbPairs) -> Cells:
    """The candidates (C,) whose people have a keypoint twice, or a pair that counts for less than nothing."""
    same = np.flatnonzero((person[pairs.a] == person[pairs.b]) & (person[pairs.a] >= 0))
    costly = same[pairs.weights(same) < 0]
    return np.concatenate([_repeated(person, parts.keypoint)[:, 0], pairs.a[costly]])


def _repeated(person: Cells, keypoints: Cells) -> Cells:
    """The pairs (R, 2) of candidates that are the same keypoint of the same person."""
    order = np.lexsort((keypoints, person))
    own, kind = person[order], keypoints[order]
    same = np.flatnonzero((own[1:] == own[:-1]) & (kind[1:] == kind[:-1]) & (own[1:] >= 0))
    return np.stack([order[same], order[same + 1]], axis=1)


def _solve(keypoints: Cells, pairs: Pairs, usual: Cells, deadline: float) -> Cells:
    """The person (M,) of each candidate with the largest total; ``usual`` (M,) if no better is found until then."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    joined = np.zeros(len(pairs.a), bool)
    joined[np.flatnonzero(pairs.weight > 0)[_best_partners(_part(pairs, pairs.weight > 0))]] = True
    least = objective(usual, pairs)
    conditions = _one_partner(pairs)
    while pairs.weight[joined].sum() > least + TOLERANCE:
        raise_if_given_up()
        person = _joined(len(keypoints), pairs.a[joined], pairs.b[joined])
        violated = _violated(person, keypoints, pairs, joined)
        if not violated:
            return person if objective(person, pairs) > least else usual
        conditions += violated
        left = deadline - time.perf_counter()
        if left <= 0:
            break
        rows = np.repeat(np.arange(len(conditions)), [len(numbers) for numbers, _, _ in conditions])
        columns = np.concatenate([numbers for numbers, _, _ in conditions])
        factors = np.concatenate([factors for _, factors, _ in conditions])
        matrix = csr_array((factors, (rows, columns)), shape=(len(conditions), len(pairs.a)))
        answer = milp(
            -pairs.weight,
            integrality=np.ones(len(pairs.a), np.intp),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(matrix, ub=np.array([limit for _, _, limit in conditions])),
            options={"time_limit": left},
        )
        if answer.status != 0:
            break
        joined = np.asarray(answer.x) > 0.5
    return usual


def _part(pairs: Pairs, rows: NDArray[np.bool_]) -> Pairs:
    return Pairs(pairs.limb[rows], pairs.a[rows], pairs.b[rows], pairs.weight[rows])


def _one_partner(pairs: Pairs) -> list[Condition]:
    """A candidate is joined to at most one other by each limb."""
    conditions: list[Condition] = []
    likely = np.flatnonzero(pairs.weight > 0)
    for side in (pairs.a, pairs.b):
        keys = pairs.limb[likely] * (int(side.max(initial=0)) + 1) + side[likely]
        order = np.argsort(keys, kind="stable")
        starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
        for rows in np.split(likely[order], starts[1:]):
            if len(rows) > 1:
                conditions.append((rows.tolist(), [1.0] * len(rows), 1.0))
    return conditions


def _violated(person: Cells, keypoints: Cells, pairs: Pairs, joined: NDArray[np.bool_]) -> list[Condition]:
    """What the people of ``person`` (M,) violate: a keypoint twice, or a pair that is not joined though it costs."""
    conditions: list[Condition] = []
    ways = _neighbors(pairs, joined)
    for first, other in _repeated(person, keypoints).tolist():
        chain = _chain(ways, first, other)
        conditions.append((chain, [1.0] * len(chain), len(chain) - 1.0))
    apart = np.flatnonzero(~joined & (pairs.weight < 0) & (person[pairs.a] == person[pairs.b]) & (person[pairs.a] >= 0))
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


def _joined(candidates: int, a: Cells, b: Cells) -> Cells:
    """The person (M,) of each candidate, by the pairs that are joined; -1 for a candidate without any."""
    person = _connected(candidates, a, b)
    return np.where(np.bincount(person, minlength=candidates)[person] > 1, person, -1)


def _people(person: Cells, parts: Parts, pairs: LimbPairs, keypoints: int) -> Joined:
    """The people (N, K) of each candidate's number ``person`` (M,), and their totals (N,).

    A total is that of the keypoints and of the pairs that connect them, without pairs that close a circle.
    """
    numbers, own = np.unique(person[person >= 0], return_inverse=True)
    table, totals = np.full((len(numbers), keypoints), -1), np.zeros(len(numbers))
    candidates = np.flatnonzero(person >= 0)
    table[own, parts.keypoint[candidates]] = candidates
    np.add.at(totals, own, parts.score[candidates])
    place = np.full(len(person), -1)
    place[candidates] = own
    inside = np.flatnonzero(pairs.likely & (person[pairs.a] >= 0) & (person[pairs.a] == person[pairs.b]))
    parent = list(range(len(person)))
    for a, b, weight in zip(
        pairs.a[inside].tolist(), pairs.b[inside].tolist(), pairs.weights(inside).tolist(), strict=True
    ):
        one, other = _root(parent, a), _root(parent, b)
        if one != other:
            totals[place[a]] += weight
            parent[other] = one
    return Joined(table, totals)


def _root(parent: list[int], candidate: int) -> int:
    """The candidate that stands for all that are connected to ``candidate``."""
    while parent[candidate] != candidate:
        candidate = parent[candidate]
    return candidate

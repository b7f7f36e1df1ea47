"""The assignment problem: which row belongs to which column, so that the sum of the affinities is largest.

SciPy's ``linear_sum_assignment`` finds the same pairs, but importing it takes a third of the processor time that passes
before the first people are shown.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def best_pairs(affinity: NDArray[np.floating[Any]]) -> list[tuple[int, int]]:
    """The pairs (row, column) of ``affinity`` (N, M) with the largest sum, in order of the rows.

    Each row and each column is in at most one of the min(N, M) pairs. Raises ValueError for numbers that are not
    finite.
    """
    if not np.isfinite(affinity).all():
        raise ValueError("affinities that are not finite")
    if affinity.shape[0] > affinity.shape[1]:
        return sorted((row, column) for column, row in best_pairs(affinity.T))
    if not affinity.size:
        return []
    favorites: list[int] = affinity.argmax(axis=1).tolist()
    if len(set(favorites)) == len(favorites):
        return list(enumerate(favorites))
    return _by_shortest_paths(-affinity.astype(np.float64))


def _by_shortest_paths(costs: NDArray[np.float64]) -> list[tuple[int, int]]:
    """The pairs with the smallest sum of ``costs`` (N, M), N <= M, by shortest augmenting paths (Jonker, Volgenant).

    Rows are added one by one. A new row may take a column from another row, which then takes its next best one, and so
    on, until a column is reached that was free. ``prices`` of the columns and ``gains`` of the rows are the dual
    variables: no pair costs less than their sum.
    """
    rows, columns = costs.shape
    gains, prices = np.zeros(rows), np.zeros(columns)
    row_of, column_of = np.full(columns, -1), [-1] * rows
    for new in range(rows):
        distances = np.full(columns, np.inf)
        previous_row = np.zeros(columns, np.intp)
        is_open = np.ones(columns, bool)
        row, distance = new, 0.0
        while True:
            through = distance + costs[row] - gains[row] - prices
            closer = is_open & (through < distances)
            distances[closer], previous_row[closer] = through[closer], row
            column = int(np.argmin(np.where(is_open, distances, np.inf)))
            distance = float(distances[column])
            if row_of[column] < 0:
                break
            is_open[column] = False
            row = int(row_of[column])
        closed = np.flatnonzero(~is_open)
        gains[new] += distance
        gains[row_of[closed]] += distance - distances[closed]
        prices[closed] -= distance - distances[closed]
        while True:
            row = int(previous_row[column])
            row_of[column] = row
            column, column_of[row] = column_of[row], column
            if row == new:
                break
    return list(enumerate(column_of))

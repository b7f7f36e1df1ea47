"""Assignments are those of SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from app.tracking.assignment import best_pairs


@pytest.mark.parametrize("rows", range(1, 9))
@pytest.mark.parametrize("columns", [1, 2, 3, 5, 8, 13])
def test_pairs_are_those_of_scipy(rows: int, columns: int) -> None:
    rng = np.random.default_rng(rows * 100 + columns)
    for _ in range(20):
        affinity = rng.uniform(0, 1, (rows, columns))
        found = linear_sum_assignment(affinity, maximize=True)
        assert best_pairs(affinity) == list(zip(*map(np.ndarray.tolist, found), strict=True))


@pytest.mark.parametrize("size", [(4, 4), (3, 7), (9, 5), (20, 20)])
def test_sum_is_that_of_scipy_where_affinities_are_equal(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(7)
    for _ in range(20):
        affinity = rng.integers(0, 3, size) * rng.integers(0, 2, size[0])[:, None]
        found = best_pairs(affinity.astype(np.float32))
        assert len(found) == len({row for row, _ in found}) == len({column for _, column in found}) == min(size)
        assert sum(affinity[pair] for pair in found) == affinity[linear_sum_assignment(affinity, maximize=True)].sum()


@pytest.mark.parametrize("size", [(0, 0), (0, 3), (3, 0)])
def test_nothing_is_paired_with_nothing(size: tuple[int, int]) -> None:
    assert best_pairs(np.zeros(size)) == []


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_affinities_have_to_be_finite(value: float) -> None:
    with pytest.raises(ValueError, match="not finite"):
        best_pairs(np.array([[1.0, value], [0.5, 0.25]]))

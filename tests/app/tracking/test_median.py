"""The median of a few values."""

from __future__ import annotations

import numpy as np
import pytest

from app.tracking.median import masked_median


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 2, 1), (1, 7, 2), (3, 26, 2), (16, 17, 2)])
def test_median_of_each_row_equals_numpy(shape: tuple[int, ...], dtype: type[np.floating]) -> None:
    rng = np.random.default_rng(3)
    for _ in range(30):
        values = rng.normal(0, 100, shape).astype(dtype)
        values[:, rng.integers(shape[1])] = values[:, 0]
        mask = rng.random(shape[:2]) < 0.6
        mask[:, 0] = True
        ours = masked_median(values, mask)
        assert ours.dtype == dtype
        wanted = [np.median(row[chosen], axis=0) for row, chosen in zip(values, mask, strict=True)]
        np.testing.assert_array_equal(ours, wanted)


def test_median_of_nothing_is_infinite() -> None:
    mask = np.array([[False, False], [True, False]])
    assert masked_median(np.ones((2, 2, 1)), mask).tolist() == [[np.inf], [1.0]]

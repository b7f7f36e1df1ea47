"""The median of a few values."""

from __future__ import annotations

import numpy as np
import pytest

from app.tracking.median import median


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1,), (2,), (7,), (26, 2), (17, 2), (3, 4)])
def test_median_equals_numpy(shape: tuple[int, ...], dtype: type[np.floating]) -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        values = rng.normal(0, 100, shape).astype(dtype)
        values[rng.integers(len(values))] = values[0]
        ours = median(values)
        assert ours.dtype == dtype
        np.testing.assert_array_equal(ours, np.median(values, axis=0))

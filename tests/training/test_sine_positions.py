"""The table of positions compared with that of TransPose (tests/golden/codecs2)."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs PyTorch")

from tests.app.pose.grouping.golden import load
from training.sine_positions import sine_positions


def test_positions_equal_transpose() -> None:
    table = sine_positions((32, 24), 256)
    assert table.shape == (768, 256)
    np.testing.assert_allclose(table[::7].numpy(), load("positions_transpose")["every7"], atol=2e-6)

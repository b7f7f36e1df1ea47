"""Loads results of the original implementations (tests/golden/codecs2)."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from tests.conftest import GOLDEN


@cache
def load(name: str) -> dict[str, Any]:
    """All arrays of one file."""
    with np.load(GOLDEN / "codecs2" / f"{name}.npz") as data:
        return dict(data)

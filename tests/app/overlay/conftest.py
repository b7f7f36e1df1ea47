"""True motions."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def motions(shared: Path) -> Path:
    """The file of true motions."""
    return shared / "mocap" / "cmu60.npz"

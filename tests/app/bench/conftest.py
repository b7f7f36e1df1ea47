"""The pipeline with default settings on the CPU, and measurements cut short."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.bench import bare, crowd
from app.core.settings import Settings
from app.pipeline import Pipeline, open_pipeline


@pytest.fixture(autouse=True)
def short_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    """Search for the fastest thread settings once, and cut people out of few frames: both only take time."""
    monkeypatch.setattr(bare, "ROUNDS", 1)
    monkeypatch.setattr(bare, "TRIALS", 1)
    monkeypatch.setattr(crowd, "CUTOUT_FRAMES", 12)


@pytest.fixture(scope="session")
def pipeline(yolox_tiny: Path, rtmpose_s: Path) -> Pipeline:
    return open_pipeline(Settings(pose=str(rtmpose_s), detector=str(yolox_tiny), device="cpu"))

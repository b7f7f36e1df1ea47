"""The pipe at its defaults, on the processor, and a short clip."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.pipeline import Pipeline, open_pipeline
from app.settings import Settings


@pytest.fixture(scope="session")
def pipeline(yolox_tiny: Path, rtmpose_s: Path) -> Pipeline:
    return open_pipeline(Settings(pose=str(rtmpose_s), detector=str(yolox_tiny), device="cpu"))

"""Files of points in three dimensions are refused before a run that cannot give any."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import StanceError
from app.core.settings import Settings
from app.engine.depth_check import check_depth_outputs
from app.pipeline import open_pipeline


def test_a_heatmap_network_without_lifter_gives_none(shared: Path) -> None:
    settings = Settings(str(shared / "models" / "tinypose_128x96.onnx"), "none", "cpu")
    pipeline = open_pipeline(settings)
    for ending in ("bvh", "glb", "GLB"):
        with pytest.raises(StanceError, match=rf"out\.{ending} needs points in three dimensions: add --lift"):
            check_depth_outputs([Path("out.jsonl"), Path(f"out.{ending}")], pipeline)
    check_depth_outputs([Path("out.jsonl"), Path("out.c3d")], pipeline)
    check_depth_outputs(
        [Path("out.bvh")], open_pipeline(Settings(settings.pose, "none", "cpu", lifter="stance-lifter"))
    )

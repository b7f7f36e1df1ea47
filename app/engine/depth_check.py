"""Refuses files of points in three dimensions before a run, where nothing of it gives any."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.pipeline import Pipeline
from app.sinks import SPACE_ENDINGS, ending_of
from app.sinks.motion.people_file import needs_depth


def check_depth_outputs(paths: Sequence[Path], pipeline: Pipeline) -> None:
    """Raise StanceError if one of ``paths`` needs points in three dimensions, which ``pipeline`` does not give."""
    if pipeline.lifters or pipeline.info.has_depth:
        return
    for path in paths:
        if ending_of(path) in SPACE_ENDINGS:
            raise needs_depth(path)

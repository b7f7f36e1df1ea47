"""A made clip holds as many people as it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.bench.crowd import make_clip
from app.errors import StanceError
from app.pipeline import Pipeline
from app.sources import open_source


@pytest.mark.parametrize("people", [1, 8])
def test_everybody_is_found(pipeline: Pipeline, demo: Path, tmp_path: Path, people: int) -> None:
    path = tmp_path / "made.mp4"
    make_clip(people, str(demo), pipeline, 12, path)
    source = open_source(str(path))
    assert (source.frames, source.fps) == (12, 30)
    pipeline.reset()
    seen = [len(pipeline.process(frame).people) for frame in iter(source.read, None)]
    source.close()
    assert seen[-4:] == [people] * 4


def test_nobody_and_a_stadium_cannot_be_made(pipeline: Pipeline, demo: Path, tmp_path: Path) -> None:
    for people in (0, 1000):
        with pytest.raises(StanceError, match=f"{people} people"):
            make_clip(people, str(demo), pipeline, 2, tmp_path / "made.mp4")

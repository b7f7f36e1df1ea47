"""A synthetic clip contains the requested number of people."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.bench.crowd import make_clip
from app.core.errors import StanceError
from app.pipeline import Pipeline
from app.sources import open_source


@pytest.mark.parametrize("people", [1, 8])
def test_all_people_are_found(pipeline: Pipeline, demo: Path, tmp_path: Path, people: int) -> None:
    path = tmp_path / "made.mp4"
    make_clip(people, str(demo), pipeline, 12, path)
    source = open_source(str(path))
    assert (source.frames, source.fps) == (12, 30)
    pipeline.reset()
    seen = [len(pipeline.process(frame).people) for frame in iter(source.read, None)]
    source.close()
    assert seen[-4:] == [people] * 4


def test_number_of_people_is_limited(pipeline: Pipeline, demo: Path, tmp_path: Path) -> None:
    for people in (0, 1000):
        with pytest.raises(StanceError, match=f"{people} people"):
            make_clip(people, str(demo), pipeline, 2, tmp_path / "made.mp4")

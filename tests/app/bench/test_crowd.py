"""A synthetic clip contains the requested number of people."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.bench.crowd import HEIGHT, MAX_HEIGHT, MAX_PEOPLE, WIDTH, make_clip, places_of
from app.core.errors import StanceError
from app.pipeline import Pipeline
from app.sources import open_source


@pytest.mark.parametrize("people", [1, *(pytest.param(people, marks=pytest.mark.slow) for people in (8, 16))])
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


@pytest.mark.parametrize("aspect", [0.8, 1.5, 2.5, 4.0])
@pytest.mark.parametrize("people", range(1, MAX_PEOPLE + 1))
def test_people_are_as_large_as_they_can_be_without_covering_each_other(people: int, aspect: float) -> None:
    height, places = places_of(people, aspect)
    width = height / aspect
    assert len(set(places)) == people
    assert all(width / 2 <= x <= WIDTH - width / 2 and height / 2 <= y <= HEIGHT - height / 2 for x, y in places)
    for number, (x, y) in enumerate(places):
        for other_x, other_y in places[:number]:
            assert abs(other_x - x) >= width or abs(other_y - y) >= height
    # Side by side in one row they would not be larger.
    assert height >= min(MAX_HEIGHT, int(0.9 * WIDTH / people * aspect), int(0.9 * HEIGHT))

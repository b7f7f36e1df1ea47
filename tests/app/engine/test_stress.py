"""The short form of ``python -m tests.stress``."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.pipeline import Pipeline
from tests.app.sources.clips import make_clip, steady
from tests.stress import FRAMES, seek, start_and_stop, switch


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("stress")
    return [make_clip(folder / f"{n}.mp4", steady(FRAMES), codec="libx264", options={"g": "12"}) for n in "ab"]


@pytest.mark.slow
def test_starting_and_stopping_leaves_no_thread(clips: list[Path], pipeline: Pipeline) -> None:
    start_and_stop(clips[0], None, 30)
    start_and_stop(clips[0], pipeline, 10)


def test_last_seek_wins(clips: list[Path], pipeline: Pipeline) -> None:
    seek(clips[0], None, 100)
    seek(clips[0], pipeline, 40)


@pytest.mark.slow
def test_switching_sources_leaves_no_thread(clips: list[Path], pipeline: Pipeline) -> None:
    switch(clips, pipeline, 12)

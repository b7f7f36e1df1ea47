"""A short run of the window part of ``python -m tests.stress``."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.pipeline import open_pipeline
from tests.app.sources.clips import make_clip, steady
from tests.stress import FRAMES
from tests.stress_window import open_switch_fail_close, use_window


@pytest.mark.parametrize("steps", [25, pytest.param(60, marks=pytest.mark.slow)])
def test_random_use_leaks_nothing(small_models: Settings, tmp_path: Path, qtbot: QtBot, steps: int) -> None:
    clips = [make_clip(tmp_path / f"{n}.mp4", steady(FRAMES), codec="libx264", options={"g": "12"}) for n in "ab"]
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    use_window(clips, recordings, small_models, steps)


@pytest.mark.parametrize("times", [30, pytest.param(200, marks=pytest.mark.slow)])
def test_rounds_of_opening_switching_failing_and_closing_leave_nothing(
    small_models: Settings, tmp_path: Path, qtbot: QtBot, times: int
) -> None:
    clips = [make_clip(tmp_path / f"{n}.mp4", steady(FRAMES), codec="libx264", options={"g": "12"}) for n in "abc"]
    text = tmp_path / "text.mp4"
    text.write_text("This is no video.")
    open_switch_fail_close(clips, [text, tmp_path / "missing.mp4"], open_pipeline(small_models), times)

"""A clip analysed again: only what the networks have not said is asked for, and what was finished is there at once."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.analysis import Analysis
from app.core.settings import Settings
from app.inference.onnx_model import OnnxModel
from app.sources.file import VideoFile
from app.window.main_window import MainWindow
from tests.app.window.test_main_window import PATIENCE

END_S = 1.2


@pytest.fixture
def analysed(posing: MainWindow, short_demo: Path, qtbot: QtBot) -> MainWindow:
    """The beginning of the demo clip, analysed."""
    with qtbot.waitSignal(posing.player.clip_analysis.ended, timeout=60_000):
        posing.player.open(str(short_demo), 0.0, END_S, paused=True)
    return posing


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[OnnxModel]:
    """Every network, as often as it was run."""
    seen: list[OnnxModel] = []
    run = OnnxModel.run

    def counted(self: OnnxModel, *args: Any) -> Any:
        seen.append(self)
        return run(self, *args)

    monkeypatch.setattr(OnnxModel, "run", counted)
    return seen


def numbers(analysis: Analysis | None) -> list[tuple[int, int, bytes, bytes]]:
    assert analysis is not None
    return [(one.index, p.id, p.box.tobytes(), p.keypoints.tobytes()) for one in analysis.frames() for p in one.people]


def analysed_afresh(window: MainWindow, short_demo: Path, settings: Settings) -> Analysis:
    """What a run without a window gives with these settings."""
    assert window.player.pipeline is not None
    pipeline = window.player.pipeline.clone_with_shared_networks()
    pipeline.adjust(settings)
    found, source = Analysis(pipeline.skeleton), VideoFile(short_demo)
    for frame in itertools.takewhile(lambda frame: frame.time_s < END_S, iter(source.read, None)):
        found.add(pipeline.process(frame))
    source.close()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("change", [{"smooth": "kalman"}, {"threshold": 0.6}], ids=str)
def test_changes_that_need_no_network_run_none_and_equal_a_new_analysis(
    analysed: MainWindow, short_demo: Path, change: dict[str, Any], runs: list[OnnxModel], qtbot: QtBot
) -> None:
    settings = replace(analysed.loader.settings, **change)
    before = numbers(analysed.player.analysis)
    with qtbot.waitSignal(analysed.player.clip_analysis.ended, timeout=60_000):
        analysed.panel.changed.emit(settings)
    asked = len(runs)  # a preview of the standing frame may be among them
    found = numbers(analysed.player.analysis)
    assert found != before
    assert found == numbers(analysed_afresh(analysed, short_demo, settings))
    assert asked < 8 < len(runs) - asked


@pytest.mark.slow
def test_earlier_settings_restore_their_analysis(analysed: MainWindow, runs: list[OnnxModel], qtbot: QtBot) -> None:
    first, settings = analysed.player.analysis, analysed.loader.settings
    with qtbot.waitSignal(analysed.player.clip_analysis.ended, timeout=60_000):
        analysed.panel.changed.emit(replace(settings, max_people=1))
    analysed.people.tree.renamed.emit(1, "Ada")
    runs.clear()
    analysed.panel.changed.emit(settings)
    assert analysed.player.analysis is first
    assert analysed.player.clip_analysis.current is None
    qtbot.waitUntil(lambda: first is not None and first.names() == {1: "Ada"}, timeout=PATIENCE)
    assert runs == []


@pytest.mark.slow
def test_the_earlier_model_restores_its_analysis(analysed: MainWindow, shared: Path, qtbot: QtBot) -> None:
    first, settings = analysed.player.analysis, analysed.loader.settings
    other = replace(settings, pose=str(shared / "models" / "tinypose_256x192.onnx"))
    with qtbot.waitSignal(analysed.player.clip_analysis.ended, timeout=60_000):
        analysed.panel.changed.emit(other)
    assert analysed.player.analysis is not first
    with qtbot.waitSignal(analysed.loader.loaded, timeout=60_000):
        analysed.panel.changed.emit(settings)
    assert analysed.player.analysis is first


@pytest.mark.slow
def test_analyse_again_runs_the_networks_on_every_frame(
    analysed: MainWindow, runs: list[OnnxModel], qtbot: QtBot
) -> None:
    with qtbot.waitSignal(analysed.player.clip_analysis.ended, timeout=60_000):
        analysed.actions_by_name["analyse-again"].trigger()
    assert len(runs) >= len(analysed.player.analysis or ())


def test_people_stay_shown_until_the_new_analysis_has_some(
    analysed: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    analysed.people.tree.renamed.emit(1, "Ada")
    analysed.review.refresh()
    first = analysed.player.analysis
    monkeypatch.setattr(analysed.player.clip_analysis, "_start", lambda *args: None)  # it does not come to begin
    analysed.panel.changed.emit(replace(analysed.loader.settings, max_people=1))
    assert analysed.player.analysis is not first
    analysed.review.refresh()
    assert analysed.review.panels.names() == {1: "Ada"}
    assert analysed.controls.timeline.person_at(0.5) == "Ada"

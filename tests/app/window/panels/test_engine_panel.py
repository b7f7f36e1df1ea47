"""The engine panel shows device, models, statistics and time per stage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.engine import Engine
from app.lifting.open_lifter import DEFAULT, default_file
from app.pipeline import Pipeline, open_pipeline
from app.sources import open_source
from app.system.heap import memory_mb
from app.window.panels.engine_panel import EnginePanel
from app.window.panels.stage_chart import ROW, StageChart
from app.window.panels.stage_times import stage_means


@pytest.fixture
def panel(qtbot: QtBot) -> EnginePanel:
    made = EnginePanel()
    qtbot.addWidget(made)
    made.resize(320, 600)
    made.show()
    return made


@pytest.fixture
def small_pipeline(small_models: Settings) -> Pipeline:
    return open_pipeline(small_models)


def test_missing_models_are_stated(panel: EnginePanel) -> None:
    panel.refresh(None, 0.0, playing=False)
    assert panel.device.text() == "No models loaded yet"
    assert panel.memory.text().endswith(" MB")


def test_device_and_models_are_shown_with_their_sizes(panel: EnginePanel, small_pipeline: Pipeline) -> None:
    panel.show_pipeline(small_pipeline)
    assert panel.device.text() == "CPU → CPU"
    assert "96 × 128" in panel.pose.text()
    size = small_pipeline.pose_model.network.path.stat().st_size / 1e6
    assert f"{size:.1f} MB" in panel.pose.text()
    assert small_pipeline.detector_name in panel.detector.text()
    assert " × " in panel.detector.text()
    assert panel.further.text() == "–"


def test_the_lifter_is_among_the_models(panel: EnginePanel, small_models: Settings) -> None:
    if not default_file().is_file():
        pytest.skip("no lifter is packaged")
    panel.show_pipeline(open_pipeline(replace(small_models, lifter=DEFAULT)))
    assert panel.further.text() == DEFAULT


def test_reasons_for_skipped_devices_are_shown(panel: EnginePanel, small_pipeline: Pipeline) -> None:
    small_pipeline.pose_model.network.skipped_devices["cuda"] = "libcudart.so.13 is missing"
    panel.show_pipeline(small_pipeline)
    assert "CUDA is not used: libcudart.so.13 is missing." in panel.reasons.text()
    assert panel.reasons.isVisible()


def test_the_last_times_are_shown_while_it_is_paused(panel: EnginePanel, small_pipeline: Pipeline, clip: Path) -> None:
    engine = Engine(open_source(str(clip)), small_pipeline)
    engine.start()
    assert engine.wait(60)
    panel.refresh(engine, 12.0, playing=False)  # the panel is opened only now
    assert panel.stages.latest == stage_means(engine.statistics) != {}
    panel.refresh(engine, 12.0, playing=False)
    assert panel.stages.latest == stage_means(engine.statistics)


def test_statistics_of_a_run_are_shown(panel: EnginePanel, small_pipeline: Pipeline, clip: Path, qtbot: QtBot) -> None:
    engine = Engine(open_source(str(clip)), small_pipeline)
    panel.refresh(engine, 12.0, playing=True)
    engine.start()
    assert engine.wait(60)
    panel.refresh(engine, 12.0, playing=True)
    assert panel.age.text() == "12 ms"
    assert panel.dropped.text() == "0"
    assert panel.stages.latest == stage_means(engine.statistics)
    assert {"read", "detect"} <= set(panel.stages.latest)
    panel.show_pipeline(small_pipeline)  # other models
    assert panel.stages.latest == {}

    def shown() -> None:
        panel.refresh(engine, 0.0, playing=True)
        assert panel.fps.text().endswith(" fps")

    qtbot.waitUntil(shown, timeout=60_000)
    panel.refresh(engine, 0.0, playing=False)
    assert panel.fps.text() == "paused"


def test_a_hidden_panel_is_not_updated(panel: EnginePanel) -> None:
    panel.hide()
    panel.refresh(None, 0.0, playing=True)
    assert panel.memory.text() == "–"


def test_each_stage_has_a_row_and_old_values_are_dropped(qtbot: QtBot) -> None:
    chart = StageChart()
    qtbot.addWidget(chart)
    for second in range(60):
        chart.add(float(second), {"pose": 10.0, "track": 0.1 * second})
    assert chart.sizeHint().height() == 2 * ROW
    assert chart.latest == pytest.approx({"pose": 10.0, "track": 5.9})
    chart.add(60.0, {"pose": 10.0})
    assert chart.latest == {"pose": 10.0}
    chart.clear()
    assert chart.latest == {}


def test_the_largest_stage_fills_its_strip(qtbot: QtBot) -> None:
    chart = StageChart()
    qtbot.addWidget(chart)
    chart.resize(300, 2 * ROW)
    for second in range(12):
        chart.add(float(second), {"pose": 40.0, "track": 1.0})
    picture = chart.grab().toImage()
    x = picture.width() // 2
    ground = picture.pixel(x, 1)
    heights = [sum(picture.pixel(x, top + y) != ground for y in range(ROW)) for top in (0, ROW)]
    assert heights[0] > 4 * heights[1] > 0


def test_memory_is_plausible_for_python_with_qt() -> None:
    assert 20 < memory_mb() < 100_000

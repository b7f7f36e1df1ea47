"""The panel of plots."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.window.core.tasks import TaskRunner
from app.window.review.plot_panel import PlotPanel


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[TaskRunner]:
    made = TaskRunner()
    yield made
    made.close(5.0)


@pytest.fixture
def panel(qtbot: QtBot, background: TaskRunner) -> PlotPanel:
    """The empty panel, shown."""
    made = PlotPanel(background)
    qtbot.addWidget(made)
    made.resize(700, 400)
    made.show()
    qtbot.waitUntil(lambda: made.chart is not None, timeout=60_000)
    return made

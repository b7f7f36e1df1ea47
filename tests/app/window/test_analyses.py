"""Several analyses of a clip are listed, shown again without a network, and compared."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PyQt6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from app.inference.onnx_model import OnnxModel
from app.window.analyses import Analyses
from app.window.main_window import MainWindow
from tests.app.window.player.test_clip_analysis import analysed, runs

__all__ = ["analysed", "runs"]

PATIENCE = 60_000


@pytest.fixture
def analyses(analysed: MainWindow, qtbot: QtBot) -> Analyses:
    """The panel of a clip that was analysed twice: with the second settings at last, for one person only."""
    analysed.dock_area.dock_of("analyses").show()
    settings = replace(analysed.loader.settings, max_people=1)
    with qtbot.waitSignal(analysed.player.clip_analysis.ended, timeout=PATIENCE):
        analysed.panel.changed.emit(settings)
    made = analysed.features.analyses
    qtbot.waitUntil(lambda: made.panel.table.topLevelItemCount() == 2, timeout=PATIENCE)
    return made


def select(analyses: Analyses, row: int) -> None:
    item = analyses.panel.table.topLevelItem(row)
    assert item is not None
    analyses.panel.table.setCurrentItem(item)


def texts(analyses: Analyses, row: int) -> list[str]:
    item = analyses.panel.table.topLevelItem(row)
    assert item is not None
    return [*item.text(0).split("\n"), item.text(1)]


@pytest.mark.slow
def test_an_earlier_analysis_is_listed_and_shown_again_without_a_network(
    analysed: MainWindow, analyses: Analyses, runs: list[OnnxModel], qtbot: QtBot
) -> None:
    assert [texts(analyses, row)[1] for row in (0, 1)] == ["Maximum people 1", "Default settings"]
    select(analyses, 0)
    assert not analyses.panel.show_button.isEnabled()
    select(analyses, 1)
    runs.clear()
    analyses.panel.show_button.click()
    qtbot.waitUntil(lambda: analysed.loader.settings.max_people == 0, timeout=PATIENCE)
    assert analysed.player.analysis is not None
    assert len(analysed.player.analysis) == int(texts(analyses, 1)[2])
    assert runs == []


def test_another_analysis_is_compared(analysed: MainWindow, analyses: Analyses, qtbot: QtBot) -> None:
    last = len(analysed.player.analysis or ()) - 1
    analysed.player.seek_index(last)
    qtbot.waitUntil(lambda: analysed.player.current is not None and analysed.player.current.frame.index == last)
    alone = analysed.view.screenshot(True)
    select(analyses, 1)
    with qtbot.waitSignal(analyses.compared_changed, timeout=PATIENCE):
        analyses.panel.compare.click()
    qtbot.waitUntil(lambda: analyses.compared is not None, timeout=PATIENCE)
    assert analyses.panel.differences.topLevelItemCount() > 10
    nose = analyses.panel.differences.topLevelItem(0)
    assert nose is not None
    assert 0 < float(nose.text(2).removesuffix(" %")) < 5  # the same person by the same networks
    assert analysed.view.screenshot(True) != alone
    analyses.panel.compare.click()
    assert analyses.compared is None
    assert analysed.view.screenshot(True) == alone


@pytest.mark.slow
def test_an_analysis_is_removed_after_a_question(analysed: MainWindow, analyses: Analyses, qtbot: QtBot) -> None:
    select(analyses, 1)
    analyses.panel.remove.click()
    (box,) = analysed.findChildren(QMessageBox)
    next(button for button in box.buttons() if box.buttonRole(button) == QMessageBox.ButtonRole.AcceptRole).click()
    qtbot.waitUntil(lambda: analyses.panel.table.topLevelItemCount() == 1, timeout=PATIENCE)
    assert texts(analyses, 0)[1] == "Maximum people 1"


@pytest.mark.slow
def test_a_comparison_ends_when_another_analysis_is_shown(
    analysed: MainWindow, analyses: Analyses, qtbot: QtBot
) -> None:
    select(analyses, 1)
    analyses.panel.compare.click()
    qtbot.waitUntil(lambda: analyses.compared is not None, timeout=PATIENCE)
    analyses.panel.show_button.click()
    qtbot.waitUntil(lambda: analyses.compared is None, timeout=PATIENCE)
    assert analyses.panel.compare.text() == "Compare"

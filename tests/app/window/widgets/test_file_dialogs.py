"""Initial folders of the file dialogs."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from app.window.widgets.file_dialogs import films
from tests.app.window.seen import walkers
from tests.app.window.test_main_window import play

PATIENCE = 60_000


@pytest.fixture
def start_folders(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders in which dialogs opened; all dialogs are cancelled."""
    folders: list[str] = []

    def files(parent: QWidget, title: str, folder: str = "", kinds: str = "") -> tuple[str, str]:
        folders.append(folder)
        return "", ""

    def one(parent: QWidget, title: str, folder: str = "") -> str:
        folders.append(folder)
        return ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", files)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", one)
    return folders


def test_open_starts_in_the_last_opened_folder(
    window: MainWindow, clip: Path, start_folders: list[str], qtbot: QtBot
) -> None:
    names = ("open", "open-folder", "open-recording")
    for name in names:
        window.actions_by_name[name].trigger()
    assert start_folders == [str(films())] * 3
    assert films().is_dir()
    start_folders.clear()
    play(window, clip, qtbot)
    for name in names:
        window.actions_by_name[name].trigger()
    assert start_folders == [str(clip.parent)] * 3


def test_networks_are_chosen_from_the_last_used_folder(
    window: MainWindow, tmp_path: Path, start_folders: list[str], qtbot: QtBot
) -> None:
    (tmp_path / "net.onnx").write_bytes(b"no network")
    window.importer.take(tmp_path / "net.onnx")
    window.actions_by_name["import"].trigger()
    window.panel.models.pose.setCurrentIndex(window.panel.models.pose.findData("choose"))
    window.panel.models.pose.activated.emit(window.panel.models.pose.currentIndex())
    assert start_folders == [str(tmp_path)] * 2
    qtbot.waitUntil(lambda: "net.onnx" in window.video_stack.banner.sentence, timeout=PATIENCE)


def test_plots_are_saved_to_the_recordings_folder_then_the_last_used(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window.preferences.recordings = tmp_path
    window.session_state.follow()
    window.dock_area.dock_of("plots").show()
    window.plots.show_analysis(walkers())

    def plotted() -> None:
        window.plots.refresh()
        assert window.plots.csv.isEnabled()

    qtbot.waitUntil(plotted, timeout=PATIENCE)
    window.plots.csv.click()
    dialog = window.plots.findChildren(QFileDialog)[0]
    assert dialog.directory().absolutePath() == str(tmp_path)
    (tmp_path / "figures").mkdir()
    dialog.fileSelected.emit(str(tmp_path / "figures" / "knee.csv"))
    dialog.close()
    assert window.plots.export.folder == tmp_path / "figures"

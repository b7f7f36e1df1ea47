"""A folder or many files dropped on the window: formats asked once, files written, errors told by clip."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import av
import pytest
from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent
from PyQt6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.cli.main import main as run_headless
from app.core.settings import Settings
from app.window.core.export_presets import ExportPresets
from app.window.dialogs.queue_dialog import QueueDialog
from app.window.main_window import MainWindow
from app.window.review.queue_panel import STATE
from tests.app.sources.clips import make_clip, steady, write_clip
from tests.app.window.conftest import shared_session
from tests.app.window.test_main_window import PATIENCE


def drop(window: MainWindow, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    at, left = QPointF(100, 100), Qt.MouseButton.LeftButton
    event = QDropEvent(at, Qt.DropAction.CopyAction, data, left, Qt.KeyboardModifier.NoModifier)
    assert window.drag_drop.eventFilter(window, event)


def asked(window: MainWindow, qtbot: QtBot) -> QueueDialog:
    """The dialog that asks for the formats."""
    queue = window.features.queue
    qtbot.waitUntil(lambda: queue.dialog is not None and queue.dialog.isVisible(), timeout=PATIENCE)
    assert queue.dialog is not None
    return queue.dialog


def rows(window: MainWindow) -> list[str]:
    tree = window.features.queue.panel.tree
    return [row.text(STATE) for number in range(tree.topLevelItemCount()) if (row := tree.topLevelItem(number))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two clips, one of them in a folder of its own, a damaged one, and a text."""
    clips = tmp_path / "day"
    (clips / "session").mkdir(parents=True)
    make_clip(clips / "a.mp4", steady(12))
    make_clip(clips / "session" / "b.mp4", steady(12))
    (clips / "bad.mp4").write_bytes(b"nothing" * 400)
    (clips / "notes.txt").write_text("no clip")
    return clips


def test_a_dropped_folder_is_analysed_clip_by_clip(posing: MainWindow, folder: Path, qtbot: QtBot) -> None:
    drop(posing, folder)
    dialog = asked(posing, qtbot)
    dialog.formats.choose(["{stem}.jsonl", "{stem}.csv"])
    qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: [row.split(":")[0] for row in rows(posing)] == ["Done", "Failed", "Done"], timeout=PATIENCE)
    assert "cannot be opened as a video" in rows(posing)[1]
    written = sorted(str(path.relative_to(folder)) for path in folder.rglob("*_stance.*"))
    assert written == ["a_stance.csv", "a_stance.jsonl", "session/b_stance.csv", "session/b_stance.jsonl"]
    panel = posing.features.queue.panel
    bad = panel.tree.topLevelItem(1)
    assert bad is not None
    assert "bad.mp4" in bad.toolTip(STATE)
    assert panel.isVisible()


def test_files_of_a_folder_are_those_of_a_headless_run(
    posing: MainWindow,
    small_models: Settings,
    tmp_path: Path,
    shared: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "day"
    folder.mkdir()
    clip = folder / "people.mp4"
    with av.open(str(shared / "data" / "videos" / "two_people_jump_1280x720.mp4")) as video:
        write_clip(clip, list(islice(video.decode(video=0), 12)))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    posing.actions_by_name["queue-folder"].trigger()
    dialog = asked(posing, qtbot)
    dialog.formats.choose(["{stem}.jsonl", "{stem}.csv"])
    qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: rows(posing) == ["Done"], timeout=PATIENCE)
    outputs = [f"--output={tmp_path / 'people'}.{ending}" for ending in ("jsonl", "csv")]
    models = ["--pose", small_models.pose, "--detector", small_models.detector, "--device", "cpu"]
    assert run_headless(["--headless", "--source", str(clip), *outputs, *models]) == 0
    assert b'"keypoints"' in (tmp_path / "people.jsonl").read_bytes()
    for ending in ("jsonl", "csv"):
        assert (folder / f"people_stance.{ending}").read_bytes() == (tmp_path / f"people.{ending}").read_bytes()


def test_a_folder_without_videos_is_named(
    posing: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    posing.actions_by_name["queue-folder"].trigger()
    banner = posing.video_stack.banner
    qtbot.waitUntil(lambda: banner.sentence == f"There are no videos in {tmp_path}.", timeout=PATIENCE)
    assert posing.features.queue.dialog is None


def test_a_double_click_opens_what_is_done_with_its_people(posing: MainWindow, folder: Path, qtbot: QtBot) -> None:
    drop(posing, folder / "a.mp4", folder / "session" / "b.mp4")
    dialog = asked(posing, qtbot)
    qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: rows(posing) == ["Done", "Done"], timeout=PATIENCE)
    tree = posing.features.queue.panel.tree
    row = tree.topLevelItem(1)
    assert row is not None
    center = tree.visualItemRect(row).center()
    viewport = tree.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=center)
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=center)
    qtbot.waitUntil(lambda: posing.player.current is not None, timeout=PATIENCE)
    assert posing.player.asked.endswith("b.mp4")
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) == 12, timeout=PATIENCE)


def test_formats_are_chosen_by_the_name_of_a_preset(posing: MainWindow, folder: Path, qtbot: QtBot) -> None:
    drop(posing, folder)
    first = asked(posing, qtbot)
    first.formats.choose(["{stem}.trc", "{stem}.mot"])
    first.keep_preset("OpenSim")
    first.reject()
    assert ExportPresets(posing.preferences).names() == ["OpenSim"]
    posing.features.queue.dialog = None
    drop(posing, folder)
    dialog = asked(posing, qtbot)
    dialog.formats.choose(["{stem}.csv"])
    dialog.preset.setCurrentIndex(dialog.preset.findData("OpenSim"))
    dialog.preset.activated.emit(dialog.preset.currentIndex())
    assert dialog.formats.formats() == ["{stem}.trc", "{stem}.mot"]
    dialog.reject()


def test_a_removed_clip_is_no_longer_in_the_queue(posing: MainWindow, folder: Path, qtbot: QtBot) -> None:
    queue = posing.features.queue
    queue.panel.pause_requested.emit(True)
    drop(posing, folder / "a.mp4", folder / "session" / "b.mp4")
    dialog = asked(posing, qtbot)
    qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(rows(posing)) == 2, timeout=PATIENCE)
    qtbot.mouseClick(queue.panel.pause, Qt.MouseButton.LeftButton)
    last = queue.panel.tree.topLevelItem(1)
    assert last is not None
    last.setSelected(True)
    qtbot.mouseClick(queue.panel.remove, Qt.MouseButton.LeftButton)
    assert len(rows(posing)) == 1
    if queue.panel.pause.isChecked():
        qtbot.mouseClick(queue.panel.pause, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: rows(posing) == ["Done"], timeout=PATIENCE)
    assert not list((folder / "session").glob("*_stance.*"))


def test_a_folder_of_pictures_is_opened_as_before(posing: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    import cv2
    import numpy as np

    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((48, 64, 3), 40 * number, np.uint8))
    drop(posing, tmp_path)
    qtbot.waitUntil(lambda: posing.player.current is not None, timeout=PATIENCE)
    assert posing.features.queue.dialog is None


def test_clips_that_were_not_done_come_back_paused_in_the_next_window(
    posing: MainWindow, small_models: Settings, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(posing, folder)
    dialog = asked(posing, qtbot)
    dialog.formats.choose(["{stem}.jsonl"])
    qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(posing.features.queue.panel.pause, Qt.MouseButton.LeftButton)
    monkeypatch.setattr("app.inference.onnx_model.open_session", shared_session)
    window = MainWindow(small_models, preferences=posing.preferences)
    with qtbot.waitSignal(window.loader.loaded, timeout=PATIENCE):
        window.load()
    try:
        assert rows(window) == ["Waiting"] * 3
        pause = window.features.queue.panel.pause
        assert pause.isChecked()
        qtbot.mouseClick(pause, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: {row.split(":")[0] for row in rows(window)} <= {"Done", "Failed"}, timeout=PATIENCE)
    finally:
        with qtbot.waitSignal(window.closed, timeout=PATIENCE):
            window.close()
    assert window.preferences.part("queue") == {"clips": []}
    assert (folder / "session" / "b_stance.jsonl").is_file()

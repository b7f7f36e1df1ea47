"""One job from start to end: play, half rate, score slider, record, name the recording, close while recording."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt, QTimer
from PyQt6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.sources.file import VideoFile
from app.window.main_window import MainWindow
from tests.app.window.test_main_window import PATIENCE, play, recorded_s


def click(widget: QWidget, share: float, qtbot: QtBot) -> None:
    """Click ``widget`` at ``share`` of its width."""
    at = QPoint(round(share * (widget.width() - 1)), widget.height() // 2)
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at)


def name_recording(path: Path, qtbot: QtBot) -> QTimer:
    """Type ``path`` into the dialog for the name and press Enter, as soon as it is open."""

    def type_name() -> None:
        dialog = QApplication.activeModalWidget()
        field = dialog.findChild(QLineEdit) if isinstance(dialog, QFileDialog) else None
        if field is not None:
            field.setText(str(path))
            qtbot.keyClick(field, Qt.Key.Key_Return)

    timer = QTimer()
    timer.timeout.connect(type_name)
    timer.start(200)
    return timer


def frames_of(path: Path) -> int:
    film = VideoFile(path)
    count = len(list(iter(film.read, None)))
    film.close()
    return count


@pytest.mark.slow
def test_half_rate_thresholds_and_recordings_end_with_a_closed_window(
    qtbot: QtBot, small_models: Settings, demo: Path, tmp_path: Path
) -> None:
    window = MainWindow(small_models)
    window.preferences.recordings = tmp_path
    window.show()
    window.session_state.follow()
    with qtbot.waitSignal(window.loader.loaded, timeout=PATIENCE):
        window.load()
    play(window, demo, qtbot)
    shown: list[int] = []
    window.player.shown.connect(lambda result: shown.append(result.frame.index))
    for _ in range(2):
        click(window.panel.detection.half_rate, 0.5, qtbot)
        for share in (0.2, 0.5, 0.8, 0.35):
            click(window.panel.detection.threshold, share, qtbot)
            more = len(shown) + 3
            qtbot.waitUntil(lambda more=more: len(shown) > more or not window.player.playing, timeout=PATIENCE)  # type: ignore[misc]
    assert not window.panel.detection.half_rate.isChecked()
    assert window.player.engine is not None
    assert window.player.engine.alive
    assert "Internal error" not in window.video_stack.banner.sentence

    window.player.seek(0.0)
    window.player.play()
    with qtbot.waitSignal(window.capture.recorder.started, timeout=PATIENCE):
        qtbot.keyClick(window.view, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: recorded_s(window) > 0.3, timeout=PATIENCE)
    naming = name_recording(tmp_path / "first.mp4", qtbot)
    qtbot.keyClick(window.view, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: "Saved first.mp4" in window.video_stack.banner.sentence, timeout=PATIENCE)
    naming.stop()

    window.activateWindow()
    window.view.setFocus()
    qtbot.waitUntil(lambda: window.isActiveWindow() and window.actions_by_name["record"].isEnabled(), timeout=PATIENCE)
    window.player.play()
    with qtbot.waitSignal(window.capture.recorder.started, timeout=PATIENCE):
        qtbot.keyClick(window.view, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: recorded_s(window) > 0.2, timeout=PATIENCE)
    with qtbot.waitSignal(window.closed, timeout=PATIENCE):
        window.close()
    films = sorted(tmp_path.glob("*.mp4"))
    assert len(films) == 2
    assert tmp_path / "first.mp4" in films
    for film in films:
        lines = film.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()[1:]
        assert frames_of(film) == len(lines) > 3
        assert all(json.loads(line)["people"] is not None for line in lines)
    assert not list(tmp_path.glob("stance-*"))

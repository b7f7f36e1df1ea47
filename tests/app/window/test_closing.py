"""What ends well: recordings of what has ended, cameras that fail, exports that are cut off, the window itself."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from app.core.errors import StanceError
from app.core.people import Frame, FramePoses
from app.core.settings import Settings
from app.sinks.jsonl import JsonLines
from app.sources import camera
from app.sources.file import VideoFile
from app.window.dialogs.export_dialog import ExportDialog
from app.window.main_window import MainWindow
from tests.app.sources.device import FakeDevice
from tests.app.window.rooms import device
from tests.app.window.test_main_window import PATIENCE, play, recorded_s

__all__ = ["device"]


def test_recording_is_disabled_after_a_read_error(
    posing: MainWindow, clip: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = VideoFile.read

    def breaks(file: VideoFile) -> Frame | None:
        frame = read(file)
        if frame is not None and frame.index == 8:
            raise StanceError("The disk is gone.")
        return frame

    monkeypatch.setattr(VideoFile, "read", breaks)
    with qtbot.waitSignal(posing.player.failed, timeout=PATIENCE):
        posing.open(str(clip))
    qtbot.waitUntil(lambda: posing.player.over, timeout=PATIENCE)
    assert not posing.player.playing
    assert not posing.actions_by_name["record"].isEnabled()
    assert "has ended" in posing.actions_by_name["record"].toolTip()
    assert "has ended" in posing.status.reason.text()
    with qtbot.waitSignal(posing.player.opened, timeout=PATIENCE):
        posing.player.play()
    assert posing.actions_by_name["record"].isEnabled()
    assert "has ended" not in posing.actions_by_name["record"].toolTip()
    assert not posing.status.reason.text()


def test_a_limit_ends_a_recording_and_the_window_closes(
    posing: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(posing.player.opened, timeout=PATIENCE):
        posing.player.open(str(clip), limit=12, for_recording=True)
    with (
        qtbot.waitSignal(posing.capture.recorder.finished, timeout=PATIENCE),
        qtbot.waitSignal(posing.capture.recorder.started, timeout=PATIENCE),
    ):
        posing.record_to([tmp_path / "take.jsonl"])
    assert len((tmp_path / "take.jsonl").read_text(encoding="utf-8").splitlines()) == 13


def test_a_camera_that_refuses_a_size_keeps_its_own(
    posing: MainWindow, device: type[FakeDevice], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(mode: Any, capture: FakeDevice) -> None:
        if mode.size is not None:
            capture.release()
            capture.open = False

    monkeypatch.setattr(camera, "ask_for", refuse)
    play(posing, "0", qtbot)  # type: ignore[arg-type]
    engine = posing.player.engine
    with qtbot.waitSignal(posing.player.opened, timeout=PATIENCE):
        posing.open("0@1280x720")
    assert posing.player.engine is not engine
    assert posing.player.asked == "0"
    qtbot.waitUntil(
        lambda: posing.player.current is not None and posing.player.current.frame.index > 3, timeout=PATIENCE
    )
    assert posing.player.playing
    assert "Camera 0" in posing.video_stack.banner.sentence
    assert posing.actions_by_name["record"].isEnabled()


def test_unplugged_camera_that_is_reopened_leaves_no_source_shown(
    posing: MainWindow, device: type[FakeDevice], qtbot: QtBot
) -> None:
    play(posing, "0", qtbot)  # type: ignore[arg-type]
    device.unplugged.set()
    with qtbot.waitSignal(posing.player.gone, timeout=PATIENCE):
        posing.open("0@1280x720")
    assert posing.player.source is None
    assert not posing.player.playing
    assert posing.welcome.isVisible()
    assert "0@1280x720" in posing.video_stack.banner.sentence or "Camera 0" in posing.video_stack.banner.sentence
    assert not posing.actions_by_name["record"].isEnabled()


def test_another_camera_that_fails_leaves_the_shown_one(
    posing: MainWindow, device: type[FakeDevice], qtbot: QtBot
) -> None:
    play(posing, "0", qtbot)  # type: ignore[arg-type]
    engine = posing.player.engine
    device.taken.add(1)
    with qtbot.waitSignal(posing.player.failed, timeout=PATIENCE):
        posing.open("1")
    assert posing.player.engine is engine
    assert posing.player.playing
    assert engine is not None
    assert engine.alive


@pytest.fixture
def slow_camera(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """pyvirtualcam, whose device opens when it is let; ``sent`` and ``closed`` count."""
    state = SimpleNamespace(may_open=threading.Event(), opened=0, sent=0, closed=0)

    class Camera:
        device = "made"

        def __init__(self, *size: int, **how: object) -> None:
            assert state.may_open.wait(20)
            state.opened += 1

        def send(self, image: object) -> None:
            state.sent += 1

        def close(self) -> None:
            state.closed += 1

    made = SimpleNamespace(Camera=Camera, PixelFormat=SimpleNamespace(BGR="bgr"))
    monkeypatch.setitem(sys.modules, "pyvirtualcam", made)
    yield state
    state.may_open.set()


def test_virtual_camera_switched_off_while_opening_stays_off(
    posing: MainWindow, clip: Path, slow_camera: SimpleNamespace, qtbot: QtBot
) -> None:
    play(posing, clip, qtbot)
    action = posing.actions_by_name["virtual-camera"]
    action.trigger()
    action.trigger()
    assert not action.isChecked()
    slow_camera.may_open.set()
    qtbot.waitUntil(lambda: slow_camera.closed == 1, timeout=PATIENCE)
    assert (slow_camera.opened, slow_camera.sent) == (1, 0)
    action.trigger()  # and it can be switched on again
    posing.player.play()
    qtbot.waitUntil(lambda: slow_camera.sent > 2, timeout=PATIENCE)
    action.trigger()
    qtbot.waitUntil(lambda: slow_camera.closed == 2, timeout=PATIENCE)


def test_virtual_camera_switched_off_and_on_while_opening_opens_once(
    posing: MainWindow, clip: Path, slow_camera: SimpleNamespace, qtbot: QtBot
) -> None:
    play(posing, clip, qtbot)
    for _ in range(3):
        posing.actions_by_name["virtual-camera"].trigger()
    slow_camera.may_open.set()
    qtbot.waitUntil(lambda: slow_camera.sent > 0 or not posing.player.playing, timeout=PATIENCE)
    assert posing.actions_by_name["virtual-camera"].isChecked()
    assert (slow_camera.opened, slow_camera.closed) == (1, 0)


def test_another_source_ends_a_recording_with_what_was_shown(
    posing: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    play(posing, clip, qtbot)
    with qtbot.waitSignal(posing.capture.recorder.started, timeout=PATIENCE):
        posing.record_to([tmp_path / "take.mkv", tmp_path / "take.jsonl"])
    qtbot.waitUntil(lambda: recorded_s(posing) > 0.2, timeout=PATIENCE)
    with (
        qtbot.waitSignal(posing.player.opened, timeout=PATIENCE),
        qtbot.waitSignal(posing.capture.recorder.finished, timeout=PATIENCE),
    ):
        posing.open(str(clip))
    lines = (tmp_path / "take.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(list(iter(VideoFile(tmp_path / "take.mkv").read, None))) == len(lines) - 1 > 3
    assert posing.actions_by_name["record"].isEnabled()


# Closing.


@pytest.fixture
def slow_export(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Data are written up to the fifth frame, and further when the event is set."""
    go, write = threading.Event(), JsonLines.write

    def slow(sink: JsonLines, frame: Frame, poses: FramePoses, name: str = "") -> None:
        if frame.index == 5:
            assert go.wait(60)
        write(sink, frame, poses, name)

    monkeypatch.setattr(JsonLines, "write", slow)
    yield go
    go.set()


@pytest.fixture
def exporting(
    qtbot: QtBot, small_models: Settings, clip: Path, tmp_path: Path, slow_export: threading.Event
) -> MainWindow:
    """A window that is writing ``out.jsonl``, and an .mp4 beside it."""
    window = MainWindow(small_models)
    window.preferences.recordings = tmp_path / "exports"
    (tmp_path / "exports").mkdir()
    window.show()
    with qtbot.waitSignal(window.loader.loaded, timeout=PATIENCE):
        window.load()
    play(window, clip, qtbot)
    window.player.pause()
    window.actions_by_name["export"].trigger()
    dialog = window.dialogs.shown["export"]
    assert isinstance(dialog, ExportDialog)
    dialog.targets.name.setText("out")
    dialog.start.click()
    qtbot.waitUntil(lambda: any((tmp_path / "exports").glob("*/out.jsonl")), timeout=PATIENCE)
    assert not any((tmp_path / "exports").glob("out*"))
    return window


def asked(window: MainWindow, qtbot: QtBot) -> QMessageBox:
    window.close()
    qtbot.waitUntil(lambda: any(box.isVisible() for box in window.findChildren(QMessageBox)), timeout=PATIENCE)
    return next(box for box in window.findChildren(QMessageBox) if box.isVisible())


def answer(box: QMessageBox, words: str, qtbot: QtBot) -> None:
    button = next(button for button in box.findChildren(QPushButton) if words in button.text())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_the_window_closes_after_the_export_is_finished(
    exporting: MainWindow, slow_export: threading.Event, tmp_path: Path, qtbot: QtBot
) -> None:
    box = asked(exporting, qtbot)
    with qtbot.waitSignal(exporting.closed, timeout=PATIENCE):
        answer(box, "Finish", qtbot)
        assert exporting.isVisible()
        slow_export.set()
    lines = (tmp_path / "exports" / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 41
    assert json.loads(lines[-1])["frame"] == 39
    assert len(list(iter(VideoFile(tmp_path / "exports" / "out.mp4").read, None))) == 40


def test_an_export_cancelled_by_closing_leaves_no_file(
    exporting: MainWindow, slow_export: threading.Event, tmp_path: Path, qtbot: QtBot
) -> None:
    box = asked(exporting, qtbot)
    with qtbot.waitSignal(exporting.closed, timeout=PATIENCE):
        answer(box, "Cancel", qtbot)
        slow_export.set()
    assert list((tmp_path / "exports").iterdir()) == []


def test_cancelling_the_close_question_keeps_window_and_export(
    exporting: MainWindow, slow_export: threading.Event, tmp_path: Path, qtbot: QtBot
) -> None:
    answer(asked(exporting, qtbot), "Keep Stance open", qtbot)
    dialog = exporting.dialogs.exporting
    assert dialog is not None
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE):
        slow_export.set()
    assert exporting.isVisible()
    with qtbot.waitSignal(exporting.closed, timeout=PATIENCE):
        exporting.close()
    assert len((tmp_path / "exports" / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 41


def test_a_terminated_process_asks_no_question(
    exporting: MainWindow, slow_export: threading.Event, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(exporting.closed, timeout=PATIENCE):
        exporting.closing.at_once()
        slow_export.set()
    assert not exporting.findChildren(QMessageBox)
    assert list((tmp_path / "exports").iterdir()) == []


def test_the_window_closes_although_a_recording_does_not_finish(
    qtbot: QtBot, small_models: Settings, clip: Path, tmp_path: Path, slow_export: threading.Event
) -> None:
    window = MainWindow(small_models)
    window.show()
    with qtbot.waitSignal(window.loader.loaded, timeout=PATIENCE):
        window.load()
    play(window, clip, qtbot)
    window.player.pause()
    window.player.seek(0)
    with qtbot.waitSignal(window.capture.recorder.started, timeout=PATIENCE):
        window.record_to([tmp_path / "take.jsonl"])
    window.player.play()
    qtbot.waitUntil(lambda: recorded_s(window) > 0.1, timeout=PATIENCE)
    with qtbot.waitSignal(window.closed, timeout=PATIENCE):  # its disk would take a minute
        window.close()
        assert "Finishing recording" in window.video_stack.doing
        window.closing.at_once()
    slow_export.set()

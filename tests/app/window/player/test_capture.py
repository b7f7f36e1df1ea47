"""Saved files: pictures, recordings with and without the drawing, the last seconds of a camera."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PyQt6.QtCore import QRect, Qt, QTimer
from PyQt6.QtWidgets import QApplication, QFileDialog, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.core.film_options import Privacy
from app.core.people import Frame
from app.overlay.faces import face_areas
from app.overlay.privacy import GROUND
from app.window.main_window import MainWindow
from tests.app.overlay.test_privacy import detail, photo
from tests.app.sources.mjpeg import Mjpeg
from tests.app.window.test_main_window import PATIENCE, hold, play


@pytest.fixture
def jump(posing: MainWindow, demo: Path, qtbot: QtBot) -> MainWindow:
    """The demo clip, paused at a frame with a person."""
    play(posing, demo, qtbot)
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 5, timeout=PATIENCE)
    hold(posing, qtbot)
    return posing


def source_frame(window: MainWindow) -> Frame:
    assert window.player.current is not None
    return window.player.current.frame


def test_a_picture_is_saved_at_its_own_size_with_the_people(jump: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    frame = source_frame(jump)
    jump.capture.save_picture_to(tmp_path / "now.png")
    saved = cv2.imread(str(tmp_path / "now.png"))
    assert saved is not None
    assert saved.shape == frame.image.shape
    changed = (np.abs(saved.astype(int) - frame.image).max(axis=2) > 40).mean()
    assert 0.0005 < changed < 0.1
    assert "now.png" in jump.video_stack.banner.sentence
    jump.capture.save_picture_to(tmp_path / "nowhere" / "now.png")
    assert "cannot be written" in jump.video_stack.banner.sentence


def test_a_clean_recording_has_the_people_beside_it_only(jump: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    jump.actions_by_name["record-clean"].trigger()
    paths = [tmp_path / "clean.mp4", tmp_path / "clean.jsonl"]
    with qtbot.waitSignal(jump.capture.recorder.started, timeout=PATIENCE):
        jump.record_to(paths)
    standing = source_frame(jump)
    qtbot.waitUntil(lambda: len(paths[1].read_text(encoding="utf-8").splitlines()) > 1, timeout=PATIENCE)
    with qtbot.waitSignal(jump.capture.recorder.finished, timeout=PATIENCE):
        jump.actions_by_name["record"].trigger()
    with av.open(str(paths[0])) as film:
        first = next(film.decode(video=0)).to_ndarray(format="bgr24")
    assert np.abs(first.astype(int) - standing.image).mean() < 4
    assert (np.abs(first.astype(int) - standing.image).max(axis=2) > 60).mean() < 0.001
    line = json.loads(paths[1].read_text(encoding="utf-8").splitlines()[1])
    assert line["people"]
    assert line["time_s"] == pytest.approx(standing.time_s, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("privacy", ["faces", "skeleton"])
def test_pictures_and_recordings_keep_privacy(jump: MainWindow, tmp_path: Path, qtbot: QtBot, privacy: Privacy) -> None:
    assert jump.player.current is not None
    frame, people = source_frame(jump), jump.player.current.poses.people
    jump.panel.display.choose_privacy(privacy)
    for name in ("skeleton", "ids"):
        jump.panel.display.switches[name].setChecked(privacy == "skeleton")
    jump.capture.save_picture_to(tmp_path / "now.png")
    paths = [tmp_path / "private.mp4", tmp_path / "private.jsonl"]
    with qtbot.waitSignal(jump.capture.recorder.started, timeout=PATIENCE):
        jump.record_to(paths)
    qtbot.waitUntil(lambda: len(paths[1].read_text(encoding="utf-8").splitlines()) > 1, timeout=PATIENCE)
    with qtbot.waitSignal(jump.capture.recorder.finished, timeout=PATIENCE):
        jump.actions_by_name["record"].trigger()
    with av.open(str(paths[0])) as film:
        recorded = next(film.decode(video=0)).to_ndarray(format="bgr24")
    skeleton = jump.player.pipeline.skeleton if jump.player.pipeline else None
    assert skeleton is not None
    (area,) = face_areas(people[0], skeleton)
    for made in (photo(tmp_path / "now.png"), np.asarray(recorded, np.uint8)):
        if privacy == "skeleton":
            assert (np.abs(made.astype(int) - GROUND).max(axis=2) < 6).mean() > 0.9
        else:
            reach = 0.6 * area.half_width
            middle = np.array([(area.x - reach, area.y - reach), (area.x + reach, area.y + reach)], np.float32)
            assert detail(made, middle) < 0.35 * detail(frame.image, middle)
    assert json.loads(paths[1].read_text(encoding="utf-8").splitlines()[1])["people"]


@pytest.fixture
def camera() -> Iterator[str]:
    """A camera on the network."""
    served = Mjpeg()
    yield served.address
    served.unplug()


def test_the_last_seconds_of_a_camera_are_saved_after_the_fact(
    posing: MainWindow, camera: str, tmp_path: Path, qtbot: QtBot
) -> None:
    posing.capture.last_seconds.seconds = 1.0
    play(posing, camera, qtbot)  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: posing.capture.last_seconds.available, timeout=PATIENCE)
    first = source_frame(posing).index
    qtbot.waitUntil(lambda: source_frame(posing).time_s > 2.0, timeout=PATIENCE)
    paths = [tmp_path / "last.mp4", tmp_path / "last.jsonl"]
    posing.capture.save_last_to(paths)
    qtbot.waitUntil(lambda: "last.mp4" in posing.video_stack.banner.sentence, timeout=PATIENCE)
    lines = [json.loads(line) for line in paths[1].read_text(encoding="utf-8").splitlines()[1:]]
    assert lines[0]["frame"] > first
    assert 0.5 < lines[-1]["time_s"] - lines[0]["time_s"] <= 1.0
    with av.open(str(paths[0])) as film:
        assert sum(1 for _ in film.decode(video=0)) == len(lines)
    # The thread that reported the end is about to end.
    qtbot.waitUntil(lambda: "stance-ring" not in [thread.name for thread in threading.enumerate()], timeout=PATIENCE)


def test_recording_moves_no_control(jump: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    def places() -> list[tuple[QRect, QRect]]:
        jump.controls.ensurePolished()
        return [(part.geometry(), jump.view.geometry()) for part in jump.controls.findChildren(QWidget)]

    before = places()
    with qtbot.waitSignal(jump.capture.recorder.started, timeout=PATIENCE):
        jump.record_to([tmp_path / "take.jsonl"])
    qtbot.waitUntil(jump.video_stack.recorded.isVisible, timeout=PATIENCE)
    assert "0:0" in jump.video_stack.recorded.text()
    assert places() == before
    with qtbot.waitSignal(jump.capture.recorder.finished, timeout=PATIENCE):
        jump.actions_by_name["record"].trigger()
    qtbot.waitUntil(lambda: not jump.video_stack.recorded.isVisible(), timeout=PATIENCE)
    assert places() == before


@pytest.mark.slow
def test_a_recording_whose_name_is_cancelled_is_kept_until_it_is_named_or_discarded(
    jump: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    def press(key: Qt.Key, text: str = "") -> QTimer:
        def act() -> None:
            dialog = QApplication.activeModalWidget()
            field = dialog.findChild(QLineEdit) if isinstance(dialog, QFileDialog) else None
            if field is not None:
                field.setText(text)
                qtbot.keyClick(dialog if key == Qt.Key.Key_Escape else field, key)

        timer = QTimer(jump)
        timer.timeout.connect(act)
        timer.start(100)
        return timer

    def choose(label: str) -> None:
        buttons = jump.video_stack.banner.findChildren(QPushButton)
        qtbot.mouseClick(next(one for one in buttons if one.text() == label), Qt.MouseButton.LeftButton)

    def record() -> None:
        with qtbot.waitSignal(jump.capture.recorder.started, timeout=PATIENCE):
            jump.actions_by_name["record"].trigger()
        recording = jump.capture.recorder.recording
        assert recording is not None
        qtbot.waitUntil(lambda: recording.frames > 0, timeout=PATIENCE)
        with qtbot.waitSignal(jump.capture.recorder.finished, timeout=PATIENCE):
            jump.actions_by_name["record"].trigger()
        qtbot.waitUntil(lambda: "was not saved under a name" in jump.video_stack.banner.sentence, timeout=PATIENCE)

    jump.capture.recorder.folder = tmp_path
    cancel = press(Qt.Key.Key_Escape)
    record()
    assert {path.suffix for path in tmp_path.iterdir()} == {".mp4", ".jsonl"}
    cancel.stop()
    naming = press(Qt.Key.Key_Return, str(tmp_path / "named.mp4"))
    choose("Save…")
    qtbot.waitUntil(lambda: "Saved named.mp4" in jump.video_stack.banner.sentence, timeout=PATIENCE)
    naming.stop()
    named = {tmp_path / "named.mp4", tmp_path / "named.jsonl"}
    assert set(tmp_path.iterdir()) == named
    cancel.start()
    record()
    assert len(list(tmp_path.iterdir())) == 4
    choose("Discard")
    qtbot.waitUntil(lambda: set(tmp_path.iterdir()) == named, timeout=PATIENCE)

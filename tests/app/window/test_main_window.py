"""What a person sees and does in the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent
from PyQt6.QtWidgets import QMenu, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.window.main_window import MainWindow
from tests.app.window.conftest import FPS, FRAMES

PATIENCE = 60_000


def shown_frame(window: MainWindow) -> int:
    """The number of the shown frame, from the brightness of the pixels on the screen."""
    picture = window.view.grab().toImage()
    gray = picture.pixelColor(picture.width() // 2, picture.height() // 2).green()
    return round((gray - 20) / 5)


def until_shown(window: MainWindow, frame: int, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: shown_frame(window) == frame, timeout=PATIENCE)


def source_name(window: MainWindow) -> str:
    assert window.player.source is not None
    return window.player.source.name


def recorded_s(window: MainWindow) -> float:
    return window.capture.recorder.recording.seconds if window.capture.recorder.recording else 0.0


def play(window: MainWindow, source: Path, qtbot: QtBot) -> None:
    """Open ``source`` and wait for its first picture."""
    with qtbot.waitSignal(window.player.opened, timeout=PATIENCE):
        window.open(str(source))
    qtbot.waitUntil(lambda: window.player.current is not None, timeout=PATIENCE)


def until_still(value: Callable[[], int], qtbot: QtBot, for_ms: int = 150) -> int:
    """Wait until ``value()`` has stayed the same for ``for_ms`` milliseconds, and return it."""
    for _ in range(PATIENCE // for_ms):
        before = value()
        qtbot.wait(for_ms)
        if value() == before:
            return before
    raise AssertionError("it kept changing")


def hold(window: MainWindow, qtbot: QtBot) -> int:
    """Pause by the key and wait until the picture stands."""
    if window.player.playing:
        qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not window.player.playing, timeout=PATIENCE)
    return until_still(lambda: shown_frame(window), qtbot)


def drop(window: MainWindow, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    at, left = QPointF(100, 100), Qt.MouseButton.LeftButton
    event = QDropEvent(at, Qt.DropAction.CopyAction, data, left, Qt.KeyboardModifier.NoModifier)
    assert window.drag_drop.eventFilter(window, event)


def test_a_clip_that_is_opened_shows_its_people(posing: MainWindow, shared: Path, qtbot: QtBot) -> None:
    play(posing, shared / "data" / "videos" / "two_people_jump_1280x720.mp4", qtbot)
    qtbot.waitUntil(lambda: posing.status.people.text().startswith(("1 ", "2 ")), timeout=PATIENCE)
    hold(posing, qtbot)
    with_people = posing.view.grab().toImage()
    for name in ("skeleton", "ids"):
        posing.panel.display.switches[name].click()
    assert posing.view.grab().toImage() != with_people


def test_a_clip_waits_for_the_models_at_its_first_frame(
    window: MainWindow, small_models: Settings, clip: Path, qtbot: QtBot
) -> None:
    seen: list[tuple[int, bool]] = []
    window.player.shown.connect(lambda result: seen.append((result.frame.index, window.player.pipeline is not None)))
    window.panel.show_settings(small_models)
    window.load()
    window.open(str(clip))
    qtbot.waitUntil(lambda: bool(seen) and seen[-1][0] == FRAMES - 1, timeout=60_000)
    assert {frame for frame, with_models in seen if not with_models} <= {0}
    assert next(frame for frame, with_models in seen if with_models) <= 1


def test_a_clip_of_one_frame_is_analysed(
    window: MainWindow, small_models: Settings, tmp_path: Path, qtbot: QtBot
) -> None:
    with av.open(str(tmp_path / "one.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((120, 160, 3), np.uint8), format="bgr24")
        container.mux([*stream.encode(frame), *stream.encode(None)])
    looked: list[bool] = []
    window.player.shown.connect(lambda result: looked.append(result.analysed and window.player.pipeline is not None))
    window.panel.show_settings(small_models)
    window.load()
    window.open(str(tmp_path / "one.mp4"))
    qtbot.waitUntil(lambda: True in looked, timeout=60_000)


def test_a_clip_plays_without_people_if_the_models_cannot_be_loaded(
    window: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window.panel.show_settings(Settings(pose=str(tmp_path / "gone.onnx"), detector="none"))
    window.load()
    window.open(str(clip))
    qtbot.waitUntil(lambda: shown_frame(window) > 5, timeout=PATIENCE)
    assert window.status.reason.isVisible()
    assert window.status.reason.text() == "Recording is not possible: the models could not be loaded"
    assert "gone.onnx" in window.status.reason.toolTip()


def test_the_status_bar_follows_models_that_load_after_a_failure(
    window: MainWindow, clip: Path, small_models: Settings, tmp_path: Path, qtbot: QtBot
) -> None:
    seen: list[str] = []
    window.loader.state_changed.connect(lambda: seen.append(window.status.reason.text()))
    play(window, clip, qtbot)
    with qtbot.waitSignal(window.loader.failed, timeout=PATIENCE):
        window.loader.request(replace(small_models, pose=str(tmp_path / "gone.onnx")))
    with qtbot.waitSignal(window.loader.loaded, timeout=PATIENCE):
        window.loader.request(small_models)
    words = ("the models are still loading", "the models could not be loaded", "the models are still loading")
    assert seen == [f"Recording is not possible: {reason}" for reason in words]
    assert not window.status.reason.isVisible()


def test_pause_and_play(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(window, clip, qtbot)
    held = hold(window, qtbot)
    qtbot.wait(300)
    assert shown_frame(window) == held
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: shown_frame(window) > held, timeout=PATIENCE)


def test_the_arrow_keys_step_by_one_frame(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(window, clip, qtbot)
    hold(window, qtbot)
    window.player.seek(10 / FPS)
    until_shown(window, 10, qtbot)
    for key, wanted in ((Qt.Key.Key_Right, 11), (Qt.Key.Key_Right, 12), (Qt.Key.Key_Left, 11), (Qt.Key.Key_Left, 10)):
        qtbot.keyClick(window, key)
        until_shown(window, wanted, qtbot)
        qtbot.wait(60)
        assert shown_frame(window) == wanted


def test_a_click_on_the_timeline_seeks(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(window, clip, qtbot)
    hold(window, qtbot)
    line = window.controls.timeline
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(line.width() // 2, line.height() // 2))
    qtbot.waitUntil(lambda: abs(shown_frame(window) - FRAMES // 2) <= 1, timeout=PATIENCE)
    assert not window.player.playing


def test_dragging_ends_on_the_frame_under_the_pointer(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(window, clip, qtbot)
    line = window.controls.timeline
    y = line.height() // 2
    qtbot.mousePress(line, Qt.MouseButton.LeftButton, pos=QPoint(20, y))
    for x in range(20, line.width() - 8, 15):
        qtbot.mouseMove(line, QPoint(x, y), delay=5)
    qtbot.mouseMove(line, QPoint(line.width() - 8, y))
    until_shown(window, FRAMES - 1, qtbot)
    qtbot.mouseRelease(line, Qt.MouseButton.LeftButton, pos=QPoint(line.width() - 8, y))


def test_home_and_end(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(window, clip, qtbot)
    hold(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_End)
    until_shown(window, FRAMES - 1, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_Home)
    until_shown(window, 0, qtbot)


def test_a_clip_pauses_at_its_end_and_plays_again(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(window, clip, qtbot)
    with qtbot.waitSignal(window.player.ended, timeout=PATIENCE):
        pass
    assert shown_frame(window) == FRAMES - 1
    assert window.actions_by_name["play"].text() == "Play"
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: shown_frame(window) < FRAMES // 2, timeout=PATIENCE)


def test_a_file_that_cannot_be_opened_is_reported_and_the_clip_stays(
    window: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    play(window, clip, qtbot)
    bad = tmp_path / "notes.mp4"
    bad.write_text("no video")
    window.open(str(bad))
    qtbot.waitUntil(window.video_stack.banner.isVisible, timeout=PATIENCE)
    assert "notes.mp4" in window.video_stack.banner.sentence
    before = shown_frame(window)
    qtbot.waitUntil(lambda: shown_frame(window) != before or not window.player.playing, timeout=PATIENCE)
    assert source_name(window) == str(clip)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.video_stack.banner.isVisible()


def test_dropped_files_are_opened(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.player.opened, timeout=PATIENCE):
        drop(window, clip)
    qtbot.waitUntil(lambda: window.player.current is not None, timeout=PATIENCE)
    assert "gray.mp4" in window.windowTitle()


def test_the_pictures_of_a_folder_are_shown_one_after_another(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((90, 120, 3), 20 + 50 * number, np.uint8))
    drop(window, tmp_path)
    qtbot.waitUntil(lambda: window.player.current is not None, timeout=PATIENCE)
    qtbot.wait(100)
    assert shown_frame(window) == 0
    assert not window.player.playing
    qtbot.keyClick(window, Qt.Key.Key_Right)
    until_shown(window, 10, qtbot)
    assert "1.png" in window.windowTitle()
    qtbot.keyClick(window, Qt.Key.Key_Left)
    until_shown(window, 0, qtbot)


def test_the_last_of_several_opened_sources_is_shown(
    window: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    picture = tmp_path / "white.png"
    cv2.imwrite(str(picture), np.full((90, 120, 3), 255, np.uint8))
    for source in (clip, picture, clip, picture):
        window.open(str(source))
    qtbot.waitUntil(lambda: window.player.current is not None and shown_frame(window) == 47, timeout=PATIENCE)
    qtbot.wait(300)
    assert source_name(window) == str(picture)


def test_an_interrupted_source_can_be_opened_again(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    picture, away = tmp_path / "gray.png", tmp_path / "away.png"
    cv2.imwrite(str(picture), np.full((90, 120, 3), 70, np.uint8))
    play(window, picture, qtbot)
    until_shown(window, 10, qtbot)
    picture.rename(away)
    with qtbot.waitSignal(window.player.failed, timeout=PATIENCE):
        qtbot.keyClick(window, Qt.Key.Key_Home)
    assert "gray.png" in window.video_stack.banner.sentence
    away.rename(picture)
    retry = next(button for button in window.video_stack.banner.findChildren(QPushButton) if button.text() == "Retry")
    with qtbot.waitSignal(window.player.opened, timeout=PATIENCE):
        qtbot.mouseClick(retry, Qt.MouseButton.LeftButton)
    until_shown(window, 10, qtbot)
    assert window.video_stack.banner.sentence == ""


def test_a_control_focused_by_tab_keeps_its_keys(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(window, clip, qtbot)
    boxes = window.panel.display.switches["boxes"]
    boxes.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(boxes.hasFocus, timeout=PATIENCE)
    qtbot.keyClick(boxes, Qt.Key.Key_Space)
    assert boxes.isChecked()
    assert window.player.playing


def test_a_model_that_does_not_load_leaves_the_old_one(posing: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    before = posing.loader.settings
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"nothing")
    with qtbot.waitSignal(posing.loader.failed, timeout=PATIENCE):
        posing.panel.changed.emit(replace(before, pose=str(bad)))
    assert "bad.onnx" in posing.video_stack.banner.sentence
    assert posing.loader.settings == before
    assert posing.panel.models.pose.currentData() == before.pose
    assert posing.player.pipeline is posing.loader.pipeline


def test_a_device_that_does_not_run_is_reported_and_the_badge_unchanged(posing: MainWindow, qtbot: QtBot) -> None:
    from app.inference.devices import unavailable_reason

    if not unavailable_reason("tensorrt"):
        pytest.skip("TensorRT runs here")
    assert posing.status.badge.text() == "CPU → CPU"
    with qtbot.waitSignal(posing.loader.failed, timeout=60_000):
        box = posing.panel.models.device
        box.setCurrentIndex(box.findData("tensorrt"))
        box.activated.emit(box.currentIndex())
    assert "tensorrt" in posing.video_stack.banner.sentence.lower()
    assert posing.panel.models.device.currentData() == "cpu"
    assert posing.status.badge.text() == "CPU → CPU"


def test_the_badge_shows_the_requested_and_the_actual_device(posing: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(posing.loader.loaded, timeout=60_000):
        posing.panel.changed.emit(replace(posing.loader.settings, device="auto"))
    assert posing.loader.pipeline is not None
    network = posing.loader.pipeline.pose_model.network
    asked, _, runs = posing.status.badge.text().partition(" → ")
    assert (asked, runs.lower()) == ("auto", network.device)
    for device, reason in network.skipped_devices.items():
        assert device in posing.status.badge.toolTip().lower()
        assert reason in posing.status.badge.toolTip()


def test_other_thresholds_change_what_a_standing_frame_shows(posing: MainWindow, shared: Path, qtbot: QtBot) -> None:
    play(posing, shared / "data" / "videos" / "two_people_jump_1280x720.mp4", qtbot)
    qtbot.waitUntil(lambda: posing.status.people.text()[0] in "12", timeout=PATIENCE)
    hold(posing, qtbot)
    posing.panel.detection.person_threshold.setValue(100)
    qtbot.waitUntil(lambda: posing.status.people.text() == "0 people", timeout=PATIENCE)
    posing.panel.detection.person_threshold.setValue(30)
    qtbot.waitUntil(lambda: posing.status.people.text()[0] in "12", timeout=PATIENCE)


def test_models_loaded_later_analyse_the_shown_picture(
    window: MainWindow, small_models: Settings, shared: Path, qtbot: QtBot
) -> None:
    photo = next((shared / "data" / "coco-val-dev").rglob("*.jpg"))
    play(window, photo, qtbot)
    assert window.status.people.text() == "0 people"
    window.panel.show_settings(small_models)
    window.load()
    qtbot.waitUntil(lambda: window.status.people.text() != "0 people", timeout=60_000)


def test_full_screen_shows_only_the_picture_and_is_left_again(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(window, clip, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_F)
    qtbot.waitUntil(window.isFullScreen, timeout=PATIENCE)
    assert window.panel.isHidden()
    assert window.status.isHidden()
    qtbot.waitUntil(window.controls.isHidden, timeout=PATIENCE)
    qtbot.mouseMove(window.view, QPoint(50, 50))
    qtbot.mouseMove(window.view, QPoint(60, 60))
    qtbot.waitUntil(window.controls.isVisible, timeout=PATIENCE)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isFullScreen()
    assert not window.panel.isHidden()
    assert window.controls.isVisible()
    assert window.view.hasFocus()


def test_tool_buttons_have_names_and_tool_tips_contain_the_keys(window: MainWindow) -> None:
    named = (QToolButton,)
    for control in window.findChildren(QWidget):
        if control.focusPolicy() & Qt.FocusPolicy.TabFocus and isinstance(control, named):
            assert control.accessibleName(), control
    for action in window.actions_by_name.values():
        keys = action.shortcut().toString()
        assert keys in action.toolTip()


def test_the_toggles_have_keys(window: MainWindow, qtbot: QtBot) -> None:
    for name, key in (("boxes", Qt.Key.Key_B), ("ids", Qt.Key.Key_I), ("skeleton", Qt.Key.Key_S)):
        before = window.panel.display.switches[name].isChecked()
        qtbot.keyClick(window, key)
        assert window.panel.display.switches[name].isChecked() is not before


def test_everything_in_the_menus_has_a_name(window: MainWindow) -> None:
    menus = window.findChildren(QMenu)
    assert len(menus) > 5
    assert all(action.text() or action.isSeparator() for menu in menus for action in menu.actions())


def test_the_camera_menu_offers_what_is_there(window: MainWindow, qtbot: QtBot) -> None:
    from app.sources.camera import list_cameras

    def offered() -> list[str]:
        return [action.text() for action in window.cameras.actions()]

    assert "Searching" in offered()[0]
    window.cameras.refresh()
    qtbot.waitUntil(lambda: "Searching" not in offered()[0], timeout=PATIENCE)
    assert offered()[0] == next((camera.name for camera in list_cameras()), "No camera found")
    assert "This screen" in offered()

"""Time and number of the shown frame are displayed and can be edited to seek."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.window.core.times import HALF_MS, PENDING, clock, duration, precise_clock, typed_seconds
from app.window.main_window import MainWindow
from app.window.video.position import Field
from tests.app.sources.clips import MICROSECOND, make_clip
from tests.app.window.test_main_window import PATIENCE, hold, play


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00.000"),
        (1.9667, "0:01.967"),
        (59.9996, "1:00.000"),
        (62.345, "1:02.345"),
        (3723.4, "1:02:03.400"),
        (-1, "0:00.000"),
    ],
)
def test_times_are_shown_in_milliseconds(seconds: float, text: str) -> None:
    assert precise_clock(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text", "length"),
    [(0.99, "0:00", "0 s"), (59.97, "0:59", "59 s"), (72.3, "1:12", "1 min 12 s"), (3723.4, "1:02:03", "62 min 3 s")],
)
def test_times_that_run_are_shown_in_whole_seconds(seconds: float, text: str, length: str) -> None:
    assert (clock(seconds), duration(seconds)) == (text, length)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1:02.345", 62.345),
        ("62,345", 62.345),
        (" 7 ", 7.0),
        (".5", 0.5),
        ("1:01:02", 3662.0),
        ("90:00", 5400.0),
        ("", None),
        ("1:", None),
        ("-3", None),
        ("soon", None),
        ("1:2:3:4", None),
        ("1e3", None),
        ("٣", 3.0),
    ],
)
def test_typed_times_are_parsed(text: str, seconds: float | None) -> None:
    assert typed_seconds(text) == (pytest.approx(seconds) if seconds is not None else None)


@pytest.mark.parametrize("fps", [23.976, 25, 29.97, 30, 50, 59.94, 120, 240])
def test_typing_the_shown_time_seeks_to_its_frame(fps: float) -> None:
    texts = [precise_clock(index / fps) for index in range(2000)]
    assert len(set(texts)) == len(texts)
    for index, text in enumerate(texts):
        seconds = typed_seconds(text)
        assert seconds is not None
        assert index / fps <= seconds + HALF_MS < (index + 1) / fps


@pytest.fixture
def quick(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> MainWindow:
    """The window with a paused clip of 120 frames per second."""
    film = make_clip(tmp_path / "quick.mp4", [index / 120 for index in range(60)], base=MICROSECOND)
    play(window, film, qtbot)
    hold(window, qtbot)
    return window


def index(window: MainWindow) -> int:
    assert window.player.current is not None
    return window.player.current.frame.index


def enter(field: Field, text: str, qtbot: QtBot) -> None:
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def test_each_frame_of_a_fast_clip_is_reached_by_time_and_number(quick: MainWindow, qtbot: QtBot) -> None:
    position = quick.controls.position
    for number, time in ((17, "0:00.142"), (18, "0:00.150"), (59, "0:00.492"), (0, "0:00.000")):
        enter(position.frame, str(number), qtbot)
        qtbot.waitUntil(lambda number=number: index(quick) == number, timeout=PATIENCE)  # type: ignore[misc]
        assert (position.time.text(), position.frame.text()) == (time, str(number))
        enter(position.frame, "30", qtbot)
        qtbot.waitUntil(lambda: index(quick) == 30, timeout=PATIENCE)
        enter(position.time, time, qtbot)
        qtbot.waitUntil(lambda number=number: index(quick) == number, timeout=PATIENCE)  # type: ignore[misc]
    assert quick.view.hasFocus()
    assert not quick.player.playing


def test_the_last_frame_has_the_number_after_the_slash(quick: MainWindow, qtbot: QtBot) -> None:
    position = quick.controls.position
    quick.actions_by_name["home"].trigger()
    qtbot.waitUntil(lambda: position.frame.text() == "0", timeout=PATIENCE)
    assert (index(quick), position.last.text()) == (0, "/ 59")
    quick.actions_by_name["end"].trigger()
    qtbot.waitUntil(lambda: position.frame.text() == "59", timeout=PATIENCE)
    assert (index(quick), position.last.text()) == (59, "/ 59")
    assert "first is 0" in position.frame.toolTip()


def shown_place(window: MainWindow) -> tuple[str, str, int]:
    position = window.controls.position
    return position.time.text(), position.frame.text(), window.controls.timeline.value()


def test_knob_time_and_number_show_the_asked_place_until_its_frame_is_there(quick: MainWindow, qtbot: QtBot) -> None:
    before = index(quick)
    quick.controls.timeline.seek_requested.emit(0.3)
    assert index(quick) == before, "the frame is not shown yet"
    assert shown_place(quick) == ("0:00.300", PENDING, 300)
    qtbot.waitUntil(lambda: index(quick) == 36, timeout=PATIENCE)
    assert shown_place(quick) == ("0:00.300", "36", 300)
    quick.player.seek_index(17)
    assert index(quick) == 36
    assert shown_place(quick)[:2] == (PENDING, "17")
    assert quick.controls.timeline.value() == pytest.approx(142, abs=15), "near it, by the number alone"
    qtbot.waitUntil(lambda: index(quick) == 17, timeout=PATIENCE)
    assert shown_place(quick) == ("0:00.142", "17", 142)
    quick.player.seek_index(4000)
    assert shown_place(quick)[1] == "59"


def test_number_and_time_of_an_analysed_frame_follow_at_once(posing: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    film = make_clip(tmp_path / "uneven.mp4", [0.0, 0.1, 0.15, 0.4, 0.5], base=MICROSECOND)
    play(posing, film, qtbot)
    hold(posing, qtbot)
    qtbot.waitUntil(lambda: posing.player.analysis is not None and len(posing.player.analysis) == 5, timeout=PATIENCE)
    posing.controls.timeline.seek_requested.emit(0.25)
    assert shown_place(posing) == ("0:00.250", "2", 250)
    posing.player.seek_index(3)
    assert shown_place(posing)[:2] == ("0:00.400", "3")


def test_a_frame_that_was_asked_for_before_does_not_move_the_knob_back(quick: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not quick.player.seeking, timeout=PATIENCE)
    shown: list[tuple[int, str]] = []
    quick.player.shown.connect(lambda result: shown.append((result.frame.index, shown_place(quick)[1])))
    for number in (10, 20, 50):
        quick.player.seek_index(number)
    qtbot.waitUntil(lambda: index(quick) == 50, timeout=PATIENCE)
    assert {text for _, text in shown} == {"50"}
    assert 10 in {number for number, _ in shown}, "the first seek was active, and its frame was shown"


def test_values_beyond_the_end_seek_to_the_last_frame(quick: MainWindow, qtbot: QtBot) -> None:
    position = quick.controls.position
    enter(position.frame, "4000", qtbot)
    qtbot.waitUntil(lambda: index(quick) == 59, timeout=PATIENCE)
    enter(position.time, "0", qtbot)
    qtbot.waitUntil(lambda: index(quick) == 0, timeout=PATIENCE)
    enter(position.time, "1:00:00", qtbot)
    qtbot.waitUntil(lambda: index(quick) == 59, timeout=PATIENCE)


@pytest.mark.parametrize(("name", "text"), [("time", "soon"), ("frame", "1.5"), ("frame", "-1")])
def test_invalid_input_is_reported_and_can_be_cancelled(quick: MainWindow, name: str, text: str, qtbot: QtBot) -> None:
    from PyQt6.QtWidgets import QToolTip

    field: Field = getattr(quick.controls.position, name)
    shown, at = field.text(), index(quick)
    enter(field, text, qtbot)
    assert QToolTip.text().startswith("Enter")
    assert field.text() == text
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == shown
    assert index(quick) == at
    assert quick.view.hasFocus()


def test_shortcut_keys_are_typed_in_the_field(quick: MainWindow, qtbot: QtBot) -> None:
    field = quick.controls.position.time
    before = index(quick)
    field.setFocus()
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_Space, Qt.Key.Key_End, Qt.Key.Key_Left):
        qtbot.keyClick(field, key)
    assert not quick.player.playing
    assert index(quick) == before


def test_an_image_shows_its_place_in_the_sequence(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    import cv2
    import numpy as np

    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((9, 12, 3), 20, np.uint8))
    play(window, tmp_path, qtbot)
    qtbot.waitUntil(lambda: window.controls.position.word.text() == "1 of 3", timeout=PATIENCE)
    hold(window, qtbot)
    window.player.seek_index(2)
    assert window.controls.position.word.text() == "3 of 3"


def test_the_export_dialog_shows_points_in_milliseconds(quick: MainWindow, qtbot: QtBot) -> None:
    from app.window.dialogs.export_dialog import ExportDialog

    for number, name in ((17, "mark-in"), (18, "mark-out")):
        quick.player.seek_index(number)
        qtbot.waitUntil(lambda number=number: index(quick) == number, timeout=PATIENCE)  # type: ignore[misc]
        quick.actions_by_name[name].trigger()
    quick.actions_by_name["export"].trigger()
    dialog = quick.dialogs.shown["export"]
    assert isinstance(dialog, ExportDialog)
    assert dialog.range_only.text().endswith("0:00.142 to 0:00.150")
    dialog.close()

"""Tools get the mouse and their keys before the video view and the shortcuts of the window do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.overlay import DrawStyle
from app.window.video.video_view import VideoView
from app.window.video.view_tool import Canvas, Pointer, ViewTool
from tests.app.window.video.test_video_view import ONE, frame_of, one_keypoint_person


@dataclass
class Noted(ViewTool):
    """A tool that notes what it is told; it takes the mouse left of ``edge``."""

    edge: float = 1000.0
    happened: list[str] = field(default_factory=list)
    places: list[tuple[float, float]] = field(default_factory=list)
    keys = (Qt.Key.Key_Left,)

    def begin(self) -> None:
        self.happened.append("begin")

    def end(self) -> None:
        self.happened.append("end")

    def press(self, pointer: Pointer) -> bool:
        self._note("press", pointer)
        return pointer.x < self.edge

    def move(self, pointer: Pointer, pressed: bool) -> Qt.CursorShape | None:
        self._note("drag" if pressed else "hover", pointer)
        return Qt.CursorShape.CrossCursor if pointer.x < self.edge else None

    def release(self, pointer: Pointer) -> None:
        self._note("release", pointer)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
        self.happened.append(key.name)

    def paint(self, canvas: Canvas) -> None:
        self.happened.append("paint")
        canvas.painter.fillRect(round(canvas.at(150, 0).x()), 0, 3, 3, Qt.GlobalColor.red)

    def _note(self, name: str, pointer: Pointer) -> None:
        self.happened.append(name)
        self.places.append((pointer.x, pointer.y))


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[VideoView]:
    """A view of a black frame of 200x120, in which two screen pixels are one of the frame."""
    window = QWidget()
    column = QVBoxLayout(window)
    column.setContentsMargins(0, 0, 0, 0)
    made = VideoView()
    column.addWidget(made)
    qtbot.addWidget(window)
    window.resize(400, 240)
    made.set_draw_style(DrawStyle())
    made.show_result(frame_of(np.zeros((120, 200, 3), np.uint8), one_keypoint_person(3, 100.0, 60.0)), ONE)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    window.close()


def drag(view: VideoView, qtbot: QtBot, start: QPoint, end: QPoint) -> None:
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(view, end)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)


@pytest.mark.parametrize("mirror", [False, True])
def test_a_drag_is_told_in_pixels_of_the_source(view: VideoView, qtbot: QtBot, mirror: bool) -> None:
    view.set_draw_style(DrawStyle(mirror=mirror))
    tool = Noted()
    view.tools.use(tool)
    drag(view, qtbot, QPoint(40, 60), QPoint(120, 100))
    start, end = tool.places[0], tool.places[-1]
    assert [name for name in tool.happened if name != "paint"] == ["begin", "press", "drag", "release"]
    across = [200 - 20 - 0.5, 200 - 60 - 0.5] if mirror else [20 - 0.5, 60 - 0.5]
    assert (start[0], end[0]) == pytest.approx(across)
    assert (start[1], end[1]) == pytest.approx((29.5, 49.5))


def test_what_a_tool_does_not_take_is_the_views(view: VideoView, qtbot: QtBot) -> None:
    view.tools.use(Noted(edge=-1000.0))
    clicked: list[int] = []
    view.person_clicked.connect(lambda number, _: clicked.append(number))
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 120))
    assert clicked == [3]
    assert view.cursor().shape() == Qt.CursorShape.PointingHandCursor
    view.tools.use(Noted())
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 120))
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 120))
    assert clicked == [3]


def test_keys_of_a_tool_come_before_shortcuts_and_esc_ends_it(view: VideoView, qtbot: QtBot) -> None:
    triggered: list[str] = []
    for keys in ("Left", "Right", "Esc"):
        action = QAction(view)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda _, keys=keys: triggered.append(keys))
        view.addAction(action)
    tool = Noted()
    view.tools.use(tool)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Escape):
        qtbot.keyClick(view, key)
    assert triggered == ["Right"]
    assert [name for name in tool.happened if name != "paint"] == ["begin", "Key_Left", "end"]
    assert view.tools.used is None
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert triggered == ["Right", "Esc"]


def test_another_tool_ends_the_one_in_use_and_the_idle_one_waits(view: VideoView, qtbot: QtBot) -> None:
    idle, first, second = Noted(), Noted(), Noted()
    used: list[object] = []
    view.tools.changed.connect(used.append)
    view.tools.idle = idle
    for tool in (first, second, None):
        view.tools.use(tool)
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    assert used == [first, second, None]
    assert first.happened.count("press") == second.happened.count("press") == idle.happened.count("press") == 1
    assert first.happened[-1] == second.happened[-1] == "end"


@pytest.mark.parametrize("mirror", [False, True])
def test_a_tool_paints_at_pixels_of_the_source(view: VideoView, mirror: bool) -> None:
    view.set_draw_style(DrawStyle(mirror=mirror))
    view.tools.use(Noted())
    shown = view.grab().toImage()
    x = round(2 * (200 - 150.5 if mirror else 150.5))
    assert shown.pixelColor(x + 1, 1) == Qt.GlobalColor.red
    assert shown.pixelColor(x - 2, 1) != Qt.GlobalColor.red

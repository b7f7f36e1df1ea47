"""Uses the window with the mouse as a person does, and counts the clicks that docs/window.md states."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PyQt6.QtGui import QContextMenuEvent, QDropEvent
from PyQt6.QtWidgets import QApplication, QComboBox, QFileDialog, QLineEdit, QMenu, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.core.people import FramePoses
from app.overlay import DrawStyle
from app.sinks import Header, open_sinks
from app.sources import open_source
from app.window.i18n.tr import tr
from app.window.main_window import MainWindow
from app.window.widgets.timeline import MARGIN
from tests.app.window.seen import of_clip
from tests.app.window.test_main_window import PATIENCE
from tests.conftest import ROOT

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
PAGE = (ROOT / "docs" / "window.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("## Common tasks\n")[2].partition("\n## ")[0]
DOCUMENTED = {task: int(clicks) for task, clicks in re.findall(r"^\| (\w[^|]*?) \| (\d+) \|", TABLE, re.M)}
"""The number of clicks of each task in docs/window.md."""
FRAMES, FPS = 16, 10
"""Length and rate of ``people_film``."""


class Hand:
    """Uses the mouse and counts: each click, each drag, each drop, and each text that is typed whole."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.clicks = 0
        self._window = window
        self._qtbot = qtbot

    def has_done(self, task: str) -> bool:
        """Whether the clicks so far are those that the documentation states for ``task``."""
        assert self.clicks == DOCUMENTED[task]
        return True

    def click(self, widget: QWidget | None, at: QPoint | None = None) -> None:
        assert widget is not None
        assert widget.isVisible()
        assert widget.isEnabled()
        self._qtbot.mouseClick(widget, LEFT, pos=at or widget.rect().center())
        self.clicks += 1

    def press(self, name: str) -> None:
        """Click a button of the controls below the video."""
        wanted = self._window.actions_by_name[name]
        self.click(next(b for b in self._window.controls.findChildren(QToolButton) if b.defaultAction() is wanted))

    def choose(self, title: str, text: str) -> None:
        """Choose an entry of the menu bar."""
        bar = self._window.menus
        entry = next(action for action in bar.actions() if action.text() == tr(title))
        menu = entry.menu()
        assert isinstance(menu, QMenu)
        self.click(bar, bar.actionGeometry(entry).center())
        self.click_entry(menu, text)

    def click_entry(self, menu: QMenu, *texts: str) -> None:
        """Click an entry of an open menu, or of its submenus."""
        for text in texts:
            entry = next(action for action in menu.actions() if text in (action.text().rstrip("…"), action.text()))
            assert entry.isEnabled()
            self._qtbot.mouseMove(menu, menu.actionGeometry(entry).center())
            self.click(menu, menu.actionGeometry(entry).center())
            if (below := entry.menu()) is not None:
                self._qtbot.waitUntil(below.isVisible, timeout=PATIENCE)
                menu = below

    def open_menu(self, widget: QWidget | None, at: QPoint) -> None:
        """Click with the right button."""
        assert widget is not None
        self._qtbot.mouseClick(widget, RIGHT, pos=at)
        reason = QContextMenuEvent.Reason.Mouse
        QApplication.sendEvent(widget, QContextMenuEvent(reason, at, widget.mapToGlobal(at)))
        self.clicks += 1

    def pick(self, *texts: str) -> None:
        """Click an entry of the menu that a right click has opened."""
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        self.click_entry(menu, *texts)

    def select(self, box: QComboBox, text: str) -> None:
        """Open a combo box and click one of its entries."""
        self.click(box)
        entries = box.view()
        assert entries is not None
        model = box.model()
        assert model is not None
        self._qtbot.waitUntil(entries.isVisible, timeout=PATIENCE)
        self._qtbot.wait(QApplication.doubleClickInterval() + 50)  # a release before this is that of the first click
        row = next(row for row in range(box.count()) if box.itemText(row) == text)
        place = entries.visualRect(model.index(row, box.modelColumn())).center()
        self._qtbot.mouseMove(entries.viewport(), place)
        self.click(entries.viewport(), place)
        assert box.currentText() == text

    def drag(self, widget: QWidget, start: QPoint, end: QPoint) -> None:
        """Press at ``start``, move, and release at ``end``."""
        self._qtbot.mouseMove(widget, start)
        self._qtbot.mousePress(widget, LEFT, pos=start)
        for step in ((start + end) / 2, end):
            self._qtbot.mouseMove(widget, step)
        self._qtbot.mouseRelease(widget, LEFT, pos=end)
        self.clicks += 1

    def write(self, field: QWidget, text: str) -> None:
        """Type into a field, in place of its text, and press Enter."""
        line = field if isinstance(field, QLineEdit) else field.findChild(QLineEdit)
        assert line is not None
        line.selectAll()
        self._qtbot.keyClicks(line, text)
        self._qtbot.keyClick(line, Qt.Key.Key_Return)
        self.clicks += 1

    def will_write_path(self, path: Path) -> None:
        """Enter ``path`` in the file dialog that the next click opens, as by paste: typed, completions would open."""

        def write() -> None:
            dialog = QApplication.activeModalWidget()
            field = dialog.findChild(QLineEdit) if isinstance(dialog, QFileDialog) else None
            if field is None or not field.isVisible():
                QTimer.singleShot(20, write)
            else:
                field.setText(str(path))
                self._qtbot.keyClick(field, Qt.Key.Key_Return)
                self.clicks += 1

        QTimer.singleShot(20, write)

    def click_time(self, time_s: float) -> None:
        """Click a time on the timeline."""
        self.click(self._window.controls.timeline, self.at_time(time_s))

    def at_time(self, time_s: float) -> QPoint:
        """A time on the timeline, below the bars of people."""
        line, source = self._window.controls.timeline, self._window.player.source
        assert source is not None
        x = MARGIN + time_s / (source.duration_s or 1) * (line.width() - 2 * MARGIN)
        return QPoint(round(x), line.height() - 12)

    def drop(self, path: Path) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        at = QPointF(100, 100)
        event = QDropEvent(at, Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier)
        assert self._window.drag_drop.eventFilter(self._window, event)
        self.clicks += 1


@pytest.fixture
def hand(posing: MainWindow, qtbot: QtBot) -> Hand:
    return Hand(posing, qtbot)


@pytest.fixture(scope="session")
def people_film(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first frames of a clip of a street, and beside it the people in them, so that no network runs again."""
    models, film = shared / "models", tmp_path_factory.mktemp("people") / "street.mp4"
    clip = shared / "data" / "videos" / "pedestrians_crowd_768x576.mp4"
    found = of_clip(clip, models / "tinypose_128x96.onnx", models / "rtmdet_nano_person.onnx", FRAMES)
    source = open_source(str(clip))
    head = Header("0", source.size, float(FPS), found.skeleton, "", "", "cpu", "cpu", live=True)
    sinks = open_sinks([film, film.with_suffix(".jsonl")], head, DrawStyle(skeleton=False, ids=False))
    for poses in found.frames():
        frame = source.read()
        assert frame is not None
        sinks[0].write(frame, FramePoses(poses.index, poses.time_s, ()))
        sinks[1].write(frame, poses)
    for sink in sinks:
        sink.close()
    source.close()
    return film


@pytest.fixture
def shown(posing: MainWindow, people_film: Path, tmp_path: Path, qtbot: QtBot) -> MainWindow:
    """The window that shows the first frame of ``people_film``; files are written to ``tmp_path``."""
    posing.preferences.recordings = tmp_path
    posing.resize(1280, 800)
    with qtbot.waitSignal(posing.player.opened, timeout=PATIENCE):
        posing.player.open(str(people_film.with_suffix(".jsonl")), paused=True)
    posing.player.seek_index(0)
    qtbot.waitUntil(lambda: index(posing) == 0 and len(posing.player.analysis or ()) == FRAMES, timeout=PATIENCE)
    posing.activateWindow()
    return posing


def index(window: MainWindow) -> int:
    """The frame that is shown; -1: none yet."""
    return window.player.current.frame.index if window.player.current is not None else -1

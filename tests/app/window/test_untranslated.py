"""With Chinese as the language, no English text is left in the window and its dialogs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QMenu,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.window.i18n.translations import install
from app.window.main_window import MainWindow
from app.window.sending import Sending
from app.window.widgets.notification import sentence_of
from app.zoo.catalogue import load_catalogue
from tests.app.window.plot_rounds import recorded
from tests.app.window.rooms import PATIENCE


def texts(root: QWidget) -> Iterator[tuple[str, str]]:
    """All visible and accessible texts below ``root``, with their places."""
    for child in [root, *root.findChildren(QWidget)]:
        place = f"{type(child).__name__} {child.objectName()}"
        found = [child.toolTip(), child.accessibleName(), child.accessibleDescription(), child.windowTitle()]
        if isinstance(child, QLabel | QAbstractButton):
            found.append(child.text())
        if isinstance(child, QMenu):
            found.append(child.title())
        if isinstance(child, QLineEdit):
            found.append(child.placeholderText())
        if isinstance(child, QComboBox):
            found += [child.itemText(row) for row in range(child.count())]
        if isinstance(child, QListWidget):
            found += [item.text() for row in range(child.count()) if (item := child.item(row)) is not None]
        if isinstance(child, QTreeWidget):
            found += list(_of_tree(child))
        yield from ((place, text) for text in found)
    for action in root.findChildren(QAction):
        if not isinstance(action.parent(), QWidget):
            continue  # pyqtgraph's own menu, which is not reachable
        yield from ((f"QAction {action.objectName()}", text) for text in (action.text(), action.toolTip()))


def _of_tree(tree: QTreeWidget) -> Iterator[str]:
    def below(item: QTreeWidgetItem) -> Iterator[str]:
        yield from (item.text(column) for column in range(item.columnCount()))
        for place in range(item.childCount()):
            if (child := item.child(place)) is not None:
                yield from below(child)

    for top in [tree.headerItem(), *(tree.topLevelItem(place) for place in range(tree.topLevelItemCount()))]:
        if top is not None:
            yield from below(top)


NAMES = re.compile(
    r"Stance( \d.*)?|.* – Stance|CPU|CUDA|TensorRT|One-Euro|Kalman|OpenPose|MMPose|Kinovea|GIF|WebP|mpv|BlazePose"
    r"|UDP|WebSocket|Lab Streaming Layer \(LSL\)|Open Sound Control \(OSC\)"
    r"|toy-plane"  # a lifter of tests/plugins
    r"|PNG…|CSV…|English|[\d,]+ (MB|ms|fps)"
)
"""Names that are the same in every language."""
WORD = re.compile(r"[A-Za-z]{2}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def chinese(qapp: QApplication) -> Iterator[None]:
    install(qapp, "zh")
    yield
    install(qapp, "en")


@pytest.fixture
def spoken(chinese: None, tmp_path: Path, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window with people, plots, all panels, a notice with a button, and a cancellable activity."""
    window = MainWindow(Settings())
    window.show()
    with qtbot.waitSignal(window.player.opened, timeout=PATIENCE):
        window.open(str(recorded(tmp_path)))
    for name in ("plots", "people", "engine"):
        window.dock_area.dock_of(name).show()
    qtbot.waitUntil(lambda: bool(window.plots.chart and window.plots.chart.rows), timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.people.tree.topLevelItemCount() == 2, timeout=PATIENCE)
    window.video_stack.show_doing("正在加载", lambda: None)
    yield window
    window.dialogs.close()
    with qtbot.waitSignal(window.closed, timeout=PATIENCE):
        window.close()


def english(root: QWidget) -> list[tuple[str, str]]:
    """English texts left: without Chinese characters, and neither names nor files."""
    known = load_catalogue()
    return [
        (place, text)
        for place, text in texts(root)
        if WORD.search(text)
        and not CHINESE.search(text)
        and not NAMES.fullmatch(text)
        and text not in known
        and not Path(text).suffix
        and place != "QPushButton place"  # a folder
    ]


def test_the_window_has_no_english_text(spoken: MainWindow) -> None:
    assert spoken.video_stack.doing == "正在加载 …"
    assert english(spoken) == []
    assert english(spoken.plots.offer) == []


def test_the_dialog_for_sending_has_no_english_text(spoken: MainWindow) -> None:
    sending = spoken.findChild(Sending)
    assert sending is not None
    spoken.actions_by_name["send"].trigger()
    assert sending.dialog is not None
    assert len(list(texts(sending.dialog))) > 3
    assert english(sending.dialog) == []
    sending.dialog.close()


@pytest.mark.parametrize("name", ["export", "settings", "shortcuts", "models", "about"])
def test_dialogs_have_no_english_text(spoken: MainWindow, name: str) -> None:
    spoken.actions_by_name[name].trigger()
    assert len(list(texts(spoken.dialogs.shown[name]))) > 3
    assert english(spoken.dialogs.shown[name]) == []


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(13, "Permission denied", "/srv/a"), "无法使用 /srv/a：没有权限。"),
        (OSError(28, "No space left on device"), "系统拒绝：磁盘空间不足。"),
    ],
)
def test_an_error_of_the_disk_is_not_reported_as_a_bug(chinese: None, error: OSError, sentence: str) -> None:
    assert sentence_of(error) == sentence

"""Language and colors of the open window change at once, everywhere, and nothing else does."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, Qt
from PyQt6.QtGui import QAction, QPalette
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDockWidget,
    QLineEdit,
    QTabBar,
    QTextEdit,
    QTreeWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.core.message import Message
from app.core.settings import Settings
from app.window.dialogs.settings_dialog import SettingsDialog
from app.window.engine_notices import show_event
from app.window.i18n.retranslate import PROPERTIES, ROLES, change_language
from app.window.i18n.translations import install
from app.window.main_window import MainWindow
from app.window.style.theme import choose_theme, colors, is_dark, theme_of
from app.window.widgets.notification import Banner
from tests.app.window.test_main_window import PATIENCE, play, recorded_s

DIALOGS = ("models", "settings", "shortcuts", "export", "scale", "about")


@pytest.fixture
def restored(qapp: QApplication) -> Iterator[QApplication]:
    """The application, in English again after the test and after the windows that are made later are closed."""
    yield qapp
    install(qapp, "en")


@pytest.fixture
def undressed(qapp: QApplication) -> Iterator[None]:
    """The usual colors after the test and after the windows that are made later are closed."""
    yield
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()  # a style sheet visits every widget there is
    qapp.setStyleSheet("")  # changed instead of removed, Qt would visit widgets that are gone
    choose_theme(qapp, "")
    qapp.setStyleSheet("")


def opened(qtbot: QtBot, clip: Path, dialogs: tuple[str, ...]) -> MainWindow:
    """A window with a clip, all panels and some dialogs."""
    window = MainWindow(Settings())
    window.resize(1200, 800)
    with qtbot.waitExposed(window):
        window.show()
    play(window, clip, qtbot)
    window.player.pause()
    for dock in window.dock_area.findChildren(QDockWidget):
        dock.show()
    for name in dialogs:
        window.actions_by_name[name].trigger()
    qtbot.wait(300)
    return window


def close(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.closed, timeout=PATIENCE):
        window.close()


def texts(top: QWidget) -> Counter[str]:
    """All texts of ``top`` and of what belongs to it, but numbers, which change by themselves.

    Without the buttons of tab bars: Qt keeps those of dock areas, any number of them, for later.
    """
    found: Counter[str] = Counter()
    for part in [top, *top.findChildren(QObject)]:
        if not isinstance(part, QAction | QWidget) or isinstance(part.parent(), QTabBar):
            continue
        names = [name for name in PROPERTIES if name != "text" or not isinstance(part, QLineEdit)]
        values = [part.property(name) for name in names]
        values += [part.toPlainText()] if isinstance(part, QTextEdit) else []
        values += list(item_texts(part)) if isinstance(part, QComboBox | QAbstractItemView) else []
        found.update(text for text in values if isinstance(text, str) and text and not any(map(str.isdigit, text)))
    return found


def item_texts(view: QComboBox | QAbstractItemView) -> Iterator[object]:
    model = view.model()
    if model is None or isinstance(model, QAbstractListModel):
        return

    def below(parent: QModelIndex) -> Iterator[object]:
        for row in range(model.rowCount(parent)):
            for column in range(model.columnCount(parent)):
                index = model.index(row, column, parent)
                yield from (index.data(role) for role in ROLES)
                if column == 0 and isinstance(view, QTreeWidget):
                    yield from below(index)

    yield from below(QModelIndex())
    yield from (model.headerData(column, Qt.Orientation.Horizontal) for column in range(model.columnCount()))


@pytest.mark.parametrize(
    ("before", "after", "dialogs"),
    [
        ("en", "zh", ("settings",)),
        pytest.param("en", "zh", DIALOGS, marks=pytest.mark.slow),
        pytest.param("zh", "en", DIALOGS, marks=pytest.mark.slow),
    ],
)
def test_a_window_whose_language_was_changed_has_the_texts_of_a_new_one(
    before: str, after: str, dialogs: tuple[str, ...], restored: QApplication, clip: Path, qtbot: QtBot
) -> None:
    install(restored, before)
    changed = opened(qtbot, clip, dialogs)
    change_language(restored, after)
    qtbot.wait(500)
    new = opened(qtbot, clip, dialogs)
    ours, theirs = texts(changed), texts(new)
    close(changed, qtbot)
    close(new, qtbot)
    assert len(theirs) > 300
    foreign = {"Export", "导出"}  # an entry of pyqtgraph's hidden menu
    different = sorted(set((ours - theirs) + (theirs - ours)) - foreign)
    assert not different, " | ".join(different)


def choose(window: MainWindow, name: str, value: str) -> None:
    """Choose in the settings dialog, as a user does."""
    window.actions_by_name["settings"].trigger()
    dialog = window.dialogs.shown["settings"]
    assert isinstance(dialog, SettingsDialog)
    box = dialog.appearance.language if name == "language" else dialog.appearance.theme
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def test_a_recording_goes_on_while_the_language_changes(
    restored: QApplication, posing: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    play(posing, clip, qtbot)
    posing.actions_by_name["loop"].trigger()
    posing.player.play()
    posing.record_to([tmp_path / "film.mp4", tmp_path / "film.jsonl"])
    qtbot.waitUntil(lambda: recorded_s(posing) > 0, timeout=PATIENCE)
    choose(posing, "language", "zh")
    assert posing.capture.recording
    assert posing.actions_by_name["record"].text() == "结束录制"
    assert posing.video_stack.banner.sentence == ""
    with qtbot.waitSignal(posing.capture.recorder.finished, timeout=PATIENCE):
        posing.capture.recorder.stop()
    assert (tmp_path / "film.jsonl").read_text(encoding="utf-8").count("\n") > 1
    qtbot.waitUntil(lambda: "film.mp4" in posing.video_stack.banner.sentence, timeout=PATIENCE)
    assert "Saved" not in posing.video_stack.banner.sentence
    choose(posing, "language", "en")
    assert posing.video_stack.banner.sentence.startswith("Saved film.mp4")


def test_names_and_files_of_the_user_are_not_translated(
    restored: QApplication, window: MainWindow, clip: Path, qtbot: QtBot
) -> None:
    play(window, clip, qtbot)
    window.features.marking.marks.mark()
    window.features.marking.marks.rename(0, "Settings")
    choose(window, "language", "zh")
    assert window.features.marking.marks.marks[0].name == "Settings"
    assert window.windowTitle() == "gray.mp4 – Stance"


def test_colors_change_at_once_and_are_kept(undressed: None, window: MainWindow, qtbot: QtBot) -> None:
    for theme, dark in (("dark", True), ("light", False), ("dark", True)):
        choose(window, "theme", theme)
        assert theme_of(window.preferences.part("colors")) == theme
        assert is_dark() == dark
        assert window.palette().color(QPalette.ColorRole.Window).name() == colors().window
    choose(window, "theme", "")
    assert theme_of(window.preferences.part("colors")) == ""


def test_a_notice_of_two_sentences_changes_its_language(qtbot: QtBot, restored: QApplication) -> None:
    install(restored, "en")
    place = QWidget()
    qtbot.addWidget(place)
    banner = Banner(place)
    show_event(banner, "lost", Message("The disk is too slow: frames are missing from the recording."), recording=True)
    assert banner.sentence.endswith("Recording continues when it is back.")
    change_language(restored, "zh")
    assert not any(letter.isascii() and letter.isalpha() for letter in banner.sentence)

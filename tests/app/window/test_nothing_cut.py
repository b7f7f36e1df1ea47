"""At its first size no dialog or panel cuts a text, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QStyle,
    QStyleOptionComboBox,
    QTableView,
    QToolButton,
    QTreeView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.inference.model_card import PoseCard
from app.window.cameras.camera_dialog import CameraDialog
from app.window.cameras.phone_dialog import PhoneDialog
from app.window.dialogs.export_dialog import ExportDialog
from app.window.main_window import MainWindow
from app.window.models.guess_dialog import GuessDialog
from app.window.models.inspection import Guess
from app.window.models.weights_dialog import WeightsDialog
from app.window.widgets import screen_fit
from app.window.widgets.screen_fit import Scrolling, fit_on_screen
from app.zoo.catalogue import load_catalogue
from app.zoo.conversion import WeightSet
from tests.app.window.seen import walkers
from tests.app.window.starts import closed, opened
from tests.app.window.test_main_window import PATIENCE, play

SCREEN = QRect(8, 40, 1264, 672)
"""The room for windows on a screen of 1280x720."""
STATIC = ("models", "settings", "shortcuts", "about")


@pytest.fixture(autouse=True)
def screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen_fit, "room_on_screen", lambda widget: SCREEN)


@pytest.fixture
def first(dressed: str, clip: Path, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window at its first start, with a clip."""
    window = opened(None, qtbot)
    play(window, clip, qtbot)
    yield window
    closed(window, qtbot)


def cut(top: QWidget) -> list[str]:
    """What is cut in ``top``: texts wider or higher than their widgets, and widgets beyond the edge of their parent."""
    QApplication.processEvents()
    found = []
    for part in top.findChildren(QWidget):
        if not part.isVisible() or "QDockWidgetTitleButton" in str(part.metaObject().className()):  # type: ignore[union-attr]
            continue
        reason = text_cut(part) or beyond_edge(part)
        if reason:
            found.append(f"{type(part).__name__} {getattr(part, 'text', part.objectName)()!r}: {reason}")
    return found


def text_cut(part: QWidget) -> str:
    if isinstance(part, QLabel) and part.text() and part.sizePolicy().horizontalPolicy().name != "Ignored":
        if part.wordWrap():
            wanted = part.heightForWidth(part.width())
            return f"{part.height()} of {wanted} high" if part.height() < wanted else ""
        return f"{part.width()} of {part.sizeHint().width()} wide" if part.width() < part.sizeHint().width() else ""
    if isinstance(part, QAbstractButton) and part.text() and not isinstance(part.parentWidget(), QLineEdit):
        button = isinstance(part, QToolButton) and part.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly
        wanted = part.minimumSizeHint().width() if isinstance(part, QPushButton) else part.sizeHint().width()
        return f"{part.width()} of {wanted} wide" if part.width() < wanted and not (button and part.icon()) else ""
    if isinstance(part, QComboBox):
        option, style = QStyleOptionComboBox(), part.style()
        part.initStyleOption(option)
        assert style is not None
        control, field = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        room = style.subControlRect(control, option, field, part).width()
        wanted = part.fontMetrics().horizontalAdvance(part.currentText())
        return f"{room} of {wanted} wide" if room < wanted else ""
    if isinstance(part, QHeaderView) and part.orientation() == Qt.Orientation.Horizontal:
        narrow = [
            column
            for column in range(part.count())
            if not part.isSectionHidden(column) and part.sectionSize(column) < part.sectionSizeHint(column)
        ]
        return f"columns {narrow} are narrower than their titles" if narrow else ""
    if isinstance(part, QTableView | QTreeView):
        narrow = [
            column
            for column in range(part.model().columnCount() if part.model() is not None else 0)  # type: ignore[union-attr]
            if not part.isColumnHidden(column) and 0 < part.columnWidth(column) < part.sizeHintForColumn(column)
        ]
        return f"columns {narrow} are narrower than their cells" if narrow else ""
    return ""


def beyond_edge(part: QWidget) -> str:
    """How ``part`` is cut by its parent; up and down, a scrolling part may be."""
    parent = part.parentWidget()
    if parent is None or part.isWindow() or isinstance(parent, QAbstractItemView):
        return ""
    area = parent.parentWidget()
    place = part.geometry()
    if isinstance(area, Scrolling) and area.widget() is part:
        place = QRect(QPoint(place.x(), 0), place.size()) & QRect(-99999, 0, 10**6, parent.height())
    if isinstance(part.parentWidget(), QWidget) and isinstance(area, QAbstractItemView | QComboBox):
        return ""
    sides = place.left() < 0 or place.right() > parent.rect().right()
    shows_text = isinstance(part, QLabel) or bool(part.findChildren(QLabel))
    return f"{place} beyond {parent.rect()}" if sides and shows_text else ""


def test_no_panel_cuts_its_texts(first: MainWindow, qtbot: QtBot) -> None:
    for name in ("plots", "people", "engine"):
        for other in ("plots", "people", "engine"):
            first.dock_area.dock_of(other).setVisible(other == name)
        found = walkers()
        first.people.show_analysis(found)
        first.plots.show_analysis(found)
        if name == "people":
            qtbot.waitUntil(lambda: first.people.tree.topLevelItemCount() == 2, timeout=PATIENCE)
        qtbot.waitUntil(lambda name=name: cut(first) == [], timeout=PATIENCE) if not cut(first) else None  # type: ignore[misc]
        assert cut(first) == [], name


@pytest.mark.parametrize("name", STATIC)
def test_no_dialog_cuts_its_texts(first: MainWindow, name: str, qtbot: QtBot) -> None:
    first.actions_by_name[name].trigger()
    dialog = first.dialogs.shown[name]
    qtbot.waitExposed(dialog)
    assert cut(dialog) == []


def test_no_dialog_that_asks_cuts_its_texts(first: MainWindow, qtbot: QtBot) -> None:
    longest = next(entry.card for entry in load_catalogue().values() if isinstance(entry.card, PoseCard))
    sets = [WeightSet("state_dict", False), WeightSet("state_dict.ema", True), WeightSet("", False)]
    for dialog in (
        CameraDialog(first.background, first),
        PhoneDialog(first.background, first.preferences, first),
        GuessDialog(Guess(Path("network.onnx"), longest), first),
        WeightsDialog("my_net.pth", sets, first),
    ):
        qtbot.addWidget(dialog)
        fit_on_screen(dialog)
        dialog.show()
        qtbot.waitExposed(dialog)
        assert cut(dialog) == []


def test_the_list_of_formats_is_whole_before_during_and_after_an_export(
    first: MainWindow, small_models: Settings, tmp_path: Path, qtbot: QtBot
) -> None:
    first.preferences.exports = tmp_path
    first.panel.show_settings(small_models)
    with qtbot.waitSignal(first.loader.loaded, timeout=PATIENCE):
        first.load()
    first.actions_by_name["export"].trigger()
    dialog = first.dialogs.shown["export"]
    assert isinstance(dialog, ExportDialog)
    qtbot.waitExposed(dialog)
    area = dialog.findChild(Scrolling)
    assert area is not None

    def whole() -> bool:
        bar = area.verticalScrollBar()
        return bar is not None and bar.maximum() == 0 and cut(dialog) == []

    assert whole(), cut(dialog)
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE):
        dialog.start.click()
        assert dialog.progress_bar.isVisible()
        assert whole(), cut(dialog)
    assert whole(), cut(dialog)
    for box in dialog.targets.boxes.values():
        box.setChecked(False)
    assert dialog.reason.isVisible()
    assert whole(), cut(dialog)

"""All parts of the window are reachable on small screens, and on large ones with large text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, QRect, QSize, Qt
from PyQt6.QtWidgets import QApplication, QDialog, QLabel, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.inference.model_card import PoseCard
from app.window.cameras.camera_dialog import CameraDialog
from app.window.core.preferences import Preferences
from app.window.main_window import MainWindow
from app.window.models.guess_dialog import GuessDialog
from app.window.models.inspection import Guess
from app.window.widgets import screen_fit
from app.window.widgets.screen_fit import FRAME, fit_on_screen
from app.zoo.catalogue import load_catalogue
from tests.app.window.starts import closed, opened
from tests.app.window.test_main_window import PATIENCE, play
from tests.app.window.test_structure import controls

SCREENS = {"1280x720": (1280, 720), "1366x768": (1366, 768), "1600x1000 at 200 %": (800, 500)}
DOCKS = ("plots", "people", "engine")
DIALOGS = ("models", "settings", "shortcuts", "export", "about")


@pytest.fixture(params=list(SCREENS.values()), ids=list(SCREENS))
def screen(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> QSize:
    """The size of the screen, in the window's own pixels."""
    width, height = request.param
    sides = FRAME.width() // 2
    room = QRect(sides, FRAME.height() - sides, width - FRAME.width(), height - FRAME.height())
    monkeypatch.setattr(screen_fit, "room_on_screen", lambda widget: room)
    return QSize(width, height)


@pytest.fixture
def small(screen: QSize, dressed: str, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window as it is at the first start on that screen."""
    window = opened(None, qtbot)
    yield window
    closed(window, qtbot)


def out_of_reach(window: QWidget) -> list[str]:
    """Controls and texts of ``window`` that are cut off by its edge and cannot be scrolled into view."""
    labels = [label for label in window.findChildren(QLabel) if label.isVisibleTo(window) and label.text()]
    lost = []
    for part in [*controls(window), *labels]:
        area = scroll_area(part, window)
        around: QWidget = window if area is None or (viewport := area.viewport()) is None else viewport
        place, room = QRect(part.mapTo(around, QPoint(0, 0)), part.size()), around.rect()
        if area is None:
            seen = room.contains(place)
        else:  # it must not be cut off vertically; horizontally it may scroll
            off = area.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            seen = not off or (place.left() >= 0 and place.right() <= room.right())
        if not seen:
            lost.append(f"{type(part).__name__} {part.accessibleName() or part.objectName()}: {place} of {room}")
    return lost


def scroll_area(part: QWidget, window: QWidget) -> QScrollArea | None:
    parent = part.parentWidget()
    while parent is not None and parent is not window:
        if isinstance(parent, QScrollArea):
            return parent
        parent = parent.parentWidget()
    return None


def settled(qtbot: QtBot, window: QWidget) -> None:
    """Let the layouts finish."""
    qtbot.waitUntil(lambda: QApplication.sendPostedEvents() is None and window.isVisible(), timeout=PATIENCE)
    QApplication.processEvents()


def test_the_window_is_first_as_large_as_the_screen_allows(small: MainWindow, screen: QSize, qtbot: QtBot) -> None:
    settled(qtbot, small)
    assert small.size() == QSize(1180, 760).boundedTo(screen - FRAME)
    assert small.status.isVisible()
    assert out_of_reach(small) == []


def test_every_control_is_reached_with_all_panels(small: MainWindow, screen: QSize, clip: Path, qtbot: QtBot) -> None:
    play(small, clip, qtbot)
    for name in DOCKS:
        small.dock_area.dock_of(name).show()
    settled(qtbot, small)
    assert small.size() == QSize(1180, 760).boundedTo(screen - FRAME)
    least = small.minimumSizeHint()
    assert least.width() <= screen.width() - FRAME.width()
    assert least.height() <= screen.height() - FRAME.height()
    assert out_of_reach(small) == []
    for name in DOCKS:
        dock = small.dock_area.dock_of(name)
        dock.raise_()
        settled(qtbot, small)
        assert dock.isVisible()
        assert small.rect().contains(QRect(dock.mapTo(small, QPoint(0, 0)), dock.size()))


@pytest.mark.slow
def test_every_dialog_fits_the_screen_and_scrolls(small: MainWindow, screen: QSize, clip: Path, qtbot: QtBot) -> None:
    play(small, clip, qtbot)
    for name in DIALOGS:
        small.actions_by_name[name].setEnabled(True)
        small.actions_by_name[name].trigger()
        fits(small.dialogs.shown[name], screen, qtbot)


def test_confirmation_dialogs_fit_the_screen(small: MainWindow, screen: QSize, qtbot: QtBot) -> None:
    longest = next(entry.card for entry in load_catalogue().values() if isinstance(entry.card, PoseCard))
    for dialog in (CameraDialog(small.background, small), GuessDialog(Guess(Path("a.onnx"), longest), small)):
        qtbot.addWidget(dialog)
        fit_on_screen(dialog)
        dialog.show()
        fits(dialog, screen, qtbot)


def fits(dialog: QDialog, screen: QSize, qtbot: QtBot) -> None:
    settled(qtbot, dialog)
    room = screen - FRAME
    assert dialog.width() <= room.width()
    assert dialog.height() <= room.height()
    assert out_of_reach(dialog) == []


def test_saved_window_size_is_reduced_to_a_smaller_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    file = tmp_path / "stance.ini"
    for room, wanted in ((QRect(0, 0, 3000, 2000), QSize(1180, 760)), (QRect(8, 40, 784, 452), QSize(784, 452))):
        monkeypatch.setattr(screen_fit, "room_on_screen", lambda widget, room=room: room)
        window = MainWindow(Settings(), preferences=Preferences(file))
        window.show()
        assert window.size() == wanted
        with qtbot.waitSignal(window.closed, timeout=PATIENCE):
            window.close()

"""The welcome page: camera previews and recent sources."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import QEvent, QPoint, Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.window.cameras import previews
from app.window.core.preferences import Preferences
from app.window.core.tasks import TaskRunner
from app.window.welcome.recent_list import shown_folder
from app.window.welcome.welcome import Welcome
from tests.app.sources.device import FakeDevice
from tests.app.window.rooms import PATIENCE, background, device, plug

__all__ = ["background", "device"]


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    kept = Preferences(tmp_path / "stance.ini")
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        (tmp_path / name).touch()
        kept.add_recent(str(tmp_path / name))
    return kept


@pytest.fixture
def page(
    qtbot: QtBot, background: TaskRunner, preferences: Preferences, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Welcome]:
    monkeypatch.setattr(previews, "LIST_INTERVAL_S", 0.2)
    monkeypatch.setattr(previews, "PREVIEW_S", 0.6)
    holder = QWidget()
    actions = {name: QAction(name, holder) for name in ("open", "open-folder", "camera", "demo")}
    made = Welcome(actions, QMenu(holder), background, preferences)
    qtbot.addWidget(made)
    made.resize(700, 700)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.hide()
    qtbot.waitUntil(lambda: not FakeDevice.held, timeout=PATIENCE)


def seen(page: Welcome) -> dict[str, str]:
    """The cameras on the page, with the state shown for each."""
    return {card.text(): card.state for card in page.cards}


def test_each_camera_is_previewed_one_at_a_time(page: Welcome, device: type[FakeDevice], qtbot: QtBot) -> None:
    most = 0

    def all_seen() -> bool:
        nonlocal most
        most = max(most, len(device.held))
        return len(page.cards) == 2 and all(card.picture is not None for card in page.cards)

    qtbot.waitUntil(all_seen, timeout=PATIENCE)
    assert seen(page) == {"HD Webcam": "", "Desk View": ""}
    assert most == 1


def test_a_camera_is_marked_in_use_until_it_is_free(page: Welcome, device: type[FakeDevice], qtbot: QtBot) -> None:
    device.taken.add(1)
    qtbot.waitUntil(lambda: seen(page) == {"HD Webcam": "", "Desk View": "In use"}, timeout=PATIENCE)
    device.taken.clear()
    qtbot.waitUntil(lambda: seen(page) == {"HD Webcam": "", "Desk View": ""}, timeout=PATIENCE)


def test_cards_follow_plugging_and_unplugging(
    page: Welcome, device: type[FakeDevice], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: len(page.cards) == 2, timeout=PATIENCE)
    plug(monkeypatch, "HD Webcam")
    qtbot.waitUntil(lambda: list(seen(page)) == ["HD Webcam"], timeout=PATIENCE)
    plug(monkeypatch)
    qtbot.waitUntil(lambda: seen(page) == {}, timeout=PATIENCE)
    plug(monkeypatch, "HD Webcam", "Phone")
    qtbot.waitUntil(lambda: list(seen(page)) == ["HD Webcam", "Phone"], timeout=PATIENCE)


def test_the_preview_releases_a_camera_before_it_is_chosen(
    page: Welcome, device: type[FakeDevice], qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: bool(page.cards) and page.cards[0].picture is not None, timeout=PATIENCE)
    held: list[tuple[str, int]] = []
    page.chosen.connect(lambda text: held.append((text, len(device.held))))
    qtbot.mouseClick(page.cards[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(held), timeout=PATIENCE)
    assert held == [("0", 0)]


def test_no_camera_is_open_while_another_window_or_page_is_active(
    page: Welcome, device: type[FakeDevice], qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: bool(device.held), timeout=PATIENCE)
    QApplication.sendEvent(page, QEvent(QEvent.Type.WindowDeactivate))
    qtbot.waitUntil(lambda: not device.held, timeout=PATIENCE)
    QApplication.sendEvent(page, QEvent(QEvent.Type.WindowActivate))
    qtbot.waitUntil(lambda: bool(device.held), timeout=PATIENCE)
    page.hide()
    qtbot.waitUntil(lambda: not device.held, timeout=PATIENCE)
    opened = len(device.opened)
    qtbot.wait(700)
    assert len(device.opened) == opened


def test_a_recent_file_is_opened_by_click_and_key(page: Welcome, tmp_path: Path, qtbot: QtBot) -> None:
    assert page.recent is not None
    chosen: list[str] = []
    page.chosen.connect(chosen.append)
    row = page.recent.visualItemRect(page.recent.item(1)).center()
    qtbot.mouseClick(page.recent.viewport(), Qt.MouseButton.LeftButton, pos=row)
    qtbot.waitUntil(lambda: chosen == [str(tmp_path / "b.mp4")], timeout=PATIENCE)
    page.recent.setFocus()
    qtbot.keyClick(page.recent, Qt.Key.Key_Down)
    qtbot.keyClick(page.recent, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(chosen) == 2, timeout=PATIENCE)
    assert chosen[1] == str(tmp_path / "a.mp4")


def test_a_missing_recent_file_says_so_and_can_be_removed(
    page: Welcome, preferences: Preferences, tmp_path: Path, qtbot: QtBot
) -> None:
    recent = page.recent
    assert recent is not None
    (tmp_path / "c.mp4").unlink()
    recent.refresh()
    qtbot.waitUntil(lambda: "was not found" in recent.item(0).toolTip(), timeout=PATIENCE)  # type: ignore[union-attr]
    with qtbot.assertNotEmitted(page.chosen, wait=200):
        qtbot.mouseClick(recent.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(40, 10))
    recent.setFocus()
    qtbot.keyClick(recent, Qt.Key.Key_Delete)
    assert preferences.recent == [str(tmp_path / "b.mp4"), str(tmp_path / "a.mp4")]
    next(action for action in recent.actions() if action.text() == "Remove from this list").trigger()
    assert preferences.recent == [str(tmp_path / "a.mp4")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{home}/clip.mp4", "~"),
        ("{home}", "{above}"),
        ("{home}/films/clip.mp4", "~/films"),
        ("/clip.mp4", "/"),
        ("/", "/"),
        ("rtsp://192.0.2.7/stream", ""),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="folders are written another way there")
def test_a_recent_file_shows_its_folder(text: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    text = text.format(home=tmp_path)
    assert shown_folder(text) == shown.format(above=tmp_path.parent)

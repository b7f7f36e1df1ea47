"""Messages: the newest is read, and an error does not go under."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.errors import StanceError
from app.window.banner import Banner, Notice, sentence_of


@pytest.fixture
def place(qtbot: QtBot) -> QWidget:
    made = QWidget()
    made.resize(600, 400)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def banner(place: QWidget) -> Banner:
    return Banner(place)


def test_the_newest_is_read_and_good_news_comes_behind_an_error(banner: Banner) -> None:
    banner.tell(Notice("info", "The camera is back."))
    banner.tell(Notice("error", "The disk is full."))
    banner.tell(Notice("info", "Saved a.mp4."))
    assert banner.sentence == "The disk is full. Saved a.mp4."
    assert banner.accessibleName() == banner.sentence
    banner.tell(Notice("error", "There is no b.mp4."))
    assert banner.sentence == "There is no b.mp4."


def test_the_way_out_is_taken_once(banner: Banner, qtbot: QtBot) -> None:
    taken: list[int] = []
    banner.tell(Notice("error", "It is gone.", "Retry", lambda: taken.append(1)))
    button = next(one for one in banner.findChildren(QPushButton) if one.text() == "Retry")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert taken == [1]
    assert banner.sentence == ""


def test_a_long_sentence_fits(banner: Banner) -> None:
    banner.tell(Notice("error", "Too long " * 60))
    short = banner.height()
    assert banner.width() <= 600
    banner.tell(Notice("error", "Short."))
    assert banner.height() < short


def test_a_bug_is_told_from_bad_input() -> None:
    assert sentence_of(StanceError("There is no file 'a'.")) == "There is no file 'a'."
    assert "inside Stance" in sentence_of(KeyError("a"))

"""Notices over the video: shown whole, each with its own buttons."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QAbstractButton, QApplication, QPushButton, QTextEdit, QWidget
from pytestqt.qtbot import QtBot

from app.core.errors import StanceError
from app.window.style.theme import apply_theme
from app.window.widgets.notice_card import NoticeCard
from app.window.widgets.notification import Banner, Notice, sentence_of


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


def shown(banner: Banner) -> list[NoticeCard]:
    """The visible notices, from the top."""
    return sorted((card for card in banner.cards if card.isVisible()), key=lambda card: card.y())


def button(card: NoticeCard, text: str) -> QPushButton:
    return next(one for one in card.findChildren(QPushButton) if one.text() == text and one.isVisible())


def test_each_notice_has_its_own_card(banner: Banner) -> None:
    for notice in (
        Notice("info", "The camera is back."),
        Notice("error", "The disk is full."),
        Notice("info", "Saved."),
    ):
        banner.notify(notice)
    cards = shown(banner)
    assert [card.accessibleName() for card in cards] == ["The camera is back.", "The disk is full.", "Saved."]
    assert all(above.geometry().bottom() < below.y() for above, below in pairwise(cards))


def test_a_button_closes_and_triggers_its_own_notice(banner: Banner, qtbot: QtBot) -> None:
    taken: list[str] = []
    banner.notify(Notice("error", "There is no a.mp4.", "Retry", lambda: taken.append("a")))
    banner.notify(Notice("error", "There is no b.mp4.", "Retry", lambda: taken.append("b")))
    banner.notify(Notice("info", "Saved c.mp4.", "Show in folder", lambda: taken.append("c")))
    qtbot.mouseClick(button(shown(banner)[0], "Retry"), Qt.MouseButton.LeftButton)
    assert taken == ["a"]
    assert banner.sentence == "There is no b.mp4. Saved c.mp4."
    qtbot.mouseClick(button(shown(banner)[1], "Show in folder"), Qt.MouseButton.LeftButton)
    assert taken == ["a", "c"]
    assert banner.sentence == "There is no b.mp4."


def test_a_notice_may_have_several_buttons(banner: Banner, place: QWidget, qtbot: QtBot) -> None:
    taken: list[str] = []
    for width in (600, 300):
        place.resize(width, 400)
        more = (("Show in folder", lambda: taken.append("show")),)
        banner.notify(Notice("info", "Saved walk.mp4 in /films.", "Watch", lambda: taken.append("watch"), more=more))
        watch, show = (button(shown(banner)[0], text) for text in ("Watch", "Show in folder"))
        assert watch.geometry().right() < show.x()
        assert shown(banner)[0].rect().contains(show.geometry())
        qtbot.mouseClick(show, Qt.MouseButton.LeftButton)
        assert banner.sentence == ""
    assert taken == ["show", "show"]


def test_a_repeated_sentence_is_shown_once(banner: Banner) -> None:
    for _ in range(3):
        banner.notify(Notice("error", "The disk is full."))
    assert [card.accessibleName() for card in shown(banner)] == ["The disk is full."]


def test_drop_removes_only_the_given_topics(banner: Banner) -> None:
    banner.notify(Notice("warning", "The camera is lost.", topic="connection"))
    banner.notify(Notice("error", "The disk is full."))
    banner.drop("connection")
    assert banner.sentence == "The disk is full."
    assert banner.close_newest()
    assert not banner.close_newest()
    assert not banner.isVisible()


def test_info_closes_after_a_delay_and_errors_stay(
    banner: Banner, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.window.widgets.notice_card.INFO_MS", 1)
    banner.notify(Notice("error", "The disk is full."))
    banner.notify(Notice("info", "Saved a.mp4."))
    qtbot.waitUntil(lambda: banner.sentence == "The disk is full.", timeout=60_000)


@pytest.fixture
def styled(qapp: QApplication) -> Iterator[None]:
    """Apply the borders, paddings and fonts of the style sheet."""
    apply_theme(qapp)
    yield
    qapp.setStyleSheet("")


@pytest.mark.usefixtures("styled")
def test_sentences_are_fully_visible_at_any_width(place: QWidget, qtbot: QtBot) -> None:
    words = "The models cannot be loaded: the file rtmpose-s_256x192.onnx ends too early; wanted a whole ONNX file. "
    for width in range(240, 900, 11):
        place.resize(width, 500)
        banner = Banner(place)
        for kind, repeat, label in (("error", 2, "Locate file…"), ("info", 1, ""), ("warning", 1, "Retry")):
            banner.notify(Notice(kind, words * repeat + kind, label, (lambda: None) if label else None))  # type: ignore[arg-type]
        banner.fit()
        for card in shown(banner):
            assert card.text_is_whole, width
            assert card.geometry().right() < banner.width() <= width
            buttons = [child for child in card.findChildren(QAbstractButton) if child.isVisible()]
            assert all(card.rect().contains(child.geometry()) for child in buttons), width
        assert len(shown(banner)) >= 1, width
        banner.hide()
        banner.deleteLater()


def test_notices_without_room_are_shown_later(banner: Banner, place: QWidget) -> None:
    place.resize(300, 160)
    for number in range(3):
        banner.notify(Notice("error", f"Number {number} has a sentence that takes more than one line of its card."))
    assert len(shown(banner)) < 3
    seen = set()
    while shown(banner):
        assert banner.geometry().bottom() < 160
        seen.add(shown(banner)[0].accessibleName())
        shown(banner)[0].closed.emit()
    assert len(seen) == 3


def test_a_sentence_longer_than_the_window_can_be_scrolled(banner: Banner, place: QWidget) -> None:
    place.resize(260, 160)
    banner.notify(Notice("error", "Too long " * 100, "Retry", lambda: None))
    assert banner.geometry().bottom() < 160
    area = shown(banner)[0].findChildren(QTextEdit)[0]
    bar = area.verticalScrollBar()
    assert bar is not None
    assert bar.maximum() > 0


def test_bugs_and_bad_input_have_different_sentences() -> None:
    assert sentence_of(StanceError("There is no file 'a'.")) == "There is no file 'a'."
    assert "in Stance" in sentence_of(KeyError("a"))


def test_at_most_three_notices_cover_the_video_and_the_newest_is_seen(banner: Banner) -> None:
    sentences = [f"There is no take-{number}.mp4." for number in range(5)]
    for sentence in sentences:
        banner.notify(Notice("error", sentence))
    assert [card.accessibleName() for card in shown(banner)] == sentences[2:]
    shown(banner)[-1].closed.emit()
    assert [card.accessibleName() for card in shown(banner)] == sentences[1:4]


def test_all_notices_are_closed_at_once(banner: Banner, qtbot: QtBot) -> None:
    banner.notify(Notice("error", "The disk is full."))
    close = next(one for one in banner.findChildren(QPushButton) if one.text() == "Close all")
    assert not close.isVisible()
    for number in range(5):
        banner.notify(Notice("error", f"There is no {number}.mp4."))
    lowest = shown(banner)[-1].geometry()
    assert len(shown(banner)) == 3
    assert close.geometry().top() > lowest.bottom()
    assert banner.rect().contains(close.geometry())
    qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    assert banner.sentence == ""
    assert not banner.isVisible()

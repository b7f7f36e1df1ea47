"""Shows every sentence of the program as a notice and as a question, and prints what is cut; a script of its own.

``python -m tests.app.window.notice_walk LANGUAGE``, where QT_SCALE_FACTOR sets the pixels per point.
"""

from __future__ import annotations

import json
import string
import sys
from collections.abc import Iterator
from typing import Any

from PyQt6.QtCore import QRect, Qt
from PyQt6.QtWidgets import QApplication, QLabel, QMessageBox, QPushButton, QTextEdit

from app.core.assets import asset
from app.core.settings import Settings
from app.window.dialogs.confirm import confirm
from app.window.i18n.tr import tr
from app.window.i18n.translations import install
from app.window.main_window import MainWindow
from app.window.style.theme import apply_theme
from app.window.widgets.notice_card import NoticeCard
from app.window.widgets.notification import Notice
from app.zoo.catalogue import load_catalogue

SIZES = ((800, 500), (1280, 720))
LONG = "/home/ada/Videos/2026-11-29_morning_training_of_the_second_team_on_the_upper_field_camera-3_take-12.mp4"
"""What replaces a placeholder of text: long, with few places where a line may end."""


class Filled(string.Formatter):
    """Replaces each placeholder by ``text``, numbers by a long one."""

    def __init__(self, text: str) -> None:
        self._text = text

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        return self._text

    def format_field(self, value: Any, format_spec: str) -> str:
        return format(1234567.8, format_spec) if format_spec.endswith(("f", "e", "%")) else str(value)

    def convert_field(self, value: Any, conversion: str | None) -> Any:
        return value


def sentences(language: str) -> Iterator[str]:
    """Every sentence of the program, in ``language``, with its placeholders filled."""
    own = json.loads(asset("translations/stance_zh.json").read_text(encoding="utf-8"))
    below = json.loads(asset("translations/below_zh.json").read_text(encoding="utf-8"))
    longest = max(load_catalogue(), key=len)  # questions name networks of the catalogue, or numbers
    for english, chinese in {**own, **below["sentences"]}.items():
        if not english.rstrip().endswith((".", "?", "!")):
            continue  # a label
        filled = Filled(f"{longest}, {longest}" if is_question(english) else LONG)
        yield filled.format(chinese if language == "zh" else english)


def is_question(text: str) -> bool:
    """Whether ``text`` ends with a question mark, English or Chinese."""
    return text.rstrip().endswith(("?", "\uff1f"))


def cut_notice(card: NoticeCard) -> str:
    """What of a notice is cut; empty if it is whole. A sentence that is too high for the video scrolls."""
    (text,) = card.findChildren(QTextEdit)
    document, bar = text.document(), text.verticalScrollBar()
    assert document is not None
    assert bar is not None
    if document.idealWidth() > text.width():
        return f"text {document.idealWidth()} wide in {text.width()}"
    if bar.maximum() and card.height() < card.parentWidget().parentWidget().height() - 60:  # type: ignore[union-attr]
        return f"text scrolls in a card of {card.height()}"
    for button in card.findChildren(QPushButton):
        if not card.rect().contains(button.geometry()) or button.width() < button.minimumSizeHint().width():
            return f"button {button.text()!r} at {button.geometry()} in {card.rect()}"
    return ""


def cut_question(box: QMessageBox, room: tuple[int, int]) -> str:
    """What of a question is cut or beyond the screen; empty if it is whole."""
    if box.width() > room[0] or box.height() > room[1]:
        return f"{box.size()} on a screen of {room}"
    for label in box.findChildren(QLabel):
        wrap = Qt.TextFlag.TextWordWrap if label.wordWrap() else Qt.TextFlag.TextSingleLine
        wide = label.fontMetrics().boundingRect(QRect(0, 0, label.width(), 10_000), wrap, label.text()).width()
        if label.text() and (wide > label.width() or label.heightForWidth(label.width()) > label.height()):
            return f"text {wide} wide in {label.size()}"
    for button in box.findChildren(QPushButton):
        if button.width() < button.minimumSizeHint().width() or not box.rect().contains(button.geometry()):
            return f"button {button.text()!r}"
    return ""


def main(language: str) -> None:
    app = QApplication(sys.argv[:1])
    install(app, language)
    apply_theme(app)
    found, shown, asked = [], 0, 0
    window = MainWindow(Settings())
    window.show()
    window.video_stack.show_video()
    for size in SIZES:
        window.resize(*size)
        app.processEvents()
        banner = window.video_stack.banner
        for sentence in dict.fromkeys(sentences(language)):
            more = ((tr("Show in folder"), lambda: None),)
            banner.notify(Notice("warning", sentence, tr("Analyse anyway"), lambda: None, "walk", more))
            (card,) = banner.cards
            shown += 1
            if reason := cut_notice(card):
                found.append(f"notice at {size}: {reason}: {sentence}")
            banner.drop("walk")
            if is_question(sentence):
                box = confirm(window, sentence, tr("Analyse again"), lambda: None)
                app.processEvents()
                asked += 1
                if reason := cut_question(box, size):
                    found.append(f"question at {size}: {reason}: {sentence}")
                box.done(0)
    sys.stdout.write(json.dumps([found, shown, asked]))
    window.close()


if __name__ == "__main__":
    main(sys.argv[1])

"""Everything that the window shows, in Chinese too."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from string import Formatter

import pytest
from PyQt6.QtWidgets import QApplication, QDialogButtonBox
from pytestqt.qtbot import QtBot

from app.window.language import install, system_language, texts_of
from app.window.words import tr
from tests.conftest import ROOT

WAYS = ("tr", "later")


def literals() -> Iterator[tuple[str, str | None]]:
    """Where texts are written in the window: None where one is no literal."""
    for path in sorted((ROOT / "app" / "window").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WAYS:
                first = node.args[0] if node.args else None
                if node.func.id == "tr" and isinstance(first, ast.Name | ast.Attribute):
                    continue  # a name of what was marked where it stands
                text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
                yield f"{path.name}:{node.lineno}", text


def missing(language: str) -> list[str]:
    """The texts of the window that nobody has put into ``language`` yet."""
    known = texts_of(language)
    return list(dict.fromkeys(text for _, text in literals() if text is not None and text not in known))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.fixture
def chinese(qapp: QApplication) -> Iterator[QApplication]:
    install(qapp, "zh")
    yield qapp
    install(qapp, "en")


def test_every_text_is_a_literal() -> None:
    assert [place for place, text in literals() if text is None] == []


def test_every_text_has_a_chinese_one() -> None:
    todo = json.dumps(dict.fromkeys(missing("zh"), ""), ensure_ascii=False, indent=2)
    assert not missing("zh"), f"assets/translations/stance_zh.json lacks:\n{todo}"


def test_translations_keep_the_placeholders_and_nothing_is_left_over() -> None:
    known = texts_of("zh")
    assert {text for text, theirs in known.items() if placeholders(text) != placeholders(theirs)} == set()
    assert set(known) - {text for _, text in literals()} == set()


def test_the_window_and_qt_speak_the_chosen_language(chinese: QApplication, qtbot: QtBot) -> None:
    assert tr("Settings") == "设置"
    assert tr("The file of {name}", name="hrnet") == texts_of("zh")["The file of {name}"].format(name="hrnet")
    assert tr("Nobody has translated this.") == "Nobody has translated this."
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    qtbot.addWidget(box)
    assert box.buttons()[0].text() == "取消"
    install(chinese, "en")
    assert tr("Settings") == "Settings"


def test_an_unknown_system_speaks_english() -> None:
    assert system_language() in ("en", "zh")

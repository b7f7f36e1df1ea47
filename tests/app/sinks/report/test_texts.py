"""All texts of reports have Chinese translations."""

from __future__ import annotations

import ast
import json
from string import Formatter

from app.analysis.measure_rows import TITLES
from app.core.message import Message, foreign
from app.sinks.report.texts import Texts
from tests.conftest import ROOT

MARKERS = ("text", "later")
TABLE = ROOT / "assets" / "translations" / "report_zh.json"


def literals() -> set[str | None]:
    """The literal texts in the source of reports; None for a text that is neither a literal nor marked elsewhere."""
    found: set[str | None] = set()
    for path in sorted((ROOT / "app" / "sinks" / "report").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKERS:
                (first,) = node.args
                if isinstance(first, ast.Constant):
                    found.add(str(first.value))
                elif not isinstance(first, ast.Name | ast.Attribute | ast.Subscript):
                    found.add(None)
    return found


def test_all_texts_have_a_translation_and_no_other_has() -> None:
    assert literals() | set(TITLES) == {""} | set(json.loads(TABLE.read_text(encoding="utf-8")))


def test_translations_keep_the_placeholders() -> None:
    def placeholders(text: str) -> set[tuple[str | None, str | None]]:
        return {(name, form) for _, name, form, _ in Formatter().parse(text) if name is not None}

    table = json.loads(TABLE.read_text(encoding="utf-8"))
    assert [english for english, text in table.items() if placeholders(english) != placeholders(text)] == []


def test_sentences_of_other_parts_are_translated_with_their_values() -> None:
    message = Message("The output {path} cannot be written: {reason}.", path="a", reason=foreign("File too large"))
    assert Texts("en").sentence(message) == "The output a cannot be written: File too large."
    assert Texts("zh").sentence(message) == "无法写入输出 a：文件太大。"
    assert Texts("zh").sentence("Nobody has translated this.") == "Nobody has translated this."

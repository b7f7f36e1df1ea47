"""The errors that reports state are those of the documents."""

from __future__ import annotations

import json
import re

from app.sinks.report.accuracy import FIGURES, MEASURES, accuracy_section
from app.sinks.report.texts import Texts
from tests.conftest import ROOT

DOCUMENT = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")


def documented() -> list[list[str]]:
    """The figures of the table in the document, row by row."""
    _, _, section = DOCUMENT.partition("## Figures in reports\n")
    rows = re.findall(r"^\| ([a-z ]+) \| (.+) \| (.+) \|$", section.split("\n## ")[0], re.MULTILINE)
    return [[value, other] for name, value, other in rows if name != "measure"]


def test_reports_state_the_documented_errors() -> None:
    section = accuracy_section(Texts("en"))
    stated = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr><th.*?</tr>", section)[1:]]
    assert stated == documented()
    assert len(stated) == len(MEASURES)


def test_there_is_a_figure_for_each_measure_and_no_other() -> None:
    figures = json.loads((ROOT / "assets" / FIGURES).read_text(encoding="utf-8"))
    assert set(figures) == set(MEASURES)
    assert {camera for row in figures.values() for camera in row} == {"side", "oblique"}

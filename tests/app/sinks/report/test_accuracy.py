"""The errors that reports state are those of the documents."""

from __future__ import annotations

import json
import re

import pytest

from app.sinks.report.accuracy import FIGURES, MEASURES, accuracy_section
from app.sinks.report.texts import Texts
from tests.conftest import ROOT

DOCUMENT = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")


def documented(first: int) -> list[list[str]]:
    """The figures in two columns of the table in the document, row by row."""
    _, _, section = DOCUMENT.partition("## Figures in reports\n")
    rows = re.findall(r"^\| ([a-z ]+) \| (.+) \|$", section.split("\n## ")[0], re.MULTILINE)
    return [cells.split(" | ")[first : first + 2] for name, cells in rows if name != "measure"]


@pytest.mark.parametrize(("smoothed", "first"), [(False, 0), (True, 2)])
def test_reports_state_the_documented_errors(smoothed: bool, first: int) -> None:
    section = accuracy_section(Texts("en"), smoothed=smoothed)
    stated = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr><th.*?</tr>", section)[1:]]
    assert stated == documented(first)
    assert len(stated) == len(MEASURES)


def test_smoothed_angles_are_those_of_the_table_of_true_motions() -> None:
    for row, joint in zip(documented(2), ("hip", "knee", "ankle", "shoulder", "elbow"), strict=False):
        (side, oblique) = re.findall(rf"^\| {joint}, degrees \| \S+ → (\S+) \| \S+ → (\S+) \|", DOCUMENT, re.MULTILINE)[
            0
        ]
        assert row == [f"{float(side):g}°", f"{float(oblique):g}°"]


def test_there_is_a_figure_for_each_measure_and_no_other() -> None:
    for figures in json.loads((ROOT / "assets" / FIGURES).read_text(encoding="utf-8")).values():
        assert set(figures) == set(MEASURES)
        assert {camera for row in figures.values() for camera in row} == {"side", "oblique"}

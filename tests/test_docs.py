"""The documents name files, classes and constants that exist."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest

from tests.conftest import ROOT

DOCUMENTS = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "SECURITY.md"]
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"\b(?:app|assets|docs|export|models|tests)/[\w./-]*\w")
MODULE = re.compile(r"\b(?:app|export|tests)(?:\.\w+)+")
NAME = re.compile(r"\b(?:[A-Z][a-z0-9]+){2,}\b|\b[A-Z]+(?:_[A-Z]+)+\b")
PLACEHOLDER = "_xx."
"""Part of a file name that stands for a language."""
OF_OTHER_PROGRAMS = {"SCHED_IDLE", "TimeSeriesTable"}


def code_in(path: Path) -> list[str]:
    """What a document marks as code within a line."""
    return CODE.findall(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_paths_and_modules_exist(path: Path) -> None:
    named = [name for code in code_in(path) for name in PATH.findall(code) if PLACEHOLDER not in name]
    modules = ["/".join(name.split(".")[:2]) for code in code_in(path) for name in MODULE.findall(code)]
    missing = [name for name in named if not (ROOT / name).exists()]
    missing += [name for name in modules if not (ROOT / name).exists() and not (ROOT / f"{name}.py").exists()]
    assert missing == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_classes_and_constants_exist(path: Path) -> None:
    files = chain((ROOT / "app").rglob("*.py"), (ROOT / "export").rglob("*.py"), [ROOT / "stance.py"])
    source = "\n".join(file.read_text(encoding="utf-8") for file in files)
    named = {name for code in code_in(path) for name in NAME.findall(code)} - OF_OTHER_PROGRAMS
    assert sorted(name for name in named if not re.search(rf"\b{name}\b", source)) == []

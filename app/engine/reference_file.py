"""Reads a motion to compare with, from the files that can hold one."""

from __future__ import annotations

from pathlib import Path

from app.analysis import Analysis
from app.core.errors import StanceError
from app.project.kept_edits import read_analysis
from app.project.project_file import open_project
from app.sinks.jsonl_reader import read_recording
from app.sinks.trc_reader import read_trc

ENDINGS = (".stance", ".jsonl", ".trc")


def read_reference(path: Path) -> Analysis:
    """The people in ``path``: a project (its analysis used last), JSON lines, or a .trc file.

    Raises StanceError if the file cannot be read or has no people.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise StanceError("{path} is no motion: wanted {endings}.", path=path, endings=", ".join(ENDINGS))
    if ending == ".trc":
        return read_trc(path)
    analysis = read_recording(path).analysis() if ending == ".jsonl" else _of_project(path)
    if not analysis.ids():
        raise StanceError("{path} has no people: wanted a motion to compare with.", path=path)
    return analysis


def _of_project(path: Path) -> Analysis:
    with open_project(path) as project:
        runs = project.runs()
    if not runs:
        raise StanceError("{path} has no people: wanted a motion to compare with.", path=path)
    return read_analysis(path, runs[0])

"""The lines of ``--check``: what limits the accuracy of a recording."""

from __future__ import annotations

from collections.abc import Iterator

from app.analysis.recording_check import RecordingCheck


def check_lines(check: RecordingCheck) -> Iterator[str]:
    """A line for each finding, or one that says that there is none."""
    if not check.is_judged:
        yield "check: the recording is too short to be judged"
        return
    findings = check.findings()
    if not findings:
        yield "check: nothing was found that limits the accuracy"
    for finding in findings:
        yield f"check: {finding.message}"

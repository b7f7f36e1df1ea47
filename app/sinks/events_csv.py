"""Tables of events: contacts of the feet, steps, strides, jumps and repetitions, one per row."""

from __future__ import annotations

import csv
from dataclasses import astuple
from math import isfinite
from pathlib import Path

from app.analysis.event_spans import COLUMNS, EventSpan, event_spans
from app.overlay import DrawStyle
from app.sinks import Header
from app.sinks.whole_file import WholeFile

PIXEL_DIGITS, DIGITS = 1, 4
"""Decimals of lengths in pixels, and of all other values."""


class EventsCsv(WholeFile):
    """Writes ``path`` when it is closed: ``id``, ``name`` and the columns of ``EventSpan``, in order of ids and times.

    Names and the keypoint threshold come from ``style``; repetitions are those of the angle that the ``header`` names.
    A cell is empty where a value has no meaning or is unknown. Where keypoints may be filled in, the last column is the
    fraction of them that were, from the start of an event to its end.

    Raises StanceError if the file is locked or cannot be written.
    """

    def __init__(self, path: Path, header: Header, style: DrawStyle) -> None:
        super().__init__(path, header)
        self._style = style

    def make(self, path: Path) -> None:
        """Write the table. Raises OSError if that fails."""
        with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(["id", "name", *COLUMNS, *(["filled"] if self.header.filled else [])])
            for number, measures in self.measures(self._style).items():
                name = self._style.names.get(number, "")
                rows.writerows(
                    [number, name, *_cells(row), *self._filled(number, row)] for row in event_spans(measures)
                )

    def _filled(self, number: int, event: EventSpan) -> list[float]:
        """The last cell of ``event`` of person ``number``, where keypoints may be filled in."""
        if not self.header.filled:
            return []
        start_s, end_s = (time_s if isfinite(time_s) else event.at_s for time_s in (event.start_s, event.end_s))
        return [round(self.people.filled_share(number, start_s, end_s), 4)]


def rounded(row: EventSpan) -> list[str | float | None]:
    """The values of an event, rounded; None where a value has no meaning or is unknown."""
    values = zip(COLUMNS, astuple(row), strict=True)
    digits = {"length": PIXEL_DIGITS if row.unit == "px" else DIGITS}
    return [
        (value or None)
        if isinstance(value, str)
        else (round(value, digits.get(name, DIGITS)) + 0.0 if isfinite(value) else None)
        for name, value in values
    ]


def _cells(row: EventSpan) -> list[str | float]:
    return ["" if value is None else value for value in rounded(row)]

"""JSON lines whose last line has the events and measures of all people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any

from app.analysis.event_spans import COLUMNS, event_spans
from app.analysis.measure_rows import measure_rows
from app.analysis.measures import Measures
from app.analysis.track_builder import TrackBuilder
from app.core.people import Frame, FramePoses
from app.sinks import Header
from app.sinks.events_csv import rounded
from app.sinks.film_clock import FilmClock
from app.sinks.jsonl import JsonLines
from app.sinks.whole_file import measures_of_people


class JsonLinesWithEvents:
    """Passes frames to ``lines``; when it is closed, a last line is written, ``{"events": [...], "measures": [...]}``.

    Both lists have one object for each person, with ``id``. Keypoints below ``threshold`` are unknown.
    """

    def __init__(self, lines: JsonLines, header: Header, threshold: float) -> None:
        self._lines = lines
        self._header = header
        self._threshold = threshold
        self._clock = FilmClock(header.fps) if header.live else None
        self._people = TrackBuilder(header.skeleton)
        self._is_closed = False

    @property
    def paths(self) -> Sequence[Path]:
        """The file."""
        return self._lines.paths

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame's line. Raises StanceError if the file cannot be written."""
        self._lines.write(frame, poses, name)
        if self._clock is not None:
            poses = replace(poses, time_s=self._clock.place_s(poses.time_s))
        self._people.add(poses)

    def close(self) -> None:
        """Write the last line and close the file; idempotent. Raises StanceError if that fails."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            measures = measures_of_people(self._people, self._header, self._threshold)
            self._lines.add_line(_line(measures))
        finally:
            self._lines.close()


def _line(measures: dict[int, Measures]) -> str:
    events = [{"id": number} | event for number, found in measures.items() for event in _events(found)]
    summaries = [{"id": number} | one for number, found in measures.items() for one in _summary(found)]
    return json.dumps({"events": events, "measures": summaries}, separators=(",", ":"), ensure_ascii=False)


def _events(measures: Measures) -> list[dict[str, Any]]:
    """Each event as an object, without unknown values."""
    rows = (zip(COLUMNS, rounded(row), strict=True) for row in event_spans(measures))
    return [{name: value for name, value in row if value is not None} for row in rows]


def _summary(measures: Measures) -> list[dict[str, Any]]:
    """Each measure and each range of motion as an object, without unknown values."""
    found = []
    for row in measure_rows(measures):
        values = {"value": row.both, "left": row.left, "right": row.right}
        known = {name: round(value, 4) for name, value in values.items() if isfinite(value)}
        found.append({"measure": row.title} | ({"unit": row.unit} if row.unit else {}) | known)
    for one in measures.ranges:
        lowest, highest = round(one.lowest, 4), round(one.highest, 4)
        found.append(
            {"measure": "Range of motion", "angle": one.angle, "unit": "°", "lowest": lowest, "highest": highest}
        )
    return found

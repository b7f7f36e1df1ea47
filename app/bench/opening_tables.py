"""Formats the measurements of opening a kept clip as a table."""

from __future__ import annotations

from typing import Any

from app.evaluate.table import number, table

TITLES = {
    "opened": "seconds to the video",
    "skeleton": "seconds to the first skeleton",
    "timeline": "seconds to the people on the timeline",
    "people": "seconds to the table of people",
    "plots": "seconds to the plots",
    "measures": "seconds to the measures",
}
PANELS = {"people": "with the table of people", "panels": "with plots and measures too"}


def opening(figures: dict[str, Any]) -> str:
    """Table of ``measure_opening``'s figures."""
    parts = [f"{figures['frames']} frames, people: {figures['people']}, project of {figures['project_mb']:.1f} MB"]
    for which, title in PANELS.items():
        known = figures["opening"][which]
        rows = [[title, "median", "least", "most"]]
        values = [(name, known["reached_s"][part], 2) for part, name in TITLES.items() if part in known["reached_s"]]
        values += [
            ("longest event loop stall, ms", known["stall_ms"], 0),
            (f"event loop stalls over {figures['limit_ms']:g} ms", known["stalls"], 0),
            ("seconds of processor time", known["cpu_s"], 2),
        ]
        rows += [
            [name, *(number(value[one], digits) for one in ("median", "least", "most"))]
            for name, value, digits in values
        ]
        parts += ["", table(rows)]
    return "\n".join([*parts, "", f"opened {figures['repeats']} times each, in alternation"])

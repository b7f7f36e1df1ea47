"""Formats figures as a table or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import isfinite
from typing import Any


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as text; the first column is left-aligned, the others right-aligned."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for first, *others in rows:
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def number(value: float, digits: int = 2) -> str:
    """A figure as text; "-" if it is not finite."""
    return f"{value:.{digits}f}" if isfinite(value) else "-"


def as_json(figures: dict[str, Any]) -> str:
    """The figures as a JSON object; values that are not finite are null."""
    return json.dumps(_plain(figures), indent=1, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, float):
        return round(value, 6) if isfinite(value) else None
    return value

"""Figures for a person and for a program: rows of cells, or one JSON object."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import isfinite
from typing import Any


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells, the first column flush left, the others flush right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for first, *others in rows:
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def number(value: float, digits: int = 2) -> str:
    """A figure, or a dash where there was nothing to measure on."""
    return f"{value:.{digits}f}" if isfinite(value) else "-"


def as_json(figures: dict[str, Any]) -> str:
    """One object; what there was nothing to measure on is null."""
    return json.dumps(_plain(figures), indent=1, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, float):
        return round(value, 6) if isfinite(value) else None
    return value

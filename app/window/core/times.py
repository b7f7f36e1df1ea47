"""Times as shown and typed."""

from __future__ import annotations

import re
from math import floor

from app.window.i18n.tr import tr

HALF_MS = 0.0005
PENDING = "…"
"""Shown for the time or number of a frame that was asked for and is not read yet."""
TYPED = re.compile(r"(?:(?:(\d{1,4}):)?(\d{1,6}):)?(\d{1,9}(?:[.,]\d{0,9})?|[.,]\d{1,9})")


def precise_clock(seconds: float) -> str:
    """1:02.345, or 1:01:02.345 from an hour on."""
    minutes, ms = divmod(max(floor(seconds * 1000 + 0.5), 0), 60_000)
    hours, minutes = divmod(minutes, 60)
    front = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{front}:{ms // 1000:02d}.{ms % 1000:03d}"


def clock(seconds: float) -> str:
    """Whole seconds as 1:02, or 1:01:02 from an hour on: for a time that runs."""
    return precise_clock(floor(max(seconds, 0.0))).partition(".")[0]


def duration(seconds: float) -> str:
    """Whole seconds as "12 s", from a minute on as "1 min 12 s": reads as a length of time, not as a position."""
    minutes, rest = divmod(floor(max(seconds, 0.0)), 60)
    return tr("{minutes} min {s} s", minutes=minutes, s=rest) if minutes else tr("{s} s", s=rest)


def typed_seconds(text: str) -> float | None:
    """``text`` in seconds: 62.345, 1:02.345 or 1:01:02,5; None if it is not a time."""
    found = TYPED.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes, seconds = found.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds.replace(",", "."))

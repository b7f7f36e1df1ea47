"""Checks that a source has a frame at the time at which a run starts."""

from __future__ import annotations

from app.core.errors import StanceError
from app.sources import Source


def check_start(source: Source, start_s: float) -> None:
    """Raise StanceError if ``start_s`` (seconds) is after the end of ``source``, or is not 0 and the source is live.

    May leave the source at another position. The real end of a file counts, whether it declares a later or an earlier
    one.
    """
    if start_s <= 0:
        return
    if source.live:
        raise StanceError(
            "{source} is live and cannot start at {start_s:g} s: wanted no start time, or a file.",
            source=source.name,
            start_s=start_s,
        )
    declared_s = source.duration_s or 0.0
    if source.still and start_s < declared_s:
        return
    source.seek(start_s)
    last = source.read()
    if last is None or source.read() is not None:
        return
    missing_from_s = _missing_from_s(source)
    if missing_from_s is not None and start_s > missing_from_s:
        raise StanceError(
            "There is nothing at the start {start_s:g} s: {source} ends at {end_s:.2f} s of {declared_s:.2f} s.",
            start_s=start_s,
            source=source.name,
            end_s=missing_from_s,
            declared_s=declared_s,
        )
    if start_s < declared_s:
        return
    end_s = last.time_s if source.still else max(declared_s, last.time_s + 1 / (source.fps or float("inf")))
    latest_s = max(end_s, round(end_s, 2))  # the number in the sentence is accepted
    if start_s > latest_s:
        raise StanceError(
            "The start {start_s:g} s is after the end of {source}: wanted at most {latest_s:.2f} s.",
            start_s=start_s,
            source=source.name,
            latest_s=latest_s,
        )


def _missing_from_s(source: Source) -> float | None:
    """Where a video file that was read to its end has its end, in seconds, if it declares a later one."""
    from app.sources.file import VideoFile

    return source.missing_from_s if isinstance(source, VideoFile) else None

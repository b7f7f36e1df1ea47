"""Shifts the timestamps of a live source so that data start at 0, as the recorded video does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.core.message import Message
from app.core.people import Frame, FramePoses
from app.sinks import Sink, unwritten
from app.sinks.film_clock import FilmClock


class FromZero:
    """Passes frames to ``sink`` with the timestamps of the video written beside it; the first is 0.

    ``fps`` is the nominal frame rate, None for 30.
    """

    def __init__(self, sink: Sink, fps: float | None) -> None:
        self._sink = sink
        self._clock = FilmClock(fps)

    @property
    def paths(self) -> Sequence[Path]:
        """The files that the sink has created so far."""
        return self._sink.paths

    @property
    def unwritten(self) -> Message:
        """Why the sink created no file; empty if it did."""
        return next(iter(unwritten([self._sink])), Message(""))

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame. Raises StanceError if the file cannot be written."""
        time_s = self._clock.place_s(poses.time_s)
        self._sink.write(replace(frame, time_s=time_s), replace(poses, time_s=time_s), name)

    def close(self) -> None:
        """Finish the file; idempotent."""
        self._sink.close()

"""What the engine tells a face: finished frames, events, and how it went so far."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from app.people import Frame, FramePoses


@dataclass(frozen=True, slots=True)
class Result:
    """One processed frame: ``taken_s`` is the monotonic time at which it was read (of a file:
    looked at), ``name`` a still picture's file.

    ``stage_ms`` are the milliseconds of each stage for this frame: none where its people were known already.
    ``analysed`` is False where nobody was looked for.
    """

    frame: Frame
    poses: FramePoses
    taken_s: float
    stage_ms: dict[str, float]
    name: str = ""
    analysed: bool = True


@dataclass(frozen=True, slots=True)
class EngineEvent:
    """Something a person should know. ``error`` is what ended a thread, where it was an exception.

    "moved" is that networks run elsewhere than they began: the log tells it too.
    """

    kind: Literal["ended", "error", "lost", "live", "moved", "notice"]
    message: str = ""
    error: BaseException | None = None


@dataclass(slots=True)
class Statistics:
    """What the engine did so far; milliseconds of the last 20,000 frames for each stage."""

    frames: int = 0
    people: int = 0
    dropped: int = 0
    unrecorded: int = 0
    started_s: float = field(default_factory=time.perf_counter)
    stage_ms: dict[str, deque[float]] = field(default_factory=dict)

    def note(self, stage: str, ms: float) -> None:
        """Remember one more measurement."""
        self.stage_ms.setdefault(stage, deque(maxlen=20_000)).append(ms)

    @property
    def fps(self) -> float:
        """Frames a second since the start."""
        return self.frames / max(time.perf_counter() - self.started_s, 1e-9)

"""What the engine reports: finished frames, events, statistics."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from app.core.message import Message
from app.core.people import Frame, FramePoses

NO_MESSAGE = Message("")


@dataclass(frozen=True, slots=True)
class Result:
    """One processed frame.

    ``taken_s`` is the monotonic time at which it was read (for files: processed), ``name`` the file of a still picture.
    ``stage_ms`` are the milliseconds of each stage; empty where the people were known already. ``analysed`` is False
    where no pipeline has processed the frame. ``preview``: the background pass has not reached the frame yet; these
    people are not kept.
    """

    frame: Frame
    poses: FramePoses
    taken_s: float
    stage_ms: dict[str, float]
    name: str = ""
    analysed: bool = True
    preview: bool = False


@dataclass(frozen=True, slots=True)
class EngineEvent:
    """An event for the user. ``error`` is the exception that ended a thread or a sink, if any.

    "ended": the source is at its end. "error": a thread has failed. "sink": a sink has failed and is closed, all else
    continues. "device_changed": networks have changed their device, which is logged too. "lost" and "live": the
    connection to a live source. "late": live pictures are shown later, because the pose model needs the next frames.
    "slow": frames are missing from a recording, because the disk or the processor is too slow.
    """

    kind: Literal["ended", "error", "lost", "live", "device_changed", "notice", "late", "sink", "slow"]
    message: Message = NO_MESSAGE
    error: BaseException | None = None


@dataclass(slots=True)
class Statistics:
    """Counts since the start, and the milliseconds of each stage for the last 20,000 frames with the same pipeline.

    ``unrecorded`` frames are missing from recordings; ``slow_part`` ("disk" or "processor") is why.
    """

    frames: int = 0
    people: int = 0
    dropped: int = 0
    unrecorded: int = 0
    slow_part: str = ""
    started_s: float = field(default_factory=time.perf_counter)
    stage_ms: dict[str, deque[float]] = field(default_factory=dict)

    def note(self, stage: str, ms: float) -> None:
        """Add one measurement of ``stage``, in milliseconds."""
        self.stage_ms.setdefault(stage, deque(maxlen=20_000)).append(ms)

    def forget_stages(self) -> None:
        """Drop all measurements of stages: other models begin."""
        self.stage_ms.clear()

    @property
    def fps(self) -> float:
        """Frames per second since the start."""
        return self.frames / max(time.perf_counter() - self.started_s, 1e-9)

"""Where results go: one small class a kind of file, all of the same shape."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.people import Frame, FramePoses
from app.skeleton import Skeleton


@dataclass(frozen=True, slots=True)
class Header:
    """What is known before the first frame; written at the head of the files that have one.

    ``size`` is (width, height) in pixels, ``fps`` the nominal rate or None, ``source_file`` the video whose
    sound goes along (None where there is none).
    """

    source: str
    size: tuple[int, int]
    fps: float | None
    skeleton: Skeleton
    pose_model: str
    detector: str
    device_requested: str
    device_actual: str
    source_file: Path | None = None
    still: bool = False


class Sink(Protocol):
    """Takes every frame's people in order; used by one thread."""

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame; ``name`` is the file name of a still picture. Raises StanceError where the disk refuses."""
        ...

    def close(self) -> None:
        """Finish the file so that any reader opens it; idempotent."""
        ...

"""A clip played as a camera: frames come at their own pace and are dropped if not read in time."""

from __future__ import annotations

import time

from app.core.people import Frame
from app.sources.file import VideoFile


class Camera:
    """The frames of ``clip`` at ``fps`` frames per second for ``seconds`` seconds."""

    live = True
    still = False
    name = "camera"
    frames: int | None = None
    duration_s: float | None = None

    def __init__(self, clip: VideoFile, fps: float, seconds: float) -> None:
        self.size = clip.size
        self.fps: float | None = fps
        self._clip = clip
        self._wait_s = 1 / fps
        self._left = round(fps * seconds)

    def read(self) -> Frame | None:
        time.sleep(self._wait_s)
        self._left -= 1
        return self._clip.read() if self._left >= 0 else None

    def seek(self, time_s: float) -> None:
        """A camera has nothing to seek in."""

    def seek_index(self, index: int) -> None:
        """A camera has nothing to seek in."""

    def frame_name(self, index: int) -> str:
        return ""

    def close(self) -> None:
        self._clip.close()

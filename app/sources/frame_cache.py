"""A file whose last frames are kept, so that going back to them takes no time."""

from __future__ import annotations

from app.people import Frame
from app.sources import Source

KEPT_BYTES = 384 * 2**20
"""Two seconds of full HD, and more of smaller pictures."""

BACK_S = 0.5
"""Who goes back so far is likely to go on doing so: the frames on the way are kept too."""

SLACK_S = 1e-6


class Kept:
    """``source`` with a memory of about ``most_bytes``: the same frames in the same order, only sooner."""

    def __init__(self, source: Source, most_bytes: int = KEPT_BYTES) -> None:
        self._source = source
        self._most_bytes = most_bytes
        self._bytes = 0
        self._frames: dict[int, Frame] = {}
        self._next: int | None = None
        self._behind: int | None = None
        self._closed = False
        self.name = source.name
        self.size = source.size
        self.fps = source.fps
        self.frames = source.frames
        self.duration_s = source.duration_s
        self.live = source.live
        self.still = source.still

    def read(self) -> Frame | None:
        """The next frame, or None at the end and after ``close``. Raises StanceError for damage."""
        if self._closed:
            return None
        kept = self._frames.get(self._next) if self._next is not None else None
        if kept is None:
            kept = self._go_on()
        if kept is not None:
            self._next = kept.index + 1
        return kept

    def seek(self, time_s: float) -> None:
        """Make the next ``read`` give the frame that is shown at ``time_s``."""
        shown = self._shown_at(time_s)
        if shown is None:
            last = self._frames.get((self._next or 0) - 1)
            goes_back = last is not None and 0 < last.time_s - time_s <= 2 * BACK_S
            self._source.seek(max(time_s - BACK_S, 0.0) if goes_back else time_s)
            self._next = self._behind = None
            while goes_back and (shown := self._shown_at(time_s)) is None and self._go_on() is not None:
                pass
        self._next = shown.index if shown else None

    def frame_name(self, index: int) -> str:
        """The file name of a still picture; empty for others."""
        return self._source.frame_name(index)

    def close(self) -> None:
        """Let go of the source."""
        self._closed = True
        self._source.close()

    def _go_on(self) -> Frame | None:
        """The frame that is wanted next, from the source."""
        wanted = self._next
        if wanted is not None and self._behind is not None and wanted != self._behind + 1:
            before = self._frames.get(wanted - 1)
            if before is not None:
                self._source.seek(before.time_s)
                self._source.read()
        frame = self._source.read()
        if frame is not None:
            self._behind = frame.index
            self._keep(frame)
        return frame

    def _keep(self, frame: Frame) -> None:
        if frame.index in self._frames:
            return
        self._frames[frame.index] = frame
        self._bytes += frame.image.nbytes
        while self._bytes > self._most_bytes and len(self._frames) > 2:  # it takes two to know where one is
            self._bytes -= self._frames.pop(next(iter(self._frames))).image.nbytes

    def _shown_at(self, time_s: float) -> Frame | None:
        """The kept frame that is shown at ``time_s``, where that is certain: where its follower is kept too."""
        for index, frame in self._frames.items():
            follower = self._frames.get(index + 1)
            if follower is not None and frame.time_s <= time_s + SLACK_S < follower.time_s:
                return frame
        return None

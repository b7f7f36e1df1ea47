"""The frames that wait for the worker, and the position in the source: play, pause, step, seek, range, loop."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf, nextafter

from app.core.people import Frame
from app.engine.results import Statistics
from app.sources import Source

READ_AHEAD = 8
"""Decoded frames of a file that wait for the worker."""


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """Read in ``epoch``; first call ``go``, if there is one, which moves the source.

    ``beyond``: whether reading goes on beyond the end of the range. None: if the first frame is there already.
    """

    epoch: int
    go: Callable[[], object] | None = None
    beyond: bool | None = None


@dataclass(frozen=True, slots=True)
class QueuedFrame:
    """A frame that waits for the worker, the seek it belongs to, and when it was read; no frame is the end."""

    frame: Frame | None
    epoch: int
    taken_s: float


class FrameQueue:
    """Frames on their way from the reader to the worker; any thread may call it.

    Frames of a file wait in order; of a live source only the newest frame waits. The worker gets a frame when
    ``frames_after`` further ones wait behind it (fewer at the end); that many more wait of a live source. Each seek
    begins a new ``epoch``, and frames of earlier epochs are dropped. While it is not ``playing``, the worker gets one
    frame for each step or seek. All of them wait on ``changed``. After ``stopping`` nothing is read or processed.
    """

    def __init__(
        self, source: Source, statistics: Statistics, *, start_s: float, end_s: float | None, paused: bool
    ) -> None:
        self.changed = threading.Condition()
        self.playing = not paused
        self.stopping = False
        self.epoch = 0
        self.end_s = end_s
        self.frames_after = 0
        self._source = source
        self._statistics = statistics
        self._start_s = start_s
        self._loop = False
        self._steps = 0
        self._order = ReadOrder(0, partial(source.seek, start_s)) if start_s else ReadOrder(0, beyond=False)
        self._order_is_new = True
        self._finished: Frame | None = None  # the last one in this epoch
        self._at_end = False
        self._reading_done = False
        self._queue: deque[QueuedFrame] = deque()

    # Control, from any thread.

    def play(self) -> None:
        """Play; from the start where the file is at its end."""
        with self.changed:
            if self._at_end and not self.playing and not self._queue:
                self._seek(partial(self._source.seek, self._start_s))
            self.playing = True
            self.changed.notify_all()

    def pause(self) -> None:
        """Pause at the shown frame."""
        with self.changed:
            self.playing = False
            self.changed.notify_all()

    def step(self) -> None:
        """Let one more frame pass, and pause."""
        with self.changed:
            self.playing = False
            self._steps += 1
            self.changed.notify_all()

    def seek(self, go: Callable[[], None]) -> None:
        """Continue where ``go`` moves the source (the reader calls it); while paused, let only that frame pass.

        That frame passes too if playing is paused before it comes.
        """
        with self.changed:
            self._seek(go)
            self._steps = 1

    def set_range(self, start_s: float, end_s: float | None, loop: bool) -> None:
        """Play from ``start_s`` to ``end_s``, again and again in a ``loop``.

        What is played goes on without a frame twice or left out; where it has just passed ``end_s``, the last frame of
        the range is shown again.
        """
        with self.changed:
            old_end_s = self.end_s
            self._start_s, self.end_s, self._loop = start_s, end_s, loop
            if end_s != old_end_s and not self._order_is_new:
                self._read_again(old_end_s)

    def wake(self) -> None:
        """Let every waiting thread check again what it waits for."""
        with self.changed:
            self.changed.notify_all()

    def stop(self) -> None:
        """End the reader and the worker after the frame in progress."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()

    # The reader's side.

    def wait_to_read(self) -> ReadOrder | None:
        """Wait while the source is at its end; returns the order to read by if it is new."""
        with self.changed:
            self.changed.wait_for(lambda: self.stopping or not self._at_end or self._order_is_new)
            is_new, self._order_is_new = self._order_is_new, False
            self._at_end = False
            return self._order if is_new else None

    def put(self, queued: QueuedFrame) -> None:
        """Add a frame, or the end; waits for room where the source is a file. Dropped frames are counted."""
        with self.changed:
            if queued.epoch != self.epoch:
                return
            if queued.frame is None:
                self._at_end = True
            elif self._source.live:
                while len(self._queue) > self.frames_after:
                    self._queue.popleft()
                    self._statistics.dropped += int(self.playing)
            else:
                self.changed.wait_for(
                    lambda: (
                        len(self._queue) < max(READ_AHEAD, 1 + self.frames_after)
                        or self.stopping
                        or queued.epoch != self.epoch
                    )
                )
            self._queue.append(queued)
            self.changed.notify_all()

    def end_reading(self) -> None:
        """No frame will be added any more."""
        with self.changed:
            self._reading_done = True
            self.changed.notify_all()

    # The worker's side.

    def take(self) -> QueuedFrame | None:
        """The next frame to process; waits for it, and while paused. None when there are no more."""

        def ready() -> bool:
            going = self.playing or self._steps > 0
            is_last = self._at_end or self._reading_done
            enough = len(self._queue) > self.frames_after or (bool(self._queue) and is_last)
            return self.stopping or (enough and going) or (not self._queue and self._reading_done)

        with self.changed:
            while True:
                self.changed.wait_for(ready)
                if self.stopping or not self._queue:
                    return None
                queued = self._queue.popleft()
                self.changed.notify_all()
                if queued.epoch == self.epoch:
                    return queued

    def waiting(self) -> list[Frame]:
        """The frames that wait, in order."""
        with self.changed:
            return [queued.frame for queued in self._queue if queued.frame is not None]

    def next_frame(self) -> Frame | None:
        """The first frame that waits, if any."""
        with self.changed:
            return self._queue[0].frame if self._queue else None

    def wait_while_playing(self, wait_s: float) -> None:
        """Wait ``wait_s`` seconds; shorter where it is paused, stepped, moved or stopped meanwhile."""
        with self.changed:
            epoch, steps = self.epoch, self._steps
            self.changed.wait_for(
                lambda: self.stopping or self.epoch != epoch or self._steps != steps or not self.playing,
                timeout=max(wait_s, 0),
            )

    def finish_frame(self, frame: Frame, epoch: int) -> bool:
        """Count a processed frame as a step; False where a seek has made it obsolete."""
        with self.changed:
            if epoch != self.epoch:
                return False
            self._finished = frame
            self._steps = max(self._steps - 1, 0)
            return True

    def reach_end(self, epoch: int) -> bool:
        """Go back to the start of a loop, or else pause; whether it has paused. After a seek do nothing."""
        with self.changed:
            if epoch != self.epoch:
                return False
            if self._loop and self.playing:
                self._seek(partial(self._source.seek, self._start_s))
                return False
            self.playing = False
            self._steps = 0
            return True

    def _read_again(self, old_end_s: float | None) -> None:
        """Read the frames after the last processed one again, because the end of the range has moved."""
        last, end_s = self._finished, self.end_s
        if last is None:  # the frame of the present order is still to come
            self._seek(self._order.go or partial(self._source.seek, 0.0), self._order.beyond)
            return
        is_beyond = end_s is not None and last.time_s >= end_s
        was_beyond = old_end_s is not None and last.time_s >= old_end_s
        if end_s is not None and is_beyond and not was_beyond and self.playing:
            self._seek(partial(self._source.seek, nextafter(end_s, -inf)))
            self._steps = 1
        else:
            self._seek(partial(self._skip_to, last.index), is_beyond)

    def _skip_to(self, index: int) -> None:
        self._source.seek_index(index)
        self._source.read()

    def _seek(self, go: Callable[[], object], beyond: bool | None = None) -> None:
        self.epoch += 1
        self._order, self._order_is_new = ReadOrder(self.epoch, go, beyond), True
        self._finished = None
        self._at_end = False
        self._queue.clear()
        self.changed.notify_all()

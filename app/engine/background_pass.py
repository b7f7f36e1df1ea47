"""Analyses a clip once from its start, while any part of it is shown."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from app.analysis import Analysis
from app.core.errors import StanceError, message_of
from app.core.people import Frame, FramePoses
from app.engine.clip_export import expected_frames
from app.engine.engine import STOP_TIMEOUT_S, Engine
from app.engine.results import EngineEvent, Result
from app.pipeline import Pipeline
from app.sources import Source
from app.system.threads import foreground_work, lower_priority

log = logging.getLogger(__name__)

PassState = Literal["running", "waiting", "ended", "failed", "stopped"]
"""``waiting``: paused, or waiting for foreground work to finish, after which it continues."""

NEWEST = 0.2
"""Weight of the newest frame in the moving average of the time per frame."""


class BackgroundPass:
    """Runs the engine of ``--headless`` over a clip and adds the people to ``analysis``.

    Owns its thread, its engine, its source (``open_clip`` is called in that thread) and ``pipeline``, which must not be
    used elsewhere: the result equals that of a run without a window, whatever is shown meanwhile. It pauses during
    ``foreground_work``. ``start_s``, ``end_s`` and ``limit`` are those of an ``Engine``. A pass runs once; other
    settings need another pass. ``restore`` is called first, in that thread: it returns the people of all frames if they
    are kept from an earlier pass, in parts each of which is added as one change, else None. ``on_frame`` is called with
    every frame after it was found and added, ``on_event`` with every event ("ended" when all is done), both from its
    threads.
    """

    def __init__(
        self,
        open_clip: Callable[[], Source],
        pipeline: Pipeline,
        analysis: Analysis,
        *,
        start_s: float = 0.0,
        end_s: float | None = None,
        limit: int | None = None,
        restore: Callable[[], Iterable[Sequence[FramePoses]] | None] = lambda: None,
        on_frame: Callable[[Result], None] = lambda result: None,
        on_event: Callable[[EngineEvent], None] = lambda event: None,
    ) -> None:
        self.analysis = analysis
        self.done = 0
        self.total: int | None = None
        self.start_s = self.until_s = start_s
        self._open_clip = open_clip
        self._pipeline: Pipeline | None = pipeline
        self._bounds: tuple[float, float | None, int | None] = (start_s, end_s, limit)
        self._restore = restore
        self._is_restoring = True
        self._on_frame = on_frame
        self._on_event = on_event
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._next: int | None = 0 if not start_s else None
        self._frame_s = 0.0
        self._since_s: float | None = None
        self._paused = False
        self._over: PassState | None = None
        self._thread = threading.Thread(target=self._run, name="stance-pass", daemon=True)

    # Control, from any thread.

    def start(self) -> None:
        """Start; once."""
        self._thread.start()

    def pause(self) -> None:
        """Pause after the frame in progress, until ``resume``."""
        self._paused = True
        self._follow()

    def resume(self) -> None:
        """Continue after ``pause``."""
        self._paused = False
        self._follow()

    def stop(self, wait_s: float = STOP_TIMEOUT_S) -> bool:
        """Stop; True if it has ended within ``wait_s`` seconds. Nothing is added after this call."""
        deadline = time.monotonic() + wait_s
        with self._lock:
            self._over = self._over or "stopped"
            engine = self._engine
        if engine is not None:
            engine.stop(wait_s)
        if self._thread.ident is not None:
            self._thread.join(max(deadline - time.monotonic(), 0))
        return not self._thread.is_alive()

    @property
    def state(self) -> PassState:
        """The present state."""
        return self._over or ("waiting" if self._paused or foreground_work.busy else "running")

    @property
    def share(self) -> float | None:
        """The analysed share of the clip, from 0 to 1; None if its length is unknown."""
        if self._over == "ended":
            return 1.0
        return min(self.done / self.total, 1.0) if self.total else None

    @property
    def is_restoring(self) -> bool:
        """Whether it is still looked up whether all frames are kept, or these are being added."""
        return self._is_restoring and self._over is None

    def comes_soon(self, frame: Frame, patience_s: float) -> bool:
        """Whether ``frame`` is the next one, or at the speed so far will be analysed within ``patience_s`` seconds."""
        with self._lock:
            if self.is_restoring:
                return True
            if self.state != "running":
                return False
            if self._next is None:
                return abs(frame.time_s - self.start_s) <= patience_s
            ahead = frame.index - self._next
            return ahead == 0 or 0 < ahead * self._frame_s <= patience_s

    # In its thread.

    def _run(self) -> None:
        try:
            if not self._is_restored():
                lower_priority()  # not before: the user waits for what is kept
                source = self._open_clip()
                try:
                    self._analyse(source)
                finally:
                    source.close()
        except StanceError as error:
            self._fail(error)
        except Exception as error:
            log.exception("the background pass ended with an error")
            self._fail(error)
        else:
            self._end("ended")

    def _is_restored(self) -> bool:
        """Whether nothing remains to be found; adds what is kept from an earlier pass."""
        kept = self._restore()
        for frames in filter(None, kept or ()):
            with self._lock:
                if self._over is not None:
                    return True
                self.analysis.add_all(frames)
                self.done += len(frames)
                self.until_s = frames[-1].time_s
        self._is_restoring = False
        return kept is not None

    def _analyse(self, source: Source) -> None:
        start_s, end_s, limit = self._bounds
        pipeline, self._pipeline = self._pipeline, None
        engine = Engine(
            source,
            pipeline,
            on_result=self._take,
            on_event=self._hear,
            start_s=start_s,
            end_s=end_s,
            limit=limit,
            paused=True,
        )
        with self._lock:
            if self._over is not None:
                return
            self._engine = engine
            self.total = expected_frames(source, start_s, end_s, limit)
        try:
            with foreground_work.listening(self._follow):
                self._follow()
                engine.start()
                engine.wait()
        finally:
            # Engine and pass refer to each other: without this the networks would stay until the garbage collection.
            engine.set_pipeline(None)
            with self._lock:
                self._engine = None

    def _follow(self) -> None:
        """Let the engine play or pause, as the present state requires."""
        with self._lock:
            self._since_s = None
            if self._engine is None:
                return
            if self.state == "running":
                self._engine.play()
            else:
                self._engine.pause()

    def _take(self, result: Result) -> None:
        now_s = time.monotonic()
        with self._lock:
            if self._over is not None:
                return
            self.analysis.add(result.poses)
            self.done += 1
            self._next, self.until_s = result.poses.index + 1, result.poses.time_s
            if self._since_s is not None:
                took_s = now_s - self._since_s
                self._frame_s += (NEWEST if self._frame_s else 1.0) * (took_s - self._frame_s)
            self._since_s = now_s
        self._on_frame(result)

    def _hear(self, event: EngineEvent) -> None:
        if event.kind not in ("ended", "error"):  # end and failure are reported when all is over
            self._on_event(event)

    def _fail(self, error: Exception) -> None:
        if self._end("failed"):
            self._on_event(EngineEvent("error", message_of(error), error))

    def _end(self, state: PassState) -> bool:
        """Change to ``state`` unless it is over already; reports the end. False if it was over."""
        with self._lock:
            if self._over is not None:
                return False
            self._over = state
        if state == "ended":
            self._on_event(EngineEvent("ended"))
        return True

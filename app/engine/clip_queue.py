"""A queue of clips: analyses one after another, keeps what was found in their projects, and writes files."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from app.analysis import Analysis
from app.core.address import path_of
from app.core.errors import StanceError, message_of
from app.core.message import Message
from app.core.settings import Language
from app.engine.background_pass import BackgroundPass
from app.engine.clip_export import export
from app.engine.results import EngineEvent, Result
from app.network_answers import NetworkAnswers
from app.overlay import DrawStyle
from app.pipeline import Pipeline
from app.project.project_run import ProjectRun
from app.project.run_info import ClipPart
from app.project.store import ProjectStore
from app.sources import Source, open_source

log = logging.getLogger(__name__)

ClipState = Literal["waiting", "analysing", "writing", "done", "failed", "removed"]
OVER: tuple[ClipState, ...] = ("done", "failed", "removed")
POLL_S = 0.1


@dataclass(slots=True, eq=False)
class QueuedClip:
    """One clip of a queue: the file at ``path``, and the files to write.

    ``done`` of ``total`` frames (None: unknown) are analysed, or written. ``problem`` says why it failed, ``written``
    are the files that were made, ``missing`` has a sentence for each file that was not made without a failure.
    """

    path: str
    outputs: Sequence[Path]
    state: ClipState = "waiting"
    done: int = 0
    total: int | None = None
    problem: Message | None = None
    written: Sequence[Path] = ()
    missing: list[str] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is done with it."""
        return self.state in OVER


class ClipQueue:
    """Works on its ``clips`` in order; every method but ``run`` may be called in any thread and returns at once.

    A clip that cannot be read or written fails with its sentence, and the next one is worked on. What is found is kept
    in the projects of ``store``, so that an analysis that was stopped is continued and a finished one is not repeated.
    """

    def __init__(self, store: ProjectStore) -> None:
        self.clips: list[QueuedClip] = []
        self._store = store
        self._lock = threading.Lock()
        self._stopped = False
        self._paused = False
        self._elsewhere = ""
        self._pass: BackgroundPass | None = None
        self._cancelled: Callable[[], bool] = lambda: False

    @property
    def paused(self) -> bool:
        """Whether it waits for ``resume``."""
        return self._paused

    @property
    def waiting(self) -> bool:
        """Whether there is a clip that is not over."""
        return any(not clip.is_over for clip in self.clips)

    def add(self, clips: Iterable[QueuedClip]) -> None:
        """Append ``clips``; a run that goes on takes them too."""
        with self._lock:
            self.clips.extend(clips)
            self._stopped = False

    def remove(self, clip: QueuedClip) -> None:
        """Take ``clip`` out of the queue; if it is being worked on, its files are removed."""
        with self._lock:
            if clip.state not in OVER:
                clip.state = "removed"
            self.clips.remove(clip)

    def again(self, clip: QueuedClip) -> None:
        """Work on a failed ``clip`` once more."""
        with self._lock:
            clip.state, clip.problem, clip.done = "waiting", None, 0
            self._stopped = False

    def leave(self, path: str) -> None:
        """Leave the clip at ``path`` to another analysis, until this is called with another path ("": none).

        What the queue has found of it is kept in its project, where the other analysis finds it, and the reverse.
        """
        self._elsewhere = path

    def yield_to(self, path: str, wait_s: float) -> None:
        """``leave`` the clip at ``path``; returns when what was found of it is stored, after at most ``wait_s``."""
        self.leave(path)
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline and any(
            clip.state == "analysing" and self._is_elsewhere(clip) for clip in list(self.clips)
        ):
            time.sleep(POLL_S / 5)

    @property
    def can_work(self) -> bool:
        """Whether a clip waits that is not left to another analysis."""
        return any(clip.state == "waiting" and not self._is_elsewhere(clip) for clip in self.clips)

    def pause(self) -> None:
        """Pause after the frame in progress, until ``resume``."""
        self._paused = True
        if (current := self._pass) is not None:
            current.pause()

    def resume(self) -> None:
        """Continue after ``pause``."""
        self._paused = False
        if (current := self._pass) is not None:
            current.resume()

    def stop(self) -> None:
        """Let ``run`` return soon; the present clip waits again."""
        with self._lock:
            self._stopped = True

    def run(
        self,
        pipeline: Pipeline,
        style: DrawStyle,
        *,
        language: Language = "en",
        changed: Callable[[QueuedClip], None] = lambda clip: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        """Work until no clip waits, until ``stop`` or while not ``cancelled``; ``pipeline`` may be in use elsewhere.

        ``changed`` is called in this thread with each clip whose state or number of frames has changed. Files are drawn
        in ``style``; reports are in ``language``.
        """
        self._cancelled = cancelled
        while (clip := self._next()) is not None:
            changed(clip)
            try:
                made = self._analyse(clip, pipeline, changed)
                if made is not None and self._enter(clip, "analysing", "writing"):
                    changed(clip)
                    self._write(clip, made, pipeline, style, language, changed)
            except StanceError as error:
                self._fail(clip, error)
            except Exception as error:
                log.exception("a clip of the queue ended with an error")
                self._fail(clip, error)
            changed(clip)

    def _next(self) -> QueuedClip | None:
        with self._lock:
            waiting = (clip for clip in self.clips if clip.state == "waiting" and not self._is_elsewhere(clip))
            clip = None if self._is_stopped() else next(waiting, None)
            if clip is not None:
                clip.state, clip.done, clip.total = "analysing", 0, None
            return clip

    def _is_stopped(self) -> bool:
        return self._stopped or self._cancelled()

    def _is_elsewhere(self, clip: QueuedClip) -> bool:
        return bool(self._elsewhere) and path_of(clip.path).absolute() == path_of(self._elsewhere).absolute()

    def _is_given_up(self, clip: QueuedClip) -> bool:
        return self._is_stopped() or clip.state == "removed"

    def _enter(self, clip: QueuedClip, before: ClipState, state: ClipState) -> bool:
        """Change the state of ``clip`` if it is still ``before``, else leave it; after ``stop`` it waits again."""
        with self._lock:
            if clip.state != before:
                return False
            stopped = self._is_stopped()
            clip.state = "waiting" if stopped else state
            return not stopped

    def _fail(self, clip: QueuedClip, error: Exception) -> None:
        with self._lock:
            if clip.state != "removed":
                clip.state, clip.problem = "failed", message_of(error)

    def _analyse(self, clip: QueuedClip, pipeline: Pipeline, changed: Callable[[QueuedClip], None]) -> Analysis | None:
        """The people of the whole clip; None for pictures, which have no project, and where it is given up.

        Raises StanceError, and whatever the networks raise.
        """
        source = open_source(clip.path)
        still = source.still
        source.close()
        if still:
            return Analysis(pipeline.skeleton)
        analysis, answers = Analysis(pipeline.skeleton), NetworkAnswers()
        kept = ProjectRun(self._store, Path(clip.path), ClipPart(), pipeline, answers)
        events: list[EngineEvent] = []
        over = threading.Event()

        def note(result: Result) -> None:
            kept.add(result.poses)

        def hear(event: EngineEvent) -> None:
            if event.kind in ("ended", "error"):
                events.append(event)
                over.set()

        current = BackgroundPass(
            partial(_open_quietly, clip.path),
            answers.pipeline(pipeline),
            analysis,
            restore=kept.restore,
            on_frame=note,
            on_event=hear,
        )
        self._pass = current
        try:
            if self._paused:
                current.pause()
            current.start()
            while not over.wait(POLL_S):
                if self._is_given_up(clip) or self._is_elsewhere(clip):
                    break
                if (clip.done, clip.total) != (current.done, current.total):
                    clip.done, clip.total = current.done, current.total
                    changed(clip)
        finally:
            self._pass = None
            if not events:
                current.stop()
        if not events:
            kept.flush()
            self._enter(clip, "analysing", "waiting")
            return None
        if events[0].kind == "error":
            kept.flush()
            raise events[0].error or RuntimeError(events[0].message)
        kept.finish()
        return analysis

    def _write(
        self,
        clip: QueuedClip,
        analysis: Analysis,
        pipeline: Pipeline,
        style: DrawStyle,
        language: Language,
        changed: Callable[[QueuedClip], None],
    ) -> None:
        def report(done: int, total: int | None) -> None:
            if done == total or done - clip.done >= 10 or done < clip.done:
                clip.done, clip.total = done, total
                changed(clip)

        if clip.outputs:
            clip.written = export(
                clip.path,
                clip.outputs,
                pipeline,
                style,
                language=language,
                analysis=analysis,
                progress=report,
                cancelled=lambda: self._is_given_up(clip),
                missing=clip.missing.append,
            )
        self._enter(clip, "writing", "done")


def _open_quietly(path: str) -> Source:
    return open_source(path)

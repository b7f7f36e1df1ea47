"""The background pass over the shown clip: starts and stops it, and passes its events to the window."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from app.core.address import path_of
from app.core.errors import StanceError
from app.core.settings import Rotate, Settings
from app.window.core.tasks import Task, TaskRunner, nothing
from app.window.i18n.tr import tr
from app.window.player.source_notices import SourceNotices
from app.window.player.source_opener import new_analysis

if TYPE_CHECKING:  # these bring OpenCV and ONNX Runtime along, which the window does not wait for
    from app.analysis import Analysis
    from app.analysis.recording_check import RecordingCheck
    from app.core.message import Message
    from app.core.people import FramePoses
    from app.engine import Engine, EngineEvent, Result
    from app.engine.background_pass import BackgroundPass
    from app.network_answers import NetworkAnswers
    from app.pipeline import Pipeline
    from app.project.opened_project import OpenedProject
    from app.project.project_run import ProjectRun
    from app.project.run_info import ClipPart
    from app.project.store import ProjectStore
    from app.sources import Source
    from app.window.player.kept_results import KeptResults, Run

STOP_S = 2.0
"""Time limit for stopping a pass or an engine, in seconds."""
MAX_FRAMES = 300_000
"""Frames of a clip that are analysed, the limit of an ``Analysis``: nearly three hours at 30 frames per second."""
SETTLE_MS = 300
"""Delay after the last change of settings until the clip is analysed again, in milliseconds."""


@dataclass(frozen=True, slots=True)
class Clip:
    """The file at ``path``, rotated by ``rotate``, and the range to analyse, as in ``Engine``."""

    path: str
    rotate: Rotate
    start_s: float = 0.0
    end_s: float | None = None
    limit: int | None = None

    @property
    def part(self) -> ClipPart:
        """The analysed part, as a project states it."""
        from app.project.run_info import ClipPart

        return ClipPart(self.rotate, self.start_s, self.end_s, self.limit)

    @property
    def film(self) -> Hashable:
        """Key of the clip's frames, see ``clip_of``."""
        from app.window.player.kept_results import clip_of

        return clip_of(self.path, self.rotate)

    def run(self, pipeline: Pipeline) -> Run:
        """Key of the analysis of this range by ``pipeline``, see ``run_of``."""
        from app.window.player.kept_results import run_of

        return run_of((self.film, self.start_s, self.end_s, self.limit), pipeline)


class ClipAnalysis(QObject):
    """Owns the ``current`` pass (None: no pass). Every call returns at once; passes are stopped in ``background``.

    Outputs of the networks and finished analyses are cached: after a change of settings no network runs again for
    frames that were analysed, and a finished analysis is there at once.
    ``check`` looks at the frames of the pass (None: no clip).
    Signals: ``arrived`` (index of a frame): the frame last given to ``watch`` was analysed. ``ended``: the whole clip
    was. ``failed`` (exception): the pass failed. ``notified`` (kind and sentence): another event.
    ``on_result`` is called with every frame that the networks ran for, from the thread of the pass, and so is
    ``before_pass`` with the path of the clip, before it is looked up what is kept of it.
    """

    arrived = pyqtSignal(int)
    ended = pyqtSignal()
    failed = pyqtSignal(object)
    notified = pyqtSignal(str, object)

    def __init__(self, background: TaskRunner) -> None:
        super().__init__(background)
        self.notices = SourceNotices(self)
        self.notices.notified.connect(self.notified)
        self.current: BackgroundPass | None = None
        self.check: RecordingCheck | None = None
        self.on_result: Callable[[Result], None] = lambda result: None
        self.before_pass: Callable[[str], None] = lambda path: None
        self._background = background
        self._results: KeptResults | None = None
        self._clip: Clip | None = None
        self._answers: NetworkAnswers | None = None
        self._still = False
        self._task: Task | None = None
        self._watched = -1
        self._waiting: Callable[[], None] | None = None
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLE_MS)
        self._settling.timeout.connect(self._begin)

    def begin(
        self,
        source: Source,
        clip: Clip,
        engine: Engine,
        pipeline: Pipeline,
        before: Analysis | None,
        *,
        settled: bool = True,
    ) -> Analysis:
        """Start a new analysis of ``source``, which ``engine`` shows; returns the analysis that will be filled.

        ``before`` is the previous analysis of the source (None: there is none), see ``new_analysis``.

        A clip is analysed from its start in the background, with the networks and settings of ``pipeline``; unless they
        are ``settled``, this starts after a delay. People in live sources and still pictures are found by the engine.
        """
        self._background.queue(self.end(STOP_S), nothing, self.failed.emit, self)
        own = pipeline.clone_with_shared_networks()
        self._still = source.still
        if source.live or source.still:
            analysis = new_analysis(pipeline, source, before)
            engine.set_pipeline(own, analysis)
            return analysis
        self._clip = clip
        finished = self._kept.analysis(clip.run(pipeline))
        self.check = self._kept.check(clip.run(pipeline), pipeline)
        analysis = finished or new_analysis(pipeline, source)
        if finished is not None and before is None:
            self._restore_edits(finished)
        if finished is not None or not settled:
            engine.set_pipeline(own, analysis)
        if finished is None:
            self._waiting = partial(self._start, source, clip, engine, pipeline, own, analysis)
            if settled:
                self._begin()
            else:
                self._settling.start()
        return analysis

    def adjust(self, before: Settings, settings: Settings) -> bool:
        """Whether this change of settings requires a new analysis: of clips and still pictures, not of live sources.

        Every setting counts; smoothing depends on the keypoint threshold, too.
        """
        return (self._clip is not None or self._still) and settings != before

    def forget(self, pipeline: Pipeline) -> None:
        """Remove the cached results of the clip with the networks of ``pipeline``."""
        if self._clip is not None:
            self._kept.forget(self._clip.film, pipeline)

    def analysed_s(self, analysis: Analysis | None) -> float:
        """Seconds of the clip that ``analysis`` has; 0 without a clip."""
        if self._clip is None or analysis is None:
            return 0.0
        return sum(end - start for start, end in analysis.seen_spans())

    @property
    def running(self) -> str:
        """The path of the clip that is being analysed; empty while none is."""
        is_over = self.current is None or self.current.state not in ("running", "waiting")
        return "" if is_over or self._clip is None else self._clip.path

    @property
    def is_restoring(self) -> bool:
        """Whether an analysis that is kept is being read, of which the panels show nothing before it is whole."""
        return self.current is not None and self.current.is_restoring

    @property
    def is_kept(self) -> bool:
        """Whether all outputs of the networks in the present pass are cached."""
        return self._answers is None or self._answers.complete

    @property
    def _kept(self) -> KeptResults:
        if self._results is None:
            from app.window.player.kept_results import KeptResults

            self._results = KeptResults()
        return self._results

    @property
    def projects(self) -> ProjectStore:
        """Where analyses are kept after the program has ended."""
        return self._kept.projects

    def project_run(self, analysis: Analysis | None) -> ProjectRun | None:
        """What keeps ``analysis`` in the project of its clip; None if it is not kept."""
        return self._results.runs.get(analysis) if self._results is not None and analysis is not None else None

    def follow(self, project: OpenedProject | None) -> None:
        """Use the project that the user has opened, for its clip."""
        if project is not None:
            self.projects.choose(project.clip_id, project.path)

    def end(self, wait_s: float, engine: Engine | None = None) -> Callable[[], None]:
        """Give up the pass; returns what stops it and ``engine``, to be run in a thread.

        That takes at most about ``wait_s`` seconds for each of them.
        """
        if self._task is not None:
            self._task.cancel()
        self._waiting = self._clip = self._answers = None
        self._still = False
        self.check = None
        self._settling.stop()
        before, self.current = self.current, None
        run = self.project_run(before.analysis) if before is not None else None

        def stop() -> None:
            if engine is not None:
                engine.stop(wait_s)
            if before is not None:
                before.stop(wait_s)
            if run is not None:
                run.flush()

        return stop

    def watch(self, index: int) -> None:
        """Emit ``arrived`` when frame number ``index`` has been analysed."""
        self._watched = index

    def _restore_edits(self, analysis: Analysis) -> None:
        """Apply the stored edits to a cached ``analysis`` of a clip that is opened again."""
        from app.project.kept_edits import restore_edits

        run = self.project_run(analysis)
        if run is not None:
            try:
                restore_edits(analysis, run.edits)
            except StanceError as error:
                self.notified.emit("notice", error.message)

    def _begin(self) -> None:
        make, self._waiting = self._waiting, None
        if make is not None:
            make()

    def _start(
        self, source: Source, clip: Clip, engine: Engine, pipeline: Pipeline, preview: Pipeline, analysis: Analysis
    ) -> None:
        from app.engine.background_pass import BackgroundPass
        from app.engine.results import EngineEvent
        from app.project.kept_check import encode_samples, replay_check
        from app.project.kept_edits import restore_edits
        from app.project.project_run import ProjectRun
        from app.sources import open_source
        from app.sources.lazy_clip import LazyClip

        keep = partial(self._kept.keep, clip.run(pipeline), analysis)
        task = self._task = self._background.new_task(self._task)
        hear = self._background.callback(partial(self._hear, keep), self, task)
        arrive = self._background.callback(self.arrived.emit, self)
        notify = self._background.callback(partial(self.notices.hear, source), self, task)

        frames = self._kept.frames(clip.film)
        answers = self._answers = self._kept.answers(clip.film, pipeline)
        check = self._kept.check(clip.run(pipeline), pipeline)

        def complain(sentence: Message) -> None:
            hear(EngineEvent("notice", sentence))

        run = self._kept.runs[analysis] = ProjectRun(
            self.projects,
            path_of(clip.path),
            clip.part,
            pipeline,
            answers,
            anew=self._kept.is_forgotten(clip.film, pipeline),
            notify=complain,
        )

        def restore() -> Iterator[list[FramePoses]] | None:
            self.before_pass(clip.path)
            frames = run.restore()
            try:
                restore_edits(analysis, run.edits)
            except StanceError as error:
                complain(error.message)
            return None if frames is None else waking(frames)

        def waking(parts: Iterable[list[FramePoses]]) -> Iterator[list[FramePoses]]:
            """``parts``; the engine looks for the frame that it waits for after each one was added."""
            for part in parts:
                yield part
                engine.wake()

        def open_clip() -> Source:
            return LazyClip(partial(open_source, clip.path, rotate=clip.rotate, notify=notify), frames)

        def note(result: Result) -> None:
            if not task.is_cancelled:  # else the engine has other models already
                for stage, ms in result.stage_ms.items():
                    engine.statistics.note(stage, ms)
            if not answers.known_before(result.poses.index):
                self.on_result(result)
            check.add(result.frame, result.poses)
            run.add(result.poses)
            engine.wake()
            if result.poses.index == self._watched:
                arrive(result.poses.index)

        def note_event(event: EngineEvent) -> None:
            engine.wake()
            if event.kind == "ended":
                check.release()
                run.finish(encode_samples(check))
                is_closing = self._background.closing.is_set
                check.fill_later(partial(replay_check, check, source.size, analysis, run.checked, is_closing))
            hear(event)

        self.current = BackgroundPass(
            open_clip,
            answers.pipeline(pipeline),
            analysis,
            start_s=clip.start_s,
            end_s=clip.end_s,
            limit=min(clip.limit or MAX_FRAMES, MAX_FRAMES),
            restore=restore,
            on_frame=note,
            on_event=note_event,
        )
        engine.set_pipeline(preview, analysis, self.current)
        self._background.queue(self.current.start, nothing, self.failed.emit, self)

    def _hear(self, keep: Callable[[], None], event: EngineEvent) -> None:
        if event.kind == "ended":
            keep()
            self.ended.emit()
            if self.current is not None and self.current.done >= MAX_FRAMES:
                self.notified.emit(
                    "notice",
                    tr(
                        "The first {count} frames are analysed; no more fit in memory. "
                        "Poses of later frames are shown but not kept. "
                        "Use --start and --end to analyse another part.",
                        count=MAX_FRAMES,
                    ),
                )
        elif event.kind == "error":
            self.failed.emit(event.error or RuntimeError(event.message))
        else:
            self.notified.emit(event.kind, event.message)


def as_shown(result: Result, analysis: Analysis | None) -> Result:
    """``result`` with the people of ``analysis`` who count, if it has the frame; people of a preview get no ids."""
    poses = analysis.get(result.frame.index) if analysis is not None else None
    if analysis is not None and poses is not None:
        return replace(result, poses=analysis.counted(poses), analysed=True, preview=False)
    if not result.preview:
        return result
    unnamed = tuple(replace(person, id=0) for person in result.poses.people)
    return replace(result, poses=replace(result.poses, people=unnamed))

"""The worker thread finds the people in each frame and publishes the result when it is due."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.analysis import Analysis
from app.analysis.only_people import PeopleFilter
from app.core.message import Message
from app.core.people import Frame, FramePoses
from app.core.settings import Settings
from app.engine.frame_processor import Ahead, FrameProcessor, Seen
from app.engine.frame_queue import FrameQueue
from app.engine.playback_clock import PlaybackClock
from app.engine.results import EngineEvent, Result, Statistics
from app.engine.writer import Writer
from app.pipeline import Pipeline
from app.sources import Source
from app.system.giving_up import GivenUpError

PATIENCE_S, HURRIED_S = 1.0, 0.3
"""Longest wait for the background pass, in seconds; the shorter one where frames are skipped to keep the pace."""
POLL_S = 0.25
TOO_SLOW = {
    "disk": Message("The disk is too slow: frames are missing from the recording."),
    "processor": Message("The processor is too slow: frames are missing from the recording."),
}
NOTICE_INTERVAL_S = 10.0
"""Minimum time between two notices about frames that are missing from a recording, in seconds."""


class Worker:
    """Processes the frames of ``queue``; ``run`` is the body of the engine's worker thread.

    Owns the pipeline while it uses it, through its ``FrameProcessor`` (see ``owner``). Results go to ``writer`` and
    ``on_result``. Where ``real_time`` is set, each frame is published when it is due at ``rate`` times the real speed,
    and late frames are skipped unless ``every_frame`` is set. Results have only the people that ``only`` lets pass.
    """

    def __init__(
        self,
        source: Source,
        queue: FrameQueue,
        writer: Writer,
        statistics: Statistics,
        pipeline: Pipeline | None,
        analysis: Analysis | None,
        on_result: Callable[[Result], None],
        on_event: Callable[[EngineEvent], None],
        *,
        real_time: bool,
        limit: int | None,
        only: PeopleFilter | None = None,
    ) -> None:
        self.rate = 1.0
        self.every_frame = True
        self._source = source
        self._queue = queue
        self._writer = writer
        self._statistics = statistics
        self._pipeline = pipeline
        # Numbers instead of the pipeline itself, which must not stay in memory after another one was set.
        self._pipeline_number = self._processed_number = 0
        self._analysis = analysis
        self._ahead: Ahead | None = None
        self._settings: Settings | None = None
        self._on_result = on_result
        self._on_event = on_event
        self._real_time = real_time
        self._limit = limit
        self._only = only
        self._next_notice_s = 0.0
        self._clock = PlaybackClock()
        self._processor = FrameProcessor(
            source.live,
            source.still,
            queue.waiting,
            self._report_device_change,
            lambda: queue.stopping,
            lambda sentence: on_event(EngineEvent("late", sentence)),
        )
        queue.frames_after = self._frames_after(pipeline)

    # From any thread.

    def set_pipeline(self, pipeline: Pipeline | None, analysis: Analysis | None, ahead: Ahead | None) -> None:
        """See ``Engine.set_pipeline``."""
        with self._queue.changed:
            if pipeline is not self._pipeline:
                self._pipeline_number += 1
                self._statistics.forget_stages()
            self._pipeline, self._analysis, self._ahead = pipeline, analysis, ahead
            self._queue.frames_after = self._frames_after(pipeline)
            self._queue.changed.notify_all()

    def _frames_after(self, pipeline: Pipeline | None) -> int:
        """The number of frames after the current one that the pose model needs; 0 for still pictures."""
        return 0 if pipeline is None or self._source.still else pipeline.info.history[1]

    def adjust(self, settings: Settings) -> None:
        """See ``Engine.adjust``."""
        with self._queue.changed:
            self._settings = settings

    # In the worker thread.

    def run(self) -> None:
        """Process until the queue ends, is stopped, or the limit is reached."""
        epoch = -1
        while (queued := self._queue.take()) is not None:
            if queued.epoch != epoch or queued.frame is None:
                self._clock.restart()
                epoch = queued.epoch
            frame = queued.frame
            # For files, age counts from processing.
            taken_s = queued.taken_s if self._source.live else time.perf_counter()
            if frame is None:
                if self._queue.reach_end(epoch):
                    self._on_event(EngineEvent("ended"))
                continue
            if self._should_skip(frame):
                continue
            try:
                seen = self._people(frame, epoch)
            except GivenUpError:  # stopped while people were grouped, or another engine still used the pipeline
                break
            if seen is None:
                continue
            if self._real_time:
                self._wait_until_due(frame.time_s)
            self._publish(self._result(frame, seen, taken_s), epoch)
            if self._limit is not None and self._statistics.frames >= self._limit:
                self._on_event(EngineEvent("ended"))
                break

    def close(self) -> None:
        """Release the pipeline and end the detector's threads."""
        self._processor.close()

    def _people(self, frame: Frame, epoch: int) -> Seen | None:
        """The people in ``frame``; None where a seek has made it obsolete."""
        while True:
            with self._queue.changed:
                pipeline, analysis, ahead, settings = self._pipeline, self._analysis, self._ahead, self._settings
                self._processed_number = self._pipeline_number
                if pipeline is not None:
                    self._settings = None
            if pipeline is not None and settings is not None:
                self._processor.own(pipeline)
                pipeline.adjust(settings)
            if ahead is None or analysis is None:
                break
            self._wait_for(ahead, analysis, frame, epoch)
            with self._queue.changed:
                if self._queue.stopping or self._queue.epoch != epoch:
                    return None
                if self._ahead is ahead:
                    break
        return self._processor.process(frame, pipeline, analysis)

    def _wait_for(self, ahead: Ahead, analysis: Analysis, frame: Frame, epoch: int) -> None:
        """Wait until ``analysis`` has ``frame``, while ``ahead`` says that it comes soon."""
        hurried = self._real_time and self._queue.playing and not self.every_frame

        def settled() -> bool:
            if self._queue.stopping or self._queue.epoch != epoch or self._ahead is not ahead:
                return True
            patience_s = HURRIED_S if hurried else PATIENCE_S
            return analysis.get(frame.index) is not None or not ahead.comes_soon(frame, patience_s)

        with self._queue.changed:
            while not self._queue.changed.wait_for(settled, POLL_S):
                pass

    def _should_skip(self, frame: Frame) -> bool:
        """Whether to skip ``frame`` because the next one is due already."""
        if not self._real_time or self.every_frame or not self._queue.playing:
            return False
        next_frame = self._queue.next_frame()
        if next_frame is None or not self._clock.is_late(next_frame.time_s):
            return False
        self._statistics.dropped += 1
        self._processor.skip(frame)
        return True

    def _wait_until_due(self, time_s: float) -> None:
        self._queue.wait_while_playing(self._clock.wait_s(time_s, self.rate))
        if not self._queue.playing:
            self._clock.restart()

    def _result(self, frame: Frame, seen: Seen, taken_s: float) -> Result:
        name = self._source.frame_name(frame.index) if self._source.still else ""
        poses = seen.poses or FramePoses(frame.index, frame.time_s, (), known=False)
        if self._only is not None:
            poses = self._only(frame, poses)
        return Result(frame, poses, taken_s, seen.stage_ms, name, seen.poses is not None, seen.preview)

    def _publish(self, result: Result, epoch: int) -> None:
        if not self._queue.finish_frame(result.frame, epoch):
            return
        self._statistics.frames += 1
        self._statistics.people += len(result.poses.people)
        with self._queue.changed:
            if self._processed_number == self._pipeline_number:  # else another one begins with the next frame
                for stage, ms in result.stage_ms.items():
                    self._statistics.note(stage, ms)
        if not self._writer.put(result, patient=not self._source.live) and self._writer.records:
            self._note_unrecorded()
        self._on_result(result)

    def _note_unrecorded(self) -> None:
        """Count a frame that is missing from the recording, and notify what is slow, but not for every frame."""
        self._statistics.unrecorded += 1
        slow = "disk" if self._writer.waits_for_disk else "processor"
        self._statistics.slow_part = slow
        if time.monotonic() >= self._next_notice_s:
            self._next_notice_s = time.monotonic() + NOTICE_INTERVAL_S
            self._on_event(EngineEvent("slow", TOO_SLOW[slow]))

    def _report_device_change(self, reasons: str) -> None:
        device = self._pipeline.device if self._pipeline else ""
        self._on_event(
            EngineEvent(
                "device_changed",
                Message("The detector now runs on {device}: {reasons}.", device=device, reasons=reasons),
            )
        )

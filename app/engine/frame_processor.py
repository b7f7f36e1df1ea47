"""The people in a frame: from an analysis, or found now by a pipeline."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import NamedTuple, Protocol

from app.analysis import Analysis
from app.core.message import Message, joined
from app.core.people import Frame, FramePoses
from app.engine import owner
from app.engine.detector_lookahead import AsyncDetector, LookaheadDetector
from app.pipeline import Pipeline
from app.pose.found_parts import InEachFrame
from app.pose.parts_in_turn import PartsInTurn
from app.system.giving_up import giving_up_when
from app.system.threads import foreground_work
from app.tracking.tracked_people import TrackedPeople

PREVIEW_IDS = 100_000
"""Ids of people in previews are above this."""


class Ahead(Protocol):
    """The analysis of a clip in the background."""

    def comes_soon(self, frame: Frame, patience_s: float) -> bool:
        """Whether ``frame`` will be analysed within about ``patience_s`` seconds."""
        ...


class Seen(NamedTuple):
    """The ``poses`` of a frame (None: not processed) and the milliseconds of each stage (none where they were known).

    ``preview``: a background pass will analyse the frame; these people are not kept.
    """

    poses: FramePoses | None
    stage_ms: dict[str, float] = {}  # noqa: RUF012
    preview: bool = False


class FrameProcessor:
    """Runs pipelines on the frames of one source; used by one thread at a time.

    Owns the pipeline it uses, until it is given another one or closed, and the detector's threads; it waits for the
    previous owner until ``given_up()``. The pipeline is reset where a frame does not follow the last one; frames of a
    ``live`` source always follow, ``still`` pictures never. In a live source another pipeline continues with the people
    of the previous one, who keep their ids. ``waiting`` returns the queued frames; ``moved`` is called
    with the reasons when networks have changed their device, ``notify`` with a sentence for the user.
    """

    def __init__(
        self,
        live: bool,
        still: bool,
        waiting: Callable[[], list[Frame]],
        moved: Callable[[str], None] = lambda reasons: None,
        given_up: Callable[[], bool] = lambda: False,
        notify: Callable[[Message], None] = lambda sentence: None,
    ) -> None:
        self._live = live
        self._still = still
        self._waiting = waiting
        self._moved = moved
        self._given_up = given_up
        self._notify = notify
        self._device = ""
        self._owned: Pipeline | None = None
        self._pipeline: Pipeline | None = None
        self._tracked: TrackedPeople | None = None  # by the previous pipeline of a live source
        self._detector: LookaheadDetector | AsyncDetector | None = None
        self._next_index: int | None = None

    def process(self, frame: Frame, pipeline: Pipeline | None, analysis: Analysis | None) -> Seen:
        """The people in ``frame``, from ``analysis`` or else found by ``pipeline``.

        People of live sources and still pictures are added to ``analysis``. Its edits are applied, and people whom the
        user has hidden are left out. The analysis of a clip is filled by a
        background pass only; people found here are a preview, with ids that the analysis does not use. Raises
        GivenUpError if ``given_up()`` while people are grouped.
        """
        known = analysis.get(frame.index) if analysis is not None and not self._live else None
        follows = self._live or frame.index == self._next_index
        if known is None and analysis is not None and not (follows or self._still):
            known = analysis.interpolate(frame.index)
        if known is not None and pipeline is not self._owned:
            self.close()  # the networks of the previous pipeline may be hundreds of megabytes
        if known is not None or pipeline is None:
            return Seen(known if known is None or analysis is None else analysis.counted(known))
        preview = analysis is not None and not (self._live or self._still)
        if pipeline is not self._pipeline or not follows or self._still:
            self.own(pipeline)
            last_id = analysis.free_id() - 1 if analysis is not None else 0
            self._begin(pipeline, PREVIEW_IDS if preview else last_id)
        with foreground_work if preview else nullcontext():
            waiting = [] if self._still else self._waiting()
            if isinstance(self._detector, LookaheadDetector):
                self._detector.start_ahead(frame, waiting)
            with giving_up_when(self._given_up):
                poses = pipeline.process(frame, self._detector.find if self._detector else None, waiting)
        self._next_index = frame.index + 1
        if pipeline.device != self._device:
            self._device = pipeline.device
            self._moved(joined("{first}; {rest}", list(pipeline.skipped_devices.values())))
        if analysis is not None and not preview:
            analysis.add(poses)
            poses = analysis.counted(analysis.get(frame.index) or poses)
        return Seen(poses, dict(pipeline.stage_ms), preview)

    def skip(self, frame: Frame) -> None:
        """Treat ``frame`` as processed, so that the next one follows it."""
        if frame.index == self._next_index:
            self._next_index = frame.index + 1

    def own(self, pipeline: Pipeline) -> None:
        """Own ``pipeline`` instead of the previous one; raises GivenUpError if that was given up."""
        if pipeline is not self._owned:
            if self._live and self._pipeline is not None:
                self._tracked = self._pipeline.tracked_people()
            self.close()
            owner.take(pipeline, self._given_up)
            self._owned, self._device = pipeline, pipeline.device

    def close(self) -> None:
        """End the detector's threads and release the pipeline."""
        self._end_detector()
        if self._pipeline is not None:
            self._pipeline.run_parts_by(InEachFrame())
        if self._owned is not None:
            owner.leave(self._owned)
        self._owned = self._pipeline = None

    def _begin(self, pipeline: Pipeline, last_id: int) -> None:
        """Begin with other people, or in a live source with those of the previous pipeline.

        The detector gets threads of its own, except for still pictures.
        """
        self._end_detector()
        self._pipeline = pipeline
        tracked, self._tracked = self._tracked, None
        if tracked is not None:
            pipeline.take_over(tracked)
        else:
            pipeline.reset(last_id)
        after = pipeline.info.history[1]
        if self._live and after:
            self._notify(
                Message(
                    "{name} also needs later frames ({count}): live pictures are shown that much later.",
                    name=pipeline.info.name,
                    count=after,
                )
            )
        if not self._still:
            self._detector = AsyncDetector(pipeline) if self._live else LookaheadDetector(pipeline)
        if self._live:
            pipeline.run_parts_by(PartsInTurn(lambda: len(self._waiting()) > after))

    def _end_detector(self) -> None:
        if self._detector:
            self._detector.close()
        self._detector = None

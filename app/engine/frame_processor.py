"""Who is in a frame: people who are known already, or whom the pipe finds now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.analysis import Analysis
from app.engine.scout import ScoutAhead, ScoutBeside
from app.people import Frame, FramePoses
from app.pipeline import Pipeline
from app.settings import Settings


class Finder:
    """Runs pipelines on the frames of one source, one thread at a time.

    A pipeline begins anew where a frame does not follow the last one that it saw; of a ``live`` source each does, of
    ``still`` pictures none. ``waiting`` gives the frames that come next; ``moved`` is told, with the reasons, where
    networks run elsewhere than they began.
    """

    def __init__(
        self,
        live: bool,
        still: bool,
        waiting: Callable[[], list[Frame]],
        moved: Callable[[str], None] = lambda reasons: None,
    ) -> None:
        self._live = live
        self._still = still
        self._waiting = waiting
        self._moved = moved
        self._device = ""
        self._pipeline: Pipeline | None = None
        self._scout: ScoutAhead | ScoutBeside | None = None
        self._follows: int | None = None

    def look(
        self, frame: Frame, pipeline: Pipeline | None, analysis: Analysis | None, keep: bool
    ) -> tuple[FramePoses | None, dict[str, float]]:
        """Who is in ``frame``, and the milliseconds of the stages: none where ``analysis`` knew, None for who where
        there is no ``pipeline`` either. What is found is added to the ``analysis`` where it goes on from what was
        found before, or is to be kept.
        """
        known = analysis.get(frame.index) if analysis is not None and not self._live else None
        follows = self._live or frame.index == self._follows
        if known is None and analysis is not None and not (follows or self._still):
            known = analysis.between(frame.index)
        if known is not None or pipeline is None:
            return known, {}
        if pipeline is not self._pipeline or not follows or self._still:
            self._begin(pipeline, max(analysis.ids(), default=0) if analysis is not None else 0)
        if isinstance(self._scout, ScoutAhead):
            self._scout.look(frame, self._waiting())
        poses = pipeline.process(frame, self._scout.find if self._scout else None)
        self._follows = frame.index + 1
        if pipeline.device != self._device:
            self._device = pipeline.device
            self._moved("; ".join(pipeline.passed_over.values()))
        if analysis is not None and (keep or follows or self._still):
            analysis.add(poses)
        return poses, dict(pipeline.stage_ms)

    def leave_out(self, frame: Frame) -> None:
        """Go on after ``frame`` as if it had been looked at."""
        if frame.index == self._follows:
            self._follows = frame.index + 1

    def close(self) -> None:
        """End the detector's thread."""
        if self._scout:
            self._scout.close()
        self._scout = self._pipeline = None

    def _begin(self, pipeline: Pipeline, last_id: int) -> None:
        """Start anew; the detector has a thread of its own unless each frame stands alone."""
        if pipeline is not self._pipeline:
            self._device = pipeline.device
        self.close()
        self._pipeline = pipeline
        pipeline.reset(last_id)
        if not self._still:
            self._scout = ScoutBeside(pipeline) if self._live else ScoutAhead(pipeline)


def adjust(pipeline: Pipeline, settings: Settings, analysis: Analysis | None) -> None:
    """Go on with other ``settings``; what was found with the old ones is forgotten, unless they only draw."""
    if analysis is not None and replace(settings, threshold=pipeline.settings.threshold) != pipeline.settings:
        analysis.clear()
    pipeline.adjust(settings)

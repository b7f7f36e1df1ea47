"""A part of a file into files, beside what is shown: as it was analysed, or analysed anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from os.path import isdir
from pathlib import Path

from app.analysis import Analysis
from app.engine.engine import Engine
from app.engine.header import describe, source_file
from app.errors import StanceError
from app.estimate.estimator import Estimator
from app.overlay import Look
from app.pipeline import Pipeline
from app.settings import Rotate
from app.sinks import Sink, check_outputs, open_sinks
from app.sources import Source, open_source

GLANCE_S = 0.1

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Span:
    """From when (with the frame that is shown then) until before when, in seconds; without an end to the last frame."""

    start_s: float = 0.0
    end_s: float | None = None


def export(
    text: str,
    paths: Sequence[Path],
    pipeline: Pipeline,
    look: Look,
    span: Span = Span(),
    *,
    rotate: Rotate = "auto",
    analysis: Analysis | None = None,
    progress: Progress = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Path]:
    """Write ``span`` of the file that ``text`` names into all of ``paths``, and give every file that was made.

    Where ``analysis`` has every frame of it, its people are written as they are and no network runs. Else a pipe of its
    own looks at all of it, with the networks and the settings of ``pipeline``, which may be at work elsewhere.
    ``progress(done, total)`` in frames and ``cancelled`` are called from this thread, up to once a frame; who cancels
    (and goes on saying so) finds none of the files left, and gets an empty list.
    Raises StanceError for what ``open_source`` and ``open_sinks`` refuse, for a source without end, and where a file
    cannot be read or written any further; then what was written stays.
    """
    source = open_source(text, rotate=rotate)
    try:
        if source.live:
            raise StanceError(f"{text} cannot be exported: wanted a file, for nobody knows where {text} ends.")
        check_outputs(paths, source_file=source_file(source), still=source.still, pictures=source.frames or 1)
        made = [path.parent for path in paths if not isdir(path.parent)]
        header = describe(text, source, pipeline)
        total = expected_frames(source, span.start_s, span.end_s)

        def tell(done: int) -> bool:
            progress(done, total)
            return not cancelled()

        if analysis is not None:
            if _covered(analysis, source, span):
                sinks = open_sinks(paths, replace(header, skeleton=analysis.skeleton), look)
                whole = _replay(source, analysis, sinks, span, tell)
                if whole or cancelled():
                    return _finished(sinks, made, cancelled())
                _finished(sinks, made, cancelled=True)
            source.close()
            source = open_source(text, rotate=rotate)
        sinks = open_sinks(paths, header, look)
        _analyse(source, _beside(pipeline), sinks, span, tell)
        return _finished(sinks, made, cancelled())
    finally:
        source.close()


def expected_frames(source: Source, start_s: float, end_s: float | None, limit: int | None = None) -> int | None:
    """How many frames of ``source`` there will be, as far as that is known."""
    frames = source.frames
    if frames and source.fps and not source.still:
        end = min(frames, round(end_s * source.fps)) if end_s is not None else frames
        frames = max(end - round(start_s * source.fps), 0)
    known = [count for count in (frames, limit) if count]
    return min(known) if known else None


def _beside(pipeline: Pipeline) -> Pipeline:
    """Another pipe around the same networks: these may run in several threads, what is remembered may not."""
    estimator = Estimator(pipeline.estimator.network, pipeline.estimator.card, pipeline.settings.flip_test)
    return Pipeline(pipeline.detector, estimator, pipeline.settings)


def _covered(analysis: Analysis, source: Source, span: Span) -> bool:
    """Whether ``analysis`` has a frame for every one of ``source`` in ``span``, as far as that can be foreseen."""
    source.seek(span.start_s)
    first = source.read()
    if first is None:
        return False
    end_s = source.duration_s if span.end_s is None else span.end_s
    kept = [
        poses
        for poses in analysis.frames()
        if poses.index >= first.index and (span.end_s is None or poses.time_s < span.end_s)
    ]
    if not kept or not analysis.covers(range(first.index, kept[-1].index + 1)):
        return False
    after = kept[-1].index + 1
    if analysis.get(after) is not None or after == source.frames:
        return True
    step = 1 / source.fps if source.fps else 1.0
    return end_s is not None and kept[-1].time_s + 1.5 * step > end_s


def _replay(source: Source, analysis: Analysis, sinks: Sequence[Sink], span: Span, tell: Callable[[int], bool]) -> bool:
    """Write the people that are kept; False where there is a frame without, after all."""
    source.seek(span.start_s)
    done = 0
    with ExitStack() as open_files:
        for sink in sinks:
            open_files.callback(sink.close)
        while tell(done) and (frame := source.read()) is not None:
            if span.end_s is not None and frame.time_s >= span.end_s:
                break
            poses = analysis.get(frame.index)
            if poses is None:
                return False
            name = source.frame_name(frame.index) if source.still else ""
            for sink in sinks:
                sink.write(frame, poses, name)
            done += 1
    return True


def _analyse(source: Source, pipeline: Pipeline, sinks: list[Sink], span: Span, tell: Callable[[int], bool]) -> None:
    """Run an engine over it until its end, or until ``tell`` says no."""
    engine = Engine(source, pipeline, sinks, start_s=span.start_s, end_s=span.end_s)
    engine.start()
    going = True
    while not engine.wait(GLANCE_S):
        if going and not tell(engine.statistics.frames):
            going = False
            engine.stop(0)
    if going:
        tell(engine.statistics.frames)


def _finished(sinks: Sequence[Sink], made: Sequence[Path], cancelled: bool) -> list[Path]:
    """The files that were written; where it was ``cancelled`` they are removed, and the folders that were ``made``."""
    paths = [path for sink in sinks for path in sink.paths if path.exists()]
    if not cancelled:
        return paths
    for path in paths:
        path.unlink(missing_ok=True)
    for folder in made:
        with suppress(OSError):
            folder.rmdir()
    return []

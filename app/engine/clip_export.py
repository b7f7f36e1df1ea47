"""Exports a part of a video: with the people of an analysis, or analysed again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from app.analysis import Analysis
from app.analysis.finish import finished
from app.analysis.offline_smoothing import OfflineSmoothing
from app.analysis.people_notes import carry_over
from app.core.errors import StanceError
from app.core.film_options import AS_SOURCE, FilmOptions
from app.core.message import Message
from app.core.people import FramePoses
from app.core.scale_options import NO_SCALE, ScaleOptions
from app.core.settings import REPEATED, Language, Rotate
from app.engine.engine import Engine
from app.engine.film_checks import check_curves, check_film
from app.engine.header import make_header, smoothed_header, source_file, with_film, with_scale
from app.lifting.clip import needs_clip, with_clip_points
from app.overlay import DrawStyle, with_clip_angles
from app.pipeline import Pipeline
from app.sinks import Header, check_outputs, open_sinks, unwritten
from app.sinks.film_curves import empty_curves
from app.sinks.output import Output, with_outcome
from app.sinks.staging import Staging
from app.sources import Source, open_source
from app.sources.excerpt import WHOLE, Part
from app.system.threads import foreground_work

POLL_S = 0.1

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Span:
    """A range in seconds: from the frame shown at ``start_s`` to before ``end_s`` (None: to the last frame)."""

    start_s: float = 0.0
    end_s: float | None = None


def export(
    text: str,
    paths: Sequence[Path],
    pipeline: Pipeline,
    style: DrawStyle,
    span: Span = Span(),
    *,
    part: Part = WHOLE,
    rotate: Rotate = "auto",
    language: Language = "en",
    analysis: Analysis | None = None,
    scale: ScaleOptions = NO_SCALE,
    repeated: str = REPEATED,
    smoothing: OfflineSmoothing | None = None,
    film: FilmOptions = AS_SOURCE,
    progress: Progress = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
    missing: Callable[[str], None] = lambda sentence: None,
) -> list[Path]:
    """Write ``span`` of ``part`` of the file ``text`` into all of ``paths``; returns every file that was made.

    Where ``analysis`` has every frame of the span, its people are written and no network runs. Else a pipeline made
    beside ``pipeline``, which may be in use elsewhere, processes the span. With ``smoothing`` the people of a video are
    those of the whole span, smoothed (see ``finished``), and their points those of the whole clip where that is better
    (see ``needs_clip``). What the user has changed in ``analysis`` counts either
    way: where it lacks frames, the same people are changed in the new analysis (see ``carry_over``). A report is in
    ``language``. Files that can be are in meters by ``scale``; repetitions are counted of the angle ``repeated``.
    Films are made as ``film`` says.
    ``progress(done, total)``, in frames, and ``cancelled`` are called from this thread, up to once per frame; once
    ``cancelled()`` is true (and stays so) the list is empty. ``missing`` gets a sentence for each file that was not
    made without a failure, and for each curve of a film that is empty. Files get their names only when all of them are
    whole, see ``Staging``: after a failure or when cancelled there are none.
    Raises StanceError for what ``open_source``, ``open_sinks`` and ``check_film`` refuse, for a live source, where a
    film follows a person and the span is not analysed, and where a file cannot be read or written any further.
    """
    source = open_source(text, rotate=rotate)
    try:
        if source.live:
            raise StanceError("{source} cannot be exported, as {source} has no known end: wanted a file.", source=text)
        check_outputs(
            paths,
            source_file=source_file(source),
            still=source.still,
            pictures=source.frames or 1,
            new_folders=True,
        )
        source = part.of(source)
        check_film(film, paths, source, max(span.start_s, part.start_s), span.end_s)
        check_curves(film, pipeline.skeleton)
        header = replace(make_header(text, source, pipeline, language), repeated=repeated)
        header = with_film(header, film, span.start_s, span.end_s)
        total = expected_frames(source, max(span.start_s, part.start_s), span.end_s)

        def report(done: int) -> bool:
            progress(done, total)
            return not cancelled()

        def write(
            header: Header, run: Callable[[Sequence[Output]], bool], style: DrawStyle = style
        ) -> list[Path] | None:
            return _write_staged(paths, header, style, run, cancelled, missing)

        smoothing = None if source.still else smoothing
        has_clip_points = not source.still and needs_clip(pipeline.lifters, pipeline.settings)
        if smoothing is not None or film.needs_people or has_clip_points or _is_described(analysis):
            if analysis is None or not _covered(analysis, source, span):
                _refuse_following(film)
                source.close()  # its first frame has been read
                source = part.of(open_source(text, rotate=rotate))
                analysis = _analysed_anew(source, pipeline, span, report, analysis)
                style = replace(style, names=analysis.names())
            source.close()
            source = part.of(open_source(text, rotate=rotate))
            if smoothing is not None:
                header = smoothed_header(header, smoothing.cutoff_hz)
                analysis = finished(analysis, smoothing)
            if has_clip_points:
                analysis = with_clip_points(analysis, pipeline.lifters, pipeline.settings, source.size)
        if analysis is not None:
            if _covered(analysis, source, span):
                known = replace(header, skeleton=analysis.skeleton, facing=analysis.chosen_facing())
                known = with_scale(known, scale, style.threshold, analysis)
                if known.people is not None:
                    known.people.analysis = analysis
                drawn = with_clip_angles(style, analysis)
                made = write(known, lambda sinks: _replay(source, analysis, sinks, span, report), drawn)
                if made is not None:
                    for sentence in empty_curves(analysis, film, style.threshold):
                        missing(sentence)
                    return made
            source.close()
            source = open_source(text, rotate=rotate)
            source = part.of(source)
        header = with_scale(header, scale, style.threshold)
        with foreground_work:
            return (
                write(
                    header, lambda sinks: _analyse(source, pipeline.clone_with_shared_networks(), sinks, span, report)
                )
                or []
            )
    finally:
        source.close()


def _refuse_following(film: FilmOptions) -> None:
    """Raise StanceError if ``film`` follows a person: ids of an analysis of the span alone may be others."""
    if film.crop_to is not None:
        raise StanceError(
            "The clip is not analysed as far as this film needs it: wanted an export after the analysis has ended."
        )


def expected_frames(source: Source, start_s: float, end_s: float | None, limit: int | None = None) -> int | None:
    """The number of frames that ``source`` will give; None if it is unknown."""
    frames = source.frames
    if frames and source.fps and not source.still:
        end = min(frames, round(end_s * source.fps)) if end_s is not None else frames
        frames = max(end - round(start_s * source.fps), 0)
    known = [count for count in (frames, limit) if count]
    return min(known) if known else None


def _covered(analysis: Analysis, source: Source, span: Span) -> bool:
    """Whether ``analysis`` probably has every frame of ``source`` in ``span``."""
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


def _is_described(analysis: Analysis | None) -> bool:
    """Whether the user has changed something in the people."""
    return analysis is not None and bool(
        analysis.names() or analysis.chosen_facing() or analysis.edits or analysis.hidden()
    )


def _analysed_anew(
    source: Source, pipeline: Pipeline, span: Span, report: Callable[[int], bool], known: Analysis | None
) -> Analysis:
    """The people of ``span``, with all that the user has changed in ``known``."""
    analysis = Analysis(pipeline.skeleton, most=sys.maxsize)
    with foreground_work:
        _analyse(source, pipeline.clone_with_shared_networks(), [], span, report, analysis.add)
    if known is not None:
        carry_over(known, analysis)
    return analysis


def _write_staged(
    paths: Sequence[Path],
    header: Header,
    style: DrawStyle,
    run: Callable[[Sequence[Output]], bool],
    cancelled: Callable[[], bool],
    missing: Callable[[Message], None],
) -> list[Path] | None:
    """Let ``run`` write the outputs; returns the files made, none if ``cancelled``, and None if ``run`` returns False.

    Raises StanceError if an output or ``run`` fails; then no file is left.
    """
    with Staging(paths) as staged:
        sinks: Sequence[Output] = []
        try:
            sinks = open_sinks(staged.paths, header, style)
            whole = run(sinks)
        except StanceError as error:
            reason = next((sink.reason for sink in sinks if sink.reason), error)
            raise with_outcome(staged.named(reason.message), Message("Nothing was saved.")) from None
        if cancelled():
            return []
        if not whole:
            return None
        for sentence in unwritten(sinks):
            missing(staged.named(sentence))
        return staged.finish([path for sink in sinks for path in sink.paths if path.exists()])


def _replay(
    source: Source, analysis: Analysis, sinks: Sequence[Output], span: Span, report: Callable[[int], bool]
) -> bool:
    """Write the people of ``analysis``; False if it lacks a frame after all."""
    source.seek(span.start_s)
    done = 0
    with ExitStack() as open_files:
        for sink in sinks:
            open_files.callback(sink.close)
        while report(done) and (frame := source.read()) is not None:
            if span.end_s is not None and frame.time_s >= span.end_s:
                break
            poses = analysis.get(frame.index)
            if poses is None:
                return False
            name = source.frame_name(frame.index) if source.still else ""
            counted = analysis.counted(poses)
            for sink in sinks:
                sink.write(frame, counted, name)
            done += 1
    return True


def _analyse(
    source: Source,
    pipeline: Pipeline,
    sinks: Sequence[Output],
    span: Span,
    report: Callable[[int], bool],
    keep: Callable[[FramePoses], None] = lambda poses: None,
) -> bool:
    """Run an engine to the end of the span, or until ``report`` returns False or an output fails; returns True.

    ``keep`` gets the people of each frame.
    """
    engine = Engine(
        source,
        pipeline,
        sinks,
        on_result=lambda result: keep(result.poses),
        start_s=span.start_s,
        end_s=span.end_s,
    )
    engine.start()
    going = True
    while not engine.wait(POLL_S):
        if going and (not report(engine.statistics.frames) or engine.failure is not None):
            going = False
            engine.stop(0)
    if going:
        report(engine.statistics.frames)
    return True

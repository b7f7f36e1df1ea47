"""Headless runs: progress bar, output files and summary."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from app.analysis import Analysis
from app.analysis.finish import finished
from app.analysis.offline_smoothing import OfflineSmoothing
from app.analysis.only_people import PeopleFilter
from app.analysis.recording_check import RecordingCheck
from app.analysis.shown_angles import ClipAngles, check_angles
from app.cli.assumptions import assumption_lines
from app.cli.check_lines import check_lines
from app.cli.chosen_people import ChosenPeople
from app.cli.console import printable
from app.cli.idle_options import idle_lines
from app.cli.lift_arguments import idle_bones, unseen_frames
from app.cli.outputs import open_outputs, output_lines
from app.cli.part_arguments import idle_hands
from app.cli.recordings import refuse_recordings
from app.cli.stopping import StopRequest, stop_on_signal
from app.core.errors import StanceError
from app.core.settings import RunOptions, Settings
from app.engine import Engine, EngineEvent, Result, Statistics
from app.engine.clip_export import expected_frames
from app.engine.depth_check import check_depth_outputs
from app.engine.film_checks import check_curves, check_film
from app.engine.header import make_header, smoothed_header, source_file, with_film, with_scale
from app.lifting.clip import needs_clip, with_clip_points
from app.overlay import NO_MARKS, DrawStyle, Marks
from app.pipeline import STAGES, Pipeline, open_pipeline
from app.pose.unsupported import refuse_unsupported
from app.sinks import Header, check_outputs
from app.sinks.film_curves import empty_curves
from app.sinks.free_outputs import check_free
from app.sinks.output import Output
from app.sources import NO_MESSAGE, Source, SourceEvent, open_source
from app.sources.early_events import EarlyEvents
from app.sources.film_note_reader import read_note
from app.sources.start import check_start
from app.zoo.cache import sweep
from app.zoo.catalogue import find_entry, load_catalogue
from app.zoo.fetch import locate

POLL_S = 0.1
"""Interval at which the engine's state is read, in seconds."""
LOG_S = 5.0
"""Interval between two lines of the progress bar when it is written to a file, in seconds."""


def run_headless(settings: Settings, options: RunOptions) -> int:
    """Run the pipeline on the source until its end, the limit, Ctrl+C or SIGTERM; returns the exit code.

    Raises StanceError for bad input.
    """
    sweep()
    printer = _EventPrinter()
    events = EarlyEvents(printer)
    refuse_recordings(options.source)
    source = open_source(_source_text(options.source), rotate=options.rotate, notify=events)
    try:
        if options.check and source.still:
            raise StanceError(
                "{source} has no moving picture to check: wanted a video or a camera.", source=source.name
            )
        if options.smooth_offline:
            _check_recorded(source)
        check_film(options.film, options.outputs, source, options.start_s, options.end_s)
        check_start(source, options.start_s)
        events.flush()
        _notify_if_drawn(source)
        check_outputs(options.outputs, source_file=source_file(source), still=source.still, pictures=source.frames or 1)
        pipeline = open_pipeline(settings, locate_with_progress, options.detector_is_requested)
        check_angles(options.angles, pipeline.skeleton)
        refuse_unsupported(pipeline.info, settings)
        check_curves(options.film, pipeline.skeleton)
        check_depth_outputs(options.outputs, pipeline)
        notes = (*idle_lines(options), *idle_bones(pipeline), *idle_hands(pipeline))
        for line in (*assumption_lines(pipeline), *notes, *unseen_frames(pipeline, source.live)):
            tqdm.write(printable(line), file=sys.stderr)
        header = replace(
            make_header(options.source_name or options.source, source, pipeline, options.language),
            repeated=options.repetitions,
            with_events=options.events,
        )
        header = with_scale(header, options.scale, pipeline.settings.threshold)
        if options.only is not None:
            header = replace(header, notes={**header.notes, "only": str(options.only)})
        header = with_film(header, options.film)
        with stop_on_signal() as stop:
            return _run(source, pipeline, header, options, stop, printer.skipped)
    finally:
        source.close()
        printer.print_ongoing()


def fetch_with_progress(name: str) -> Path:
    """The file of catalogue entry ``name``, fetched with a progress bar and converted if it is not in the cache.

    Raises StanceError if there is no such entry, or if fetching or converting fails.
    """
    find_entry(name)
    with tqdm(desc=name, unit="B", unit_scale=True, leave=False, disable=None, file=sys.stderr) as bar:

        def progress(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return locate(name, progress, lambda line: tqdm.write(line, file=sys.stderr))


def locate_with_progress(name_or_path: str) -> Path:
    """The file of a network, fetched with a progress bar if it is a catalogue entry that is not in the cache.

    Raises StanceError if it is neither a name nor a file, or if fetching or converting fails.
    """
    return fetch_with_progress(name_or_path) if name_or_path in load_catalogue() else locate(name_or_path)


def _source_text(text: str) -> str:
    """The source's address; ``demo`` is fetched from the catalogue."""
    return str(fetch_with_progress(text)) if text == "demo" else text


def _notify_if_drawn(source: Source) -> None:
    """Print a notice if the source is a video written by Stance, whose frames show drawn skeletons."""
    path = source_file(source)
    record = read_note(path) if path is not None else None
    if record is not None and record.people == "drawn":
        beside = f"; its pose data is in {record.data}" if record.data else ""
        line = f"{source.name} already contains skeletons drawn by Stance and is analysed anyway{beside}"
        tqdm.write(printable(f"{line}."), file=sys.stderr)


def _check_recorded(source: Source) -> None:
    """Raise StanceError if the frames of ``source`` cannot be read again, or do not follow each other in time."""
    if source.live or source.still:
        raise StanceError(
            "{source} is not a recorded video, which offline smoothing needs: wanted the file of a video.",
            source=source.name,
        )


def _run(
    source: Source,
    pipeline: Pipeline,
    header: Header,
    options: RunOptions,
    stop: StopRequest,
    skipped: Collection[str],
) -> int:
    if options.smooth_offline:
        header = smoothed_header(header, options.cutoff_hz)
    angles = ClipAngles(options.angles)
    marks = Marks(options.angles, clip_angles=angles) if options.angles else NO_MARKS
    threshold, mirror = pipeline.settings.threshold, options.mirror
    style = DrawStyle(threshold=threshold, mirror=mirror, marks=marks, privacy=options.privacy)
    chosen = ChosenPeople(options.only, source, options.film.crop_to)
    if chosen.must_exist:
        check_free(options.outputs)
    sinks = [] if chosen.must_exist else open_outputs(options, header, style)
    seen: set[int] = set()
    latest: list[int] = [0]
    check = RecordingCheck(pipeline.skeleton, pipeline.settings.threshold) if options.check else None
    has_clip_points = not (source.live or source.still) and needs_clip(pipeline.lifters, pipeline.settings)
    is_read_twice = options.smooth_offline or chosen.votes or chosen.must_exist or options.film.needs_people
    is_read_twice = is_read_twice or has_clip_points
    kept = Analysis(header.skeleton, most=sys.maxsize) if is_read_twice else None

    def record(result: Result) -> None:
        if check is not None:
            check.add(result.frame, result.poses)
        seen.update(person.id for person in result.poses.people)
        latest[0] = len(result.poses.people)

    def take(result: Result) -> None:
        chosen.count(result.frame, result.poses)
        if kept is not None:
            kept.add(result.poses)
        if chosen.votes is None:
            record(result)

    engine = Engine(
        source,
        pipeline,
        [] if kept is not None else sinks,
        on_result=take,
        on_event=_print_event,
        start_s=options.start_s,
        end_s=options.end_s,
        limit=options.limit,
        only=chosen.first,
    )
    failures = _drive(engine, options, sinks, stop, latest)
    if chosen.must_exist and len(kept or ()):
        chosen.check(failures)
        sinks = open_outputs(options, header, style)
    if kept is not None:
        stop.clear()  # what has been analysed until then is written
        stop.is_patient = True
        smoothing = OfflineSmoothing(options.cutoff_hz, pipeline.settings.threshold)
        people = finished(kept, smoothing) if options.smooth_offline else kept
        if has_clip_points:
            people = with_clip_points(people, pipeline.lifters, pipeline.settings, header.size)
        angles.fill(people, style.threshold)
        if header.people is not None:
            header.people.analysis = people
        for line in empty_curves(people, options.film, threshold):
            tqdm.write(printable(line), file=sys.stderr)
        writing = _replay(people, options, sinks, chosen.second, record if chosen.votes else lambda result: None)
        if len(kept):
            failures += _drive(writing, options, sinks, stop, latest)
        writing.stop()
        engine.statistics.stage_ms["write"] = writing.statistics.stage_ms.get("write", deque())
    print(_summary(engine.statistics, pipeline, header, seen, sinks, len(skipped)))
    if chosen.warning:
        print(printable(chosen.warning), file=sys.stderr)
    if check is not None:
        print("\n".join(map(printable, check_lines(check))))
    sink_failures = [str(sink.failure) for sink in sinks if sink.failure]
    if all_failures := list(dict.fromkeys(sink_failures + failures)):
        raise StanceError(" ".join(all_failures))
    return 0


def _replay(
    analysis: Analysis,
    options: RunOptions,
    sinks: list[Output],
    only: PeopleFilter | None,
    on_result: Callable[[Result], None],
) -> Engine:
    """An engine that reads the source again and writes the people of ``analysis`` that ``only`` lets pass."""
    return Engine(
        open_source(_source_text(options.source), rotate=options.rotate),
        None,
        sinks,
        analysis=analysis,
        on_result=on_result,
        on_event=_print_event,
        start_s=options.start_s,
        end_s=options.end_s,
        limit=len(analysis),
        only=only,
    )


def _print_event(event: EngineEvent) -> None:
    if event.kind in ("lost", "live", "notice", "late", "slow"):
        tqdm.write(printable(event.message), file=sys.stderr)


def _drive(engine: Engine, options: RunOptions, sinks: list[Output], stop: StopRequest, people: list[int]) -> list[str]:
    """Run ``engine`` to its end with a progress bar; returns what has failed, at most one sentence.

    ``people`` holds the number of people in the latest frame.
    """
    engine.start()
    failures: list[str] = []
    with _bar(engine.source, options) as bar, logging_redirect_tqdm():
        try:
            while not engine.wait(POLL_S):
                stop.tell()
                if stop.is_set() or (sinks and all(sink.failure for sink in sinks)):
                    engine.stop(0)
                _update_bar(bar, engine.statistics, people[0])
        except StanceError as error:
            failures.append(str(error))
        _update_bar(bar, engine.statistics, people[0])
        bar.refresh()
    return failures


def _bar(source: Source, options: RunOptions) -> tqdm:
    expected = expected_frames(source, options.start_s, options.end_s, options.limit)
    return tqdm(
        desc=printable(Path(source.name).name or source.name),
        total=expected,
        unit="frame",
        bar_format="{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"
        if expected
        else "{desc}: {n_fmt} frames [{elapsed}{postfix}]",
        file=sys.stderr,
        mininterval=POLL_S if sys.stderr.isatty() else LOG_S,
        miniters=1,
    )


def _update_bar(bar: tqdm, statistics: Statistics, people: int) -> None:
    bar.set_postfix_str(f"{statistics.fps:.1f} fps, {people} {'person' if people == 1 else 'people'}", refresh=False)
    bar.update(statistics.frames - bar.n)


def _summary(
    statistics: Statistics, pipeline: Pipeline, header: Header, seen: set[int], sinks: list[Output], skipped: int
) -> str:
    ids = f" (ids {', '.join(map(str, sorted(seen)))})" if 0 < len(seen) <= 12 else ""
    who = f"{len(seen)} {'person' if len(seen) == 1 else 'people'}{ids}"
    left_out = f" ({skipped} {'image' if skipped == 1 else 'images'} could not be read)" if skipped else ""
    frames = f"{statistics.frames} {'frame' if statistics.frames == 1 else 'frames'}"
    lines = [f"{header.source}: {frames}{left_out}, {who}, {statistics.fps:.1f} fps"]
    if statistics.dropped:
        lines.append(f"dropped: {statistics.dropped} frames arrived faster than they could be processed")
    if statistics.unrecorded:
        lines.append(f"not recorded: {statistics.unrecorded} frames, because the {statistics.slow_part} was too slow")
    if header.live and (late := pipeline.info.history[1]):
        lines.append(f"late by {late} {'frame' if late == 1 else 'frames'}: {pipeline.info.name} needs later ones too")
    reasons = "; ".join(f"{name}: {why}" for name, why in pipeline.skipped_devices.items())
    lines.append(f"device: {header.device_requested} -> {pipeline.device}" + (f" ({reasons})" if reasons else ""))
    lines.append(f"models: {', '.join(pipeline.model_names)}")
    lines += _scale_lines(header)
    lines.append(f"{'stage':<8}{'median':>9}{'p95':>9}  ms")
    for stage in ("read", *STAGES, "write"):
        if values := statistics.stage_ms.get(stage):
            median, late = np.percentile(np.array(values), [50, 95])
            lines.append(f"{stage:<8}{median:>9.1f}{late:>9.1f}")
    lines += output_lines(sinks)
    return "\n".join(map(printable, lines))


def _scale_lines(header: Header) -> list[str]:
    """What is known of the scale, if one is asked for and a file needed it."""
    clip = header.measure
    if clip is None or clip.is_empty:
        return []
    scale = clip.find()
    if scale is None:
        return [f"scale: {clip.reason} Coordinates are in pixels."]
    slope = f"floor: rises by {scale.slope_degrees:.1f} degrees to the right"
    floor = slope if scale.on_floor else "floor: unknown, heights count from the lower edge of the picture"
    whose = "" if scale.person is None else f" by the height of person {scale.person}"
    return [f"scale: 1 pixel is {1000 * scale.metres_per_pixel:.3g} mm{whose}; {floor}"]


class _EventPrinter:
    """A ``Notify`` that prints messages: of a damaged interval once, at its end or at that of the run.

    ``skipped`` are the messages about images that could not be read.
    """

    def __init__(self) -> None:
        self.skipped: set[str] = set()
        self._ongoing = NO_MESSAGE

    def __call__(self, event: SourceEvent) -> None:
        if event.state == "skipped":
            self.skipped.add(event.message)
        if event.ongoing:
            self._ongoing = event.message
            return
        if event.replaces:
            self._ongoing = NO_MESSAGE
        if event.message:
            tqdm.write(printable(event.message), file=sys.stderr)

    def print_ongoing(self) -> None:
        """Print the message of an interval whose end was not read."""
        if self._ongoing:
            tqdm.write(printable(self._ongoing), file=sys.stderr)

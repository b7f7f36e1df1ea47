"""Stance without a window: a progress bar, files, a summary."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import numpy as np
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from app.command import printable
from app.engine import Engine, EngineEvent, Result, Statistics
from app.engine.export import expected_frames
from app.engine.header import describe, source_file
from app.errors import StanceError
from app.overlay import Look
from app.pipeline import STAGES, Pipeline, open_pipeline
from app.settings import Job, Settings
from app.sinks import Header, Sink, check_outputs, open_sinks
from app.sources import Source, SourceEvent, open_source
from app.zoo.cache import sweep
from app.zoo.catalogue import find_entry, load_catalogue
from app.zoo.fetch import locate

GLANCE_S = 0.1
LOG_S = 5.0  # between two sights of the bar where it goes to a file


def run_headless(settings: Settings, job: Job) -> int:
    """Run the pipe on the job's source until its end, its limit, Ctrl-C or SIGTERM; gives the exit code.

    Raises StanceError for bad input.
    """
    sweep()
    source = open_source(_source_text(job.source), rotate=job.rotate, notify=_tell)
    try:
        check_outputs(job.outputs, source_file=source_file(source), still=source.still, pictures=source.frames or 1)
        _fetch_networks(settings)
        pipeline = open_pipeline(settings)
        header = describe(job.source, source, pipeline)
        with _stop_asked() as stop:
            return _run(source, pipeline, header, job, stop)
    finally:
        source.close()


def fetched(name: str) -> Path:
    """What catalogue entry ``name`` is run from, fetched with a progress bar, and converted, where it is not here."""
    find_entry(name)
    with tqdm(desc=name, unit="B", unit_scale=True, leave=False, disable=None, file=sys.stderr) as bar:

        def progress(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return locate(name, progress, lambda line: tqdm.write(line, file=sys.stderr))


def _source_text(text: str) -> str:
    """``demo`` is a clip of the catalogue."""
    return str(fetched(text)) if text == "demo" else text


def _fetch_networks(settings: Settings) -> None:
    """Have the catalogue's networks at hand, so that nobody waits without seeing why."""
    for name in (settings.pose, settings.detector):
        if name in load_catalogue():
            fetched(name)


def _run(source: Source, pipeline: Pipeline, header: Header, job: Job, stop: threading.Event) -> int:
    sinks = open_sinks(job.outputs, header, Look(threshold=pipeline.settings.threshold, mirror=job.mirror))
    seen: set[int] = set()
    latest: list[int] = [0]

    def note(result: Result) -> None:
        seen.update(person.id for person in result.poses.people)
        latest[0] = len(result.poses.people)

    def tell(event: EngineEvent) -> None:
        if event.kind in ("lost", "live", "notice"):
            tqdm.write(printable(event.message), file=sys.stderr)

    engine = Engine(
        source,
        pipeline,
        sinks,
        on_result=note,
        on_event=tell,
        start_s=job.start_s,
        end_s=job.end_s,
        limit=job.limit,
    )
    engine.start()
    failure: StanceError | None = None
    with _bar(source, job) as bar, logging_redirect_tqdm():
        try:
            while not engine.wait(GLANCE_S):
                if stop.is_set():
                    engine.stop(0)
                _show(bar, engine.statistics, latest[0])
        except StanceError as error:
            failure = error
        _show(bar, engine.statistics, latest[0])
        bar.refresh()
    print(_summary(engine.statistics, pipeline, header, seen, sinks))
    if failure:
        raise failure
    return 0


def _bar(source: Source, job: Job) -> tqdm:
    expected = expected_frames(source, job.start_s, job.end_s, job.limit)
    return tqdm(
        desc=printable(Path(source.name).name or source.name),
        total=expected,
        unit="frame",
        bar_format="{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"
        if expected
        else "{desc}: {n_fmt} frames [{elapsed}{postfix}]",
        file=sys.stderr,
        mininterval=GLANCE_S if sys.stderr.isatty() else LOG_S,
        miniters=1,
    )


def _show(bar: tqdm, statistics: Statistics, people: int) -> None:
    bar.set_postfix_str(f"{statistics.fps:.1f} fps, {people} {'person' if people == 1 else 'people'}", refresh=False)
    bar.update(statistics.frames - bar.n)


def _summary(statistics: Statistics, pipeline: Pipeline, header: Header, seen: set[int], sinks: list[Sink]) -> str:
    ids = f" (ids {', '.join(map(str, sorted(seen)))})" if 0 < len(seen) <= 12 else ""
    who = f"{len(seen)} {'person' if len(seen) == 1 else 'people'}{ids}"
    lines = [f"{header.source}: {statistics.frames} frames, {who}, {statistics.fps:.1f} fps"]
    if statistics.dropped:
        lines.append(f"dropped: {statistics.dropped} frames came faster than they could be worked on")
    if statistics.unrecorded:
        lines.append(f"unrecorded: {statistics.unrecorded} frames were faster than the disk")
    reasons = "; ".join(f"{name}: {why}" for name, why in pipeline.passed_over.items())
    lines.append(f"device: {header.device_requested} -> {pipeline.device}" + (f" ({reasons})" if reasons else ""))
    lines.append(f"models: {header.pose_model}, {header.detector}")
    lines.append(f"{'stage':<8}{'median':>9}{'p95':>9}  ms")
    for stage in ("read", *STAGES, "write"):
        if values := statistics.stage_ms.get(stage):
            median, late = np.percentile(np.array(values), [50, 95])
            lines.append(f"{stage:<8}{median:>9.1f}{late:>9.1f}")
    lines += [f"written: {_told(sink.paths)}" for sink in sinks]
    return "\n".join(map(printable, lines))


def _told(paths: Sequence[Path]) -> str:
    """A few files by name, many as from where to where."""
    if len(paths) <= 4:
        return ", ".join(map(str, paths)) or "nothing"
    return f"{paths[0]} ... {paths[-1].name}, {len(paths)} files"


def _tell(event: SourceEvent) -> None:
    tqdm.write(printable(event.message), file=sys.stderr)


@contextmanager
def _stop_asked() -> Iterator[threading.Event]:
    """An event that Ctrl-C or SIGTERM sets; a second Ctrl-C ends at once."""
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

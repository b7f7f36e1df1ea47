"""All that is measured of one clip or camera, as figures by name."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from app.bench import peer
from app.bench.bare import Bare, recorded
from app.bench.batches import measure_batches
from app.bench.crowd import make_clip
from app.bench.live import MINUTE_S, Live, Playback, play
from app.bench.passes import Pass, Stages, joined, late, run_pass, spread, walk
from app.bench.whole import go_through
from app.errors import StanceError
from app.pipeline import STAGES, Pipeline, open_pipeline
from app.priority import in_background
from app.settings import Settings
from app.sources import Source, open_source
from app.window.screening import screening
from app.zoo.fetch import locate

ALL_STAGES = ("read", *STAGES, "draw", "show", "write")
VIEW = (1280, 720)

Tell = Callable[[str], None]
"""Told a line about what is being done."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to measure: ``frames`` a pass, ``repeats`` passes, then ``seconds`` as a camera.

    ``people`` makes clips of so many out of ``source``; ``against_rtmlib`` lets that run in between.
    """

    source: str = "demo"
    settings: Settings = field(default_factory=Settings)
    people: tuple[int, ...] = ()
    against_rtmlib: bool = False
    frames: int = 90
    repeats: int = 5
    seconds: float = 65.0

    def __post_init__(self) -> None:
        for what, value in (("frames", self.frames), ("repeats", self.repeats)):
            if value < 1:
                raise StanceError(f"{value} {what} measure nothing: wanted 1 or more.")
        if not 0 < self.seconds < float("inf"):
            raise StanceError(f"{self.seconds} seconds measure nothing: wanted more than 0.")


def measure(wanted: Wanted, tell: Tell) -> dict[str, Any]:
    """The figures; raises StanceError for what cannot be opened or measured."""
    pipeline = _opened(wanted)
    with tempfile.TemporaryDirectory(prefix="stance-bench-") as folder:
        clip = str(locate("demo")) if wanted.source == "demo" else wanted.source
        if wanted.people:
            clip = _crowd(wanted.people[0], clip, pipeline, wanted, Path(folder), tell)
        figures = _what(f"{wanted.people[0]} people" if wanted.people else wanted.source, pipeline)
        source = open_source(clip)
        if source.live:
            live = _play(source, pipeline, wanted.seconds, tell)
            return figures | {"fps": live.frames / live.seconds, "overhead": None} | _live_figures(live, {})
        source.close()
        if source.still:
            raise StanceError(f"{wanted.source} is made of pictures: wanted a video or a camera.")
        passes = _passes(clip, pipeline, wanted, Path(folder), tell)
        live = _play(Playback(open_source(clip)), pipeline, wanted.seconds, tell)
        on_a_card = {} if pipeline.device == "cpu" else {"batches": measure_batches([wanted.settings.pose])}
        return figures | passes.figures | _live_figures(live, passes.stages) | on_a_card


def measure_people(wanted: Wanted, tell: Tell) -> dict[str, Any]:
    """What a frame costs with each of the numbers of people, ``by_people``, and what one more costs, ``slope_ms``.

    Raises StanceError as ``measure`` does.
    """
    pipeline = _opened(wanted)
    source = str(locate("demo")) if wanted.source == "demo" else wanted.source
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="stance-bench-") as folder:
        for count in wanted.people:
            clip = _crowd(count, source, pipeline, wanted, Path(folder), tell)
            done = _passes(clip, pipeline, wanted, Path(folder), tell)
            rows.append({"made": count, **done.figures})
    costs = [1000 / row["fps"] for row in rows]
    slope_ms, nobody_ms = np.polyfit([row["people"] for row in rows], costs, 1)
    return _what(wanted.source, pipeline) | {
        "by_people": rows,
        "slope_ms": float(slope_ms),
        "nobody_ms": float(nobody_ms),
    }


def measure_whole(wanted: Wanted, tell: Tell) -> dict[str, Any]:
    """A file from end to end, see ``go_through``; raises StanceError for what cannot be opened."""
    pipeline = _opened(wanted)
    clip = str(locate("demo")) if wanted.source == "demo" else wanted.source
    source = open_source(clip)
    source.close()
    if source.live or source.still:
        raise StanceError(f"{wanted.source} has no end: wanted a video file.")
    tell("going through the whole file")
    with tempfile.TemporaryDirectory(prefix="stance-bench-") as folder:
        return _what(wanted.source, pipeline) | go_through(clip, pipeline, Path(folder))


def _opened(wanted: Wanted) -> Pipeline:
    """The pipe as the window has it: its networks' threads give way to whoever paints."""
    return in_background(lambda: open_pipeline(wanted.settings))


def _what(source: str, pipeline: Pipeline) -> dict[str, Any]:
    return {
        "source": source,
        "pose": pipeline.estimator.card.name,
        "detector": pipeline.detector.name,
        "provider": pipeline.device,
        "passed_over": pipeline.passed_over,
    }


def _crowd(people: int, clip: str, pipeline: Pipeline, wanted: Wanted, folder: Path, tell: Tell) -> str:
    tell(f"making a clip of {people} people")
    made = folder / f"{people}-people.mp4"
    make_clip(people, clip, pipeline, wanted.frames, made)
    return str(made)


@dataclass(frozen=True, slots=True)
class _Passes:
    figures: dict[str, Any]
    stages: Stages


def _passes(clip: str, pipeline: Pipeline, wanted: Wanted, folder: Path, tell: Tell) -> _Passes:
    """The pipe, its bare networks and the peer, one after the other and that several times over."""
    tell("going over the clip once to warm up and to note what the networks are fed")
    with recorded(pipeline) as recordings:
        walk(clip, pipeline, wanted.frames)
    bare = [Bare(recording) for recording in recordings if recording.fed]
    detections = [len(recording.fed) for recording in recordings[1:]]
    with ExitStack() as stack:
        other = stack.enter_context(peer.running(clip, pipeline, wanted.frames)) if wanted.against_rtmlib else None
        ours: list[Pass] = []
        overheads: list[float] = []
        theirs: list[float] = []
        theirs_same: list[float] = []
        cadence = max(round(wanted.frames / detections[0]), 1) if detections and detections[0] else 1
        if other:
            tell("warming rtmlib up")
            other.fps(1)
            other.fps(cadence)
        for number in range(wanted.repeats):
            tell(f"measuring, {number + 1} of {wanted.repeats}")
            ours.append(run_pass(clip, pipeline, wanted.frames, folder))
            overheads.append(ours[-1].seconds / sum(network.seconds() for network in bare))
            if other:
                theirs.append(other.fps(1))
                theirs_same.append(other.fps(cadence))
    fps = [done.fps for done in ours]
    figures: dict[str, Any] = {
        "frames": ours[0].frames,
        "people": ours[0].people / ours[0].frames,
        "repeats": wanted.repeats,
        "detections": sum(detections),
        "fps": spread(fps)["median"],
        "fps_spread": spread(fps),
        "overhead": spread(overheads)["median"],
        "overhead_spread": spread(overheads),
        "bare_threads": [f"{network.threads.count}{' spinning' * network.threads.spin}" for network in bare],
    }
    if other:
        figures |= _against("", fps, theirs) | _against("_same_cadence", fps, theirs_same) | {"rtmlib_cadence": cadence}
    return _Passes(figures, joined(done.stages for done in ours))


def _against(name: str, ours: list[float], theirs: list[float]) -> dict[str, Any]:
    ratios = spread(our / their for our, their in zip(ours, theirs, strict=True))
    return {
        f"rtmlib_fps{name}": spread(theirs)["median"],
        f"speedup{name}": ratios["median"],
        f"speedup{name}_spread": ratios,
    }


def _play(source: Source, pipeline: Pipeline, seconds: float, tell: Tell) -> Live:
    tell(f"playing it as a camera for {seconds:g} s")
    pipeline.reset()
    try:
        with screening(pipeline.skeleton, VIEW) as show:
            return play(source, pipeline, seconds, show)
    finally:
        source.close()


def _live_figures(live: Live, stages: Stages) -> dict[str, Any]:
    measured = live.stages | stages
    minutes = range(int(live.seconds // MINUTE_S))
    return {
        "live_fps": live.frames / live.seconds,
        "latency_ms": _late(age for _, age in live.ages),
        "latency_by_minute_ms": [_late(age for at, age in live.ages if at // MINUTE_S == minute) for minute in minutes],
        "dropped": live.dropped,
        "memory_mb": {
            "start": live.memory_mb[0],
            "minute": live.memory_mb[1] if len(live.memory_mb) > 1 else None,
            "end": live.memory_end_mb,
        },
        "memory_by_minute_mb": live.memory_mb[1:],
        "stages_ms": {
            stage: _late(measured[stage]) | {"times": len(measured[stage]), "total": float(np.sum(measured[stage]))}
            for stage in ALL_STAGES
            if measured.get(stage)
        },
    }


def _late(values: Iterable[float]) -> dict[str, float | None]:
    known = list(values)
    return dict(late(known)) if known else {"median": None, "p95": None}

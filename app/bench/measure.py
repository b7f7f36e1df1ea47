"""The measurements of a clip or camera, as figures by name."""

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
from app.bench.cpu_clock import CpuClock
from app.bench.crowd import make_clip
from app.bench.live import MINUTE_S, Live, Playback, play
from app.bench.offscreen_view import offscreen_view
from app.bench.passes import Pass, Stages, merge_stages, percentiles, run_pass, spread, walk
from app.bench.whole import process_file
from app.core.errors import StanceError
from app.core.settings import Settings
from app.pipeline import STAGES, Pipeline, open_pipeline
from app.sources import Source, open_source
from app.system.threads import in_background
from app.zoo.fetch import locate

ALL_STAGES = ("read", *STAGES, "draw", "show", "write")
"""All measured stages, in order."""
VIEW = (1280, 720)
"""Size of the video view, in pixels."""

Report = Callable[[str], None]
"""Called with a status line."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to measure.

    Attributes:
        source: A video, "demo", a camera or a stream.
        settings: Networks, device and other settings of the pipeline.
        people: Numbers of people of synthetic clips made from ``source``; empty for the source itself.
        against_rtmlib: Measure rtmlib in alternation.
        frames: Frames per pass.
        repeats: Number of passes.
        seconds: Duration of the camera measurement, or of playing in the window.

    Raises:
        StanceError: A number is out of range.
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
                raise StanceError("{value} {what} is out of range: wanted 1 or more.", value=value, what=what)
        if not 0 < self.seconds < float("inf"):
            raise StanceError("{seconds} seconds is out of range: wanted more than 0.", seconds=self.seconds)


def measure(wanted: Wanted, report: Report) -> dict[str, Any]:
    """Measure a clip or camera; returns the figures by name. Raises StanceError if it cannot be opened or measured."""
    clock = _open_pipeline(wanted)
    pipeline = clock.pipeline
    with tempfile.TemporaryDirectory(prefix="stance-bench-") as folder:
        clip = str(locate("demo")) if wanted.source == "demo" else wanted.source
        if wanted.people:
            clip = _make_crowd_clip(wanted.people[0], clip, pipeline, wanted, Path(folder), report)
        figures = _model_figures(f"{wanted.people[0]} people" if wanted.people else wanted.source, pipeline)
        source = open_source(clip)
        if source.live:
            live = play_as_camera(source, pipeline, wanted.seconds, report)
            return figures | {"fps": live.frames / live.seconds, "overhead": None} | _live_figures(live, {})
        source.close()
        if source.still:
            raise StanceError("{source} is made of images: wanted a video or a camera.", source=wanted.source)
        passes = _passes(clip, clock, wanted, Path(folder), report)
        live = play_as_camera(Playback(open_source(clip)), pipeline, wanted.seconds, report)
        on_gpu = {} if pipeline.device == "cpu" else {"batches": measure_batches([wanted.settings.pose])}
        return figures | passes.figures | _live_figures(live, passes.stages) | on_gpu


def measure_passes(wanted: Wanted, report: Report) -> dict[str, Any]:
    """Measure the passes over a file only; returns the figures by name. Raises StanceError as ``measure`` does."""
    clock = _open_pipeline(wanted)
    clip = str(locate("demo")) if wanted.source == "demo" else wanted.source
    with tempfile.TemporaryDirectory(prefix="stance-bench-") as folder:
        return _passes(clip, clock, wanted, Path(folder), report).figures


def measure_people(wanted: Wanted, report: Report) -> dict[str, Any]:
    """Measure synthetic clips with each number of people.

    Returns the figures ``by_people``, and by linear regression ``slope_ms`` (milliseconds per additional person),
    ``nobody_ms`` (per frame without people) and ``other_slope_ms`` (processor time per additional person of everything
    but the networks; None if it is not known). Raises StanceError as ``measure`` does.
    """
    clock = _open_pipeline(wanted)
    pipeline = clock.pipeline
    source = str(locate("demo")) if wanted.source == "demo" else wanted.source
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="stance-bench-") as folder:
        for count in wanted.people:
            clip = _make_crowd_clip(count, source, pipeline, wanted, Path(folder), report)
            clip_passes = _passes(clip, clock, wanted, Path(folder), report)
            rows.append({"made": count, **clip_passes.figures})
    people = [row["people"] for row in rows]
    slope_ms, nobody_ms = np.polyfit(people, [1000 / row["fps"] for row in rows], 1)
    other = [row["cpu_ms"]["other"] for row in rows if row["cpu_ms"]]
    return _model_figures(wanted.source, pipeline) | {
        "by_people": rows,
        "slope_ms": float(slope_ms),
        "nobody_ms": float(nobody_ms),
        "other_slope_ms": float(np.polyfit(people, other, 1)[0]) if len(other) == len(rows) else None,
    }


def measure_whole(wanted: Wanted, report: Report) -> dict[str, Any]:
    """Measure a whole file; see ``process_file``. Raises StanceError if it is not a video file."""
    pipeline = _open_pipeline(wanted).pipeline
    clip = str(locate("demo")) if wanted.source == "demo" else wanted.source
    source = open_source(clip)
    source.close()
    if source.live or source.still:
        raise StanceError("{source} has no end: wanted a video file.", source=wanted.source)
    report("reading the whole file")
    with tempfile.TemporaryDirectory(prefix="stance-bench-") as folder:
        return _model_figures(wanted.source, pipeline) | process_file(clip, pipeline, Path(folder))


def _open_pipeline(wanted: Wanted) -> CpuClock:
    """The pipeline as in the window: its networks' threads have background priority."""
    return CpuClock(lambda: in_background(lambda: open_pipeline(wanted.settings)))


def _model_figures(source: str, pipeline: Pipeline) -> dict[str, Any]:
    return {
        "source": source,
        "pose": pipeline.info.name,
        "detector": pipeline.detector_name,
        "provider": pipeline.device,
        "skipped_devices": pipeline.skipped_devices,
    } | pipeline.notes


def _make_crowd_clip(people: int, clip: str, pipeline: Pipeline, wanted: Wanted, folder: Path, report: Report) -> str:
    report(f"making a clip of {people} people")
    made = folder / f"{people}-people.mp4"
    make_clip(people, clip, pipeline, wanted.frames, made)
    return str(made)


@dataclass(frozen=True, slots=True)
class _Passes:
    figures: dict[str, Any]
    stages: Stages


def _passes(clip: str, clock: CpuClock, wanted: Wanted, folder: Path, report: Report) -> _Passes:
    """Measure the pipeline, its bare networks and rtmlib in alternation, ``repeats`` times."""
    pipeline = clock.pipeline
    report("running the clip once to warm up and to record the model inputs")
    with recorded(pipeline) as recordings:
        walk(clip, pipeline, wanted.frames)
    bare = [Bare(recording) for recording in recordings if recording.feeds]
    detections = [len(recording.feeds) for recording in recordings[1 : len(pipeline.networks)]]
    with ExitStack() as stack:
        rtmlib = stack.enter_context(peer.running(clip, pipeline, wanted.frames)) if wanted.against_rtmlib else None
        ours: list[Pass] = []
        overheads: list[float] = []
        rtmlib_fps: list[float] = []
        same_cadence_fps: list[float] = []
        cadence = max(round(wanted.frames / detections[0]), 1) if detections and detections[0] else 1
        if rtmlib:
            report("warming up rtmlib")
            rtmlib.fps(1)
            rtmlib.fps(cadence)
        for number in range(wanted.repeats):
            report(f"measuring, {number + 1} of {wanted.repeats}")
            ours.append(run_pass(clip, clock, wanted.frames, folder))
            overheads.append(ours[-1].cpu.elapsed / sum(network.seconds() for network in bare))
            if rtmlib:
                rtmlib_fps.append(rtmlib.fps(1))
                same_cadence_fps.append(rtmlib.fps(cadence))
    fps = [one.fps for one in ours]
    figures: dict[str, Any] = {
        "frames": ours[0].frames,
        "people": ours[0].people / ours[0].frames,
        "repeats": wanted.repeats,
        "detections": sum(detections),
        "fps": spread(fps)["median"],
        "fps_spread": spread(fps),
        "overhead": spread(overheads)["median"],
        "overhead_spread": spread(overheads),
        **_cpu_figures(ours, clock.is_exact),
        "bare_threads": [f"{network.threads.count}{' spinning' * network.threads.spin}" for network in bare],
    }
    if rtmlib:
        figures |= (
            _against("", fps, rtmlib_fps)
            | _against("_same_cadence", fps, same_cadence_fps)
            | {"rtmlib_cadence": cadence}
        )
    return _Passes(figures, merge_stages(one.stages for one in ours))


def _cpu_figures(passes: list[Pass], is_exact: bool) -> dict[str, Any]:
    """Processor time per frame in milliseconds, and the share of the cores that were busy: medians of the passes."""
    network = spread(one.cpu.networks / one.frames * 1000 for one in passes)["median"]
    other = spread(one.cpu.other / one.frames * 1000 for one in passes)["median"]
    return {
        "cpu_ms": {"network": network, "other": other} if is_exact else None,
        "busy": spread(one.cpu.busy for one in passes)["median"],
    }


def _against(name: str, ours: list[float], rtmlib_fps: list[float]) -> dict[str, Any]:
    ratios = spread(our / their for our, their in zip(ours, rtmlib_fps, strict=True))
    return {
        f"rtmlib_fps{name}": spread(rtmlib_fps)["median"],
        f"speedup{name}": ratios["median"],
        f"speedup{name}_spread": ratios,
    }


def play_as_camera(source: Source, pipeline: Pipeline, seconds: float, report: Report) -> Live:
    """Show a live source for ``seconds`` as the window does, and close it."""
    report(f"playing it as a camera for {seconds:g} s")
    pipeline.reset()
    try:
        with offscreen_view(pipeline.skeleton, VIEW) as show:
            return play(source, pipeline, seconds, show)
    finally:
        source.close()


def _live_figures(live: Live, stages: Stages) -> dict[str, Any]:
    measured = live.stages | stages
    minutes = range(int(live.seconds // MINUTE_S))
    return {
        "live_fps": live.frames / live.seconds,
        "latency_ms": _percentiles_or_none(age for _, age in live.ages),
        "latency_by_minute_ms": [
            _percentiles_or_none(age for second, age in live.ages if second // MINUTE_S == minute) for minute in minutes
        ],
        "dropped": live.dropped,
        "memory_mb": {
            "start": live.memory_mb[0],
            "minute": live.memory_mb[1] if len(live.memory_mb) > 1 else None,
            "end": live.memory_end_mb,
        },
        "memory_by_minute_mb": live.memory_mb[1:],
        "stages_ms": {
            stage: _percentiles_or_none(measured[stage])
            | {"times": len(measured[stage]), "total": float(np.sum(measured[stage]))}
            for stage in ALL_STAGES
            if measured.get(stage)
        },
    }


def _percentiles_or_none(values: Iterable[float]) -> dict[str, float | None]:
    known = list(values)
    return dict(percentiles(known)) if known else {"median": None, "p95": None}

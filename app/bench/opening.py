"""Measures how long a clip whose analysis is kept takes to be there in the window again, and stalls of its event loop.

The people of the first seconds of the source are repeated over a long made clip, and kept as an analysis keeps them.
The program runs in child processes, once before to warm up the system's caches, with and without panels in alternation.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np

from app.bench.measure import Report, Wanted
from app.bench.passes import spread
from app.bench.window_child import run_window
from app.core.errors import StanceError
from app.core.people import Frame, FramePoses, Person
from app.core.settings import Settings
from app.core.skeleton import load_skeleton
from app.network_answers import NetworkAnswers
from app.overlay import DrawStyle
from app.pipeline import Pipeline, open_pipeline
from app.project.project_run import ProjectRun
from app.project.run_info import ClipPart
from app.project.store import ProjectStore
from app.sinks import Header
from app.sinks.video import Video
from app.sources import open_source
from app.zoo.fetch import locate

CHILD = "app.bench.opening_window"
"""Module that the child processes run."""
FRAMES = 10_000
"""Number of frames of the clip."""
PEOPLE = 2
"""Number of people of the clip, unless another one is asked for."""
SHOWN_FRAMES = 60
"""Number of frames of the source whose people are repeated."""
FPS = 30
"""Frame rate of the clip."""
WIDTH = 320
"""Width of the clip, in pixels: its pictures are gray, and only one of them is shown."""
PANELS = ("people", "plots", "measures", "marks")
"""The panels that are open where it is measured with panels; in the other case only the table of people is."""
STALL_MS = 100.0
"""Stalls of the event loop longer than this, in milliseconds, are counted."""


def measure_opening(wanted: Wanted, report: Report, frames: int = FRAMES) -> dict[str, Any]:
    """Measure how a clip of ``frames`` frames is opened; returns the figures by name, with and without panels.

    Raises StanceError if the source cannot be opened, has no people, or the window fails.
    """
    people = wanted.people[0] if wanted.people else PEOPLE
    with tempfile.TemporaryDirectory(prefix="stance-bench-", ignore_cleanup_errors=True) as folder:
        report("making a clip and its analysis")
        clip = Path(folder) / "clip.mp4"
        before = os.environ.get("STANCE_DATA")
        os.environ["STANCE_DATA"] = folder
        try:
            size_mb = make_kept_clip(clip, wanted, people, frames) / 1e6
        finally:
            os.environ.pop("STANCE_DATA") if before is None else os.environ.update(STANCE_DATA=before)
        report("opening once to warm up")
        open_kept(clip, wanted.settings, folder, PANELS, frames)
        runs: dict[str, list[dict[str, Any]]] = {"people": [], "panels": []}
        for number in range(wanted.repeats):
            report(f"measuring, {number + 1} of {wanted.repeats}")
            runs["people"].append(open_kept(clip, wanted.settings, folder, PANELS[:1], frames))
            runs["panels"].append(open_kept(clip, wanted.settings, folder, PANELS, frames))
    return {
        "source": wanted.source,
        "pose": wanted.settings.pose,
        "detector": wanted.settings.detector,
        "frames": frames,
        "people": people,
        "repeats": wanted.repeats,
        "project_mb": size_mb,
        "limit_ms": STALL_MS,
        "opening": {which: _figures(known) for which, known in runs.items()},
    }


def make_kept_clip(clip: Path, wanted: Wanted, people: int, frames: int) -> int:
    """Write ``clip`` and its analysis, with ``people`` people in ``frames`` frames, as if it had been analysed.

    Returns the size of the project in bytes. Raises StanceError if the source cannot be opened or has no people.
    """
    pipeline = open_pipeline(wanted.settings)
    shown, (width, height) = _people_of(wanted.source, pipeline)
    scale = WIDTH / width
    _write_clip(clip, (WIDTH, round(height * scale)), frames)
    run = ProjectRun(ProjectStore(), clip, ClipPart(), pipeline, NetworkAnswers())
    run.restore()
    for poses in islice(_repeated(shown, people, scale), frames):
        run.add(poses)
    run.finish()
    assert run.file is not None
    return run.file.stat().st_size


def open_kept(clip: Path, settings: Settings, data: str, panels: tuple[str, ...], frames: int) -> dict[str, Any]:
    """Open ``clip``, whose analysis is kept in the folder ``data``, in a window of a child process.

    Returns the child's measurements; see ``opening_window``. Raises StanceError if not all ``frames`` are there.
    """
    models = ["--pose", settings.pose, "--detector", settings.detector, "--device", settings.device]
    reply = run_window(CHILD, {"arguments": models, "clip": str(clip), "panels": panels}, data)
    if "all" not in reply["reached"] or reply["frames"] != frames:
        raise StanceError(
            "The window showed {found} frames of the kept analysis, in {parts}: wanted {frames} frames in every panel.",
            found=reply["frames"],
            parts=", ".join(reply["reached"]) or "nothing",
            frames=frames,
        )
    return reply


def _people_of(source_text: str, pipeline: Pipeline) -> tuple[list[Person], tuple[int, int]]:
    """The first person of the first frames of the source that have people, and its size in pixels."""
    source = open_source(str(locate("demo")) if source_text == "demo" else source_text)
    try:
        read = [pipeline.process(frame).people for frame in islice(iter(source.read, None), SHOWN_FRAMES)]
        size = source.size
    finally:
        source.close()
    shown = [people[0] for people in read if people]
    if not shown:
        raise StanceError("No people were found at the start of {source}: wanted some.", source=source_text)
    return shown, size


def _repeated(shown: list[Person], people: int, scale: float) -> Iterator[FramePoses]:
    """The person of ``shown``, forwards and backwards without end and scaled, as ``people`` people side by side."""
    order = [*range(len(shown)), *range(len(shown) - 2, 0, -1)] or [0]
    for index in count():
        person = shown[order[index % len(order)]]
        beside = (_placed(person, number + 1, scale, WIDTH * number / people) for number in range(people))
        yield FramePoses(index, index / FPS, tuple(beside))


def _placed(person: Person, number: int, scale: float, x: float) -> Person:
    """``person`` as number ``number``, scaled and then moved ``x`` pixels to the right."""
    factors, shift = np.array([scale, scale, 1], np.float32), np.array([x, 0, 0], np.float32)
    return replace(
        person,
        id=number,
        box=person.box * np.float32(scale) + np.array([x, 0, x, 0], np.float32),
        keypoints=person.keypoints * factors + shift,
        measured=None if person.measured is None else person.measured * factors + shift,
    )


def _write_clip(path: Path, size: tuple[int, int], frames: int) -> None:
    """Write a video of gray frames of ``size`` (width, height)."""
    header = Header(str(path), size, FPS, load_skeleton("coco17"), "", "", "", "")
    video = Video(path, header, DrawStyle(skeleton=False, ids=False))
    for index in range(frames):
        image = np.full((size[1], size[0], 3), 100 + index % 50, np.uint8)
        video.write(Frame(index, index / FPS, image), FramePoses(index, index / FPS, ()))
    video.close()


def _figures(runs: list[dict[str, Any]]) -> dict[str, Any]:
    stalls = [np.diff(run["ticks_s"], prepend=0.0) * 1000 for run in runs]
    parts = runs[0]["reached"]
    return {
        "reached_s": {part: spread(run["reached"][part] for run in runs) for part in parts},
        "stall_ms": spread(stall.max() for stall in stalls),
        "stalls": spread((stall > STALL_MS).sum() for stall in stalls),
        "cpu_s": spread(run["cpu_s"] for run in runs),
    }

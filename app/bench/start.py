"""Measures the window: time until it opens, time until it shows people, pauses of its event loop.

The program runs in child processes, once before to warm up the system's caches: on the source for the start-up times,
and on the source scaled to full HD for the pauses.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from app.bench.measure import Report, Wanted
from app.bench.passes import spread
from app.bench.window_child import run_window
from app.core.errors import StanceError
from app.core.people import Frame, FramePoses
from app.core.settings import Settings
from app.core.skeleton import load_skeleton
from app.overlay import DrawStyle
from app.sinks import Header
from app.sinks.video import Video
from app.sources import open_source
from app.zoo.fetch import locate

CHILD = "app.bench.watched_window"
"""Module that the child processes run."""
FULL_HD = (1920, 1080)
"""Width and height, in pixels."""
PAUSE_MS = 50.0
"""Pauses of the event loop longer than this, in milliseconds, are noticeable."""

SETTLED_S = 1.0
"""Duration of the start measurement after the first skeleton, in seconds."""


def measure_start(wanted: Wanted, report: Report) -> dict[str, Any]:
    """Measure the window; returns the figures by name. Raises StanceError if the source cannot be opened or shown."""
    clip = str(locate("demo")) if wanted.source == "demo" else wanted.source
    with tempfile.TemporaryDirectory(prefix="stance-bench-") as folder:
        report("scaling the source to full HD")
        large = Path(folder) / "full-hd.mp4"
        scale(clip, FULL_HD, wanted.seconds, large)
        report("starting once to warm up")
        watch(clip, wanted.settings, 0.0)
        starts, plays = [], []
        for number in range(wanted.repeats):
            report(f"measuring, {number + 1} of {wanted.repeats}")
            starts.append(watch(clip, wanted.settings, SETTLED_S))
            plays.append(watch(str(large), wanted.settings, wanted.seconds))
    gaps = [_gaps_ms(play) for play in plays]
    return {
        "source": wanted.source,
        "pose": wanted.settings.pose,
        "detector": wanted.settings.detector,
        "repeats": wanted.repeats,
        "seconds": wanted.seconds,
        "window_s": spread(start["window_s"] for start in starts),
        "skeleton_s": spread(start["skeleton_s"] for start in starts),
        "limit_ms": PAUSE_MS,
        "away_ms": spread(gap.max() for gap in gaps),
        "away": spread((gap > PAUSE_MS).sum() for gap in gaps),
        "painted_fps": spread(play["painted"] / wanted.seconds for play in plays),
        "torch": any("torch" in run["modules"] for run in starts + plays),
    }


def scale(clip: str, size: tuple[int, int], seconds: float, path: Path) -> None:
    """Write ``seconds`` of ``clip``, repeated if it is shorter, scaled to ``size`` (width, height) to ``path``.

    Raises StanceError if ``clip`` is not a video.
    """
    source = open_source(clip)
    try:
        if source.live or source.still:
            raise StanceError("{clip} cannot be scaled: wanted a video.", clip=clip)
        fps = source.fps or 30.0
        header = Header(clip, size, fps, load_skeleton("coco17"), "", "", "", "")
        video = Video(path, header, DrawStyle(skeleton=False, ids=False))
        for index in range(max(round(seconds * fps), 1)):
            frame = source.read()
            if frame is None:
                source.seek(0.0)
                frame = source.read()
            if frame is None:
                break
            image = np.asarray(cv2.resize(frame.image, size), np.uint8)
            video.write(Frame(index, index / fps, image), FramePoses(index, index / fps, ()))
        video.close()
    finally:
        source.close()


def watch(clip: str, settings: Settings, seconds: float) -> dict[str, Any]:
    """Play ``clip`` in a window of a child process until ``seconds`` after the first skeleton.

    Returns the child's measurements; see ``watched_window``. Raises StanceError if no skeleton appears.
    """
    models = ["--pose", settings.pose, "--detector", settings.detector, "--device", settings.device]
    # Without a folder of its own the people of the last run would be there at once.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as empty:
        what = {"arguments": ["--source", clip, *models], "seconds": seconds, "started_s": time.time()}
        reply = run_window(CHILD, what, empty)
    if reply["skeleton_s"] is None:
        raise StanceError(
            "The window showed no people in {clip}: {reason}",
            clip=clip,
            reason=reply["reported"] or "wanted a video with people.",
        )
    return reply


def _gaps_ms(measurements: dict[str, Any]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Intervals between event loop iterations since the first skeleton, (N,), in milliseconds."""
    ticks = np.array(measurements["ticks_s"])
    return np.diff(ticks[ticks >= measurements["skeleton_s"]]) * 1000

"""The window as a person has it: how soon it is there, how soon it shows people, whether it stands still meanwhile.

The program runs in processes of its own, once to warm up the caches of the system: on the source for its start, and on
the source scaled to full HD for the smoothness of its event loop.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from app.bench.measure import Tell, Wanted
from app.bench.passes import spread
from app.errors import StanceError
from app.overlay import Look
from app.people import Frame, FramePoses
from app.settings import Settings
from app.sinks import Header
from app.sinks.video import Video
from app.skeleton import load_skeleton
from app.sources import open_source
from app.window.display import can_show
from app.zoo.fetch import locate

ROOT = Path(__file__).resolve().parent.parent.parent
CHILD = "app.window.watched"
FULL_HD = (1920, 1080)
AWAY_MS = 50.0
"""A person feels it when the event loop does not come round for longer."""

SETTLED_S = 1.0
"""The start is timed until so long after the first skeleton."""


def measure_start(wanted: Wanted, tell: Tell) -> dict[str, Any]:
    """The figures; raises StanceError for what cannot be opened or shown."""
    clip = str(locate("demo")) if wanted.source == "demo" else wanted.source
    with tempfile.TemporaryDirectory(prefix="stance-bench-") as folder:
        tell("scaling the source to full HD")
        large = Path(folder) / "full-hd.mp4"
        scale(clip, FULL_HD, wanted.seconds, large)
        tell("starting once to warm up")
        watch(clip, wanted.settings, 0.0)
        starts, plays = [], []
        for number in range(wanted.repeats):
            tell(f"measuring, {number + 1} of {wanted.repeats}")
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
        "limit_ms": AWAY_MS,
        "away_ms": spread(gap.max() for gap in gaps),
        "away": spread((gap > AWAY_MS).sum() for gap in gaps),
        "painted_fps": spread(play["painted"] / wanted.seconds for play in plays),
        "torch": any("torch" in run["modules"] for run in starts + plays),
    }


def scale(clip: str, size: tuple[int, int], seconds: float, path: Path) -> None:
    """Write ``seconds`` of ``clip`` at another ``size`` (width, height) into ``path``, over and over where it is short.

    Raises StanceError where it is no video.
    """
    source = open_source(clip)
    try:
        if source.live or source.still:
            raise StanceError(f"{clip} cannot be scaled: wanted a video.")
        fps = source.fps or 30.0
        header = Header(clip, size, fps, load_skeleton("coco17"), "", "", "", "")
        video = Video(path, header, Look())
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
    """What was noted of the window that plays ``clip`` until ``seconds`` after the first skeleton, as the child tells.

    Raises StanceError where there was none.
    """
    models = ["--pose", settings.pose, "--detector", settings.detector, "--device", settings.device]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    if can_show():
        environment["QT_QPA_PLATFORM"] = "offscreen"
    what = {"arguments": ["--source", clip, *models], "seconds": seconds, "started_s": time.time()}
    done = subprocess.run(
        [sys.executable, "-P", "-m", CHILD, json.dumps(what)],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise StanceError(f"The window did not open: {''.join(done.stderr.strip().splitlines()[-1:])}")
    answer: dict[str, Any] = json.loads(done.stdout)
    if answer["skeleton_s"] is None:
        raise StanceError(f"The window showed nobody in {clip}: {answer['told'] or 'wanted a video with people.'}")
    return answer


def _gaps_ms(played: dict[str, Any]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Milliseconds from one round of the event loop to the next, since the first skeleton."""
    ticks = np.array(played["ticks_s"])
    return np.diff(ticks[ticks >= played["skeleton_s"]]) * 1000

"""What hands, faces and points in three dimensions cost beside the body alone, measured in alternation."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.bench.cpu_clock import CpuClock
from app.bench.live import Playback
from app.bench.measure import Report, Wanted, play_as_camera
from app.bench.passes import Pass, run_pass, spread, walk
from app.core.errors import StanceError
from app.core.settings import Settings
from app.pipeline import open_pipeline
from app.sources import open_source
from app.system.threads import in_background
from app.zoo.fetch import locate

BODY = "body"
"""The variant that the others are compared with."""
BLAZEPOSE = "blazepose-full"


def variants(settings: Settings) -> dict[str, Settings]:
    """What is measured, by its name: the body alone as in ``settings``, and the body with each addition."""
    body = replace(settings, hands=False, face="", lifter="")
    return {
        BODY: body,
        "body, hands": replace(body, hands=True),
        "body, face": replace(body, face="mesh"),
        "body, hands, face": replace(body, hands=True, face="mesh"),
        "body, 3D by BlazePose": replace(body, lifter=BLAZEPOSE),
        "BlazePose alone": replace(body, pose=BLAZEPOSE),
    }


def measure_parts(wanted: Wanted, report: Report) -> dict[str, Any]:
    """Measure passes over a file with each variant, in alternation, ``repeats`` times; then play it as a camera.

    Returns for each the frames per second and their share of those of the body alone in the same round, the processor
    time per frame, the numbers of hands and faces per frame, the processor time that each of them costs beyond the
    body alone, and the frames per second as a camera with their share. Raises StanceError if the source cannot be
    opened or is not a video file.
    """
    clip = str(locate("demo")) if wanted.source == "demo" else wanted.source
    source = open_source(clip)
    source.close()
    if source.live or source.still:
        raise StanceError("{source} has no end: wanted a video file.", source=wanted.source)
    clocks = {name: _clock(settings) for name, settings in variants(wanted.settings).items()}
    passes: dict[str, list[_Round]] = {name: [] for name in clocks}
    with tempfile.TemporaryDirectory(prefix="stance-bench-") as folder:
        for name, clock in clocks.items():
            report(f"warming up, {name}")
            walk(clip, clock.pipeline, min(wanted.frames, 10))
        for number in range(wanted.repeats):
            for name, clock in clocks.items():
                report(f"measuring, {number + 1} of {wanted.repeats}, {name}")
                done = run_pass(clip, clock, wanted.frames, Path(folder))
                passes[name].append(_Round(done, *_count_parts(Path(folder) / "pass.jsonl")))
    live_fps = {}
    for name, clock in clocks.items():
        live = play_as_camera(Playback(open_source(clip)), clock.pipeline, wanted.seconds, report)
        live_fps[name] = live.frames / live.seconds
    rows = [
        _figures(name, rounds, passes[BODY])
        | {"live_fps": live_fps[name], "live_share": live_fps[name] / live_fps[BODY]}
        for name, rounds in passes.items()
    ]
    first = passes[BODY][0].done
    return {
        "source": wanted.source,
        "pose": wanted.settings.pose,
        "detector": wanted.settings.detector,
        "repeats": wanted.repeats,
        "frames": first.frames,
        "people": first.people / first.frames,
        "parts": rows,
    }


@dataclass(frozen=True, slots=True)
class _Round:
    """One pass, with the numbers of hands and faces in all its frames."""

    done: Pass
    hands: int
    faces: int

    @property
    def cpu_ms(self) -> float:
        """Processor time per frame, in milliseconds."""
        return self.done.cpu.process / self.done.frames * 1000


def _clock(settings: Settings) -> CpuClock:
    return CpuClock(lambda: in_background(lambda: open_pipeline(settings)))


def _figures(name: str, rounds: list[_Round], body: list[_Round]) -> dict[str, Any]:
    frames = rounds[0].done.frames
    more_ms = spread(own.cpu_ms - alone.cpu_ms for own, alone in zip(rounds, body, strict=True))["median"]
    hands, faces = rounds[0].hands / frames, rounds[0].faces / frames
    found = hands + faces
    return {
        "what": name,
        "fps": spread(own.done.fps for own in rounds),
        "share": spread(own.done.fps / alone.done.fps for own, alone in zip(rounds, body, strict=True)),
        "cpu_ms": spread(own.cpu_ms for own in rounds)["median"],
        "more_ms": more_ms,
        "hands": hands,
        "faces": faces,
        "each_ms": more_ms / found if found else None,
    }


def _count_parts(path: Path) -> tuple[int, int]:
    """The numbers of hands and faces in a pass's JSON lines."""
    with path.open(encoding="utf-8") as lines:
        names = json.loads(next(lines))["skeleton"]["names"]
        hands = [
            [row for row, name in enumerate(names) if name.startswith(f"{side}_hand")] for side in ("left", "right")
        ]
        face = [row for row, name in enumerate(names) if name.startswith("face")]
        people = [person["keypoints"] for line in lines for person in json.loads(line).get("people", ())]

    def count(rows: list[int]) -> int:
        return sum(any(keypoints[row][2] > 0 for row in rows) for keypoints in people)

    return sum(map(count, hands)), count(face)

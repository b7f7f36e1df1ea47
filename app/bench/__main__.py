"""``python -m app.bench``: how fast the pipe is, on a clip and on the same clip played as a camera."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from app.command import Parser, exit_code
from app.settings import DEVICES, Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what ``arguments`` (the process's own by default) say; gives the exit code."""
    return exit_code(lambda: _run(_parser().parse_args(arguments)), "`python main.py --doctor` says what is missing.")


def _parser() -> argparse.ArgumentParser:
    default = Settings()
    parser = Parser(prog="python -m app.bench", description="How fast Stance is here.", allow_abbrev=False)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--source", default="demo", metavar="SRC", help="a video, 'demo', or a camera or stream (demo)")
    what.add_argument("--people", type=int, metavar="N", help="a made clip of so many people")
    parser.add_argument("--pose", default=default.pose, metavar="NAME-or-FILE", help=f"({default.pose})")
    parser.add_argument("--detector", default=default.detector, metavar="NAME-or-FILE", help=f"({default.detector})")
    parser.add_argument("--device", choices=DEVICES, default=default.device, help=f"({default.device})")
    parser.add_argument("--against", choices=("rtmlib",), help="let it run in between, in an environment of its own")
    parser.add_argument("--frames", type=int, default=90, metavar="N", help="so many frames a pass (90)")
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="so many passes (5)")
    parser.add_argument("--seconds", type=float, default=65.0, metavar="S", help="so long as a camera (65)")
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the tables")
    return parser


def _run(wanted: argparse.Namespace) -> int:
    from app.bench.measure import Wanted, measure
    from app.evaluate.table import as_json

    settings = Settings(pose=wanted.pose, detector=wanted.detector, device=wanted.device)
    figures = measure(
        Wanted(
            wanted.source,
            settings,
            wanted.people,
            wanted.against is not None,
            wanted.frames,
            wanted.repeats,
            wanted.seconds,
        ),
        _tell,
    )
    print(as_json(figures) if wanted.json else _tables(figures))
    return 0


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _tables(figures: dict[str, Any]) -> str:
    """The figures for a person."""
    from app.evaluate.table import number, table

    lines = [f"{figures['source']}: {figures['pose']}, {figures['detector']} on {figures['provider']}"]
    lines += [f"not {device}: {why}" for device, why in figures["passed_over"].items()]
    rows = [["", "median", "least", "most"]]
    for title, name, digits in (
        ("frames a second", "fps", 1),
        ("overhead over the bare networks", "overhead", 3),
        ("times rtmlib at its defaults", "speedup", 2),
        ("times rtmlib at our cadence", "speedup_same_cadence", 2),
    ):
        if known := figures.get(f"{name}_spread"):
            rows.append([title, *(number(known[which], digits) for which in ("median", "least", "most"))])
    if len(rows) > 1:
        lines += ["", table(rows)]
        lines += [
            f"{figures['repeats']} passes of {figures['frames']} frames, {figures['people']:.1f} people a frame, "
            f"{figures['detections']} detections a pass; "
            f"bare networks with threads: {', '.join(figures['bare_threads'])}"
        ]
    rows = [["stage", "median ms", "p95 ms", "times"]]
    for stage, known in figures["stages_ms"].items():
        rows.append([stage, number(known["median"]), number(known["p95"]), str(known["times"])])
    lines += ["", table(rows), ""]
    lines += [f"as a camera: {figures['live_fps']:.1f} frames a second, {figures['dropped']} dropped"]
    age = figures["latency_ms"]
    if age["median"] is not None:
        lines += [f"from camera to screen: {age['median']:.0f} ms, p95 {age['p95']:.0f} ms"]
    memory = figures["memory_mb"]
    shown = ", ".join(f"{value:.0f} MB {when}" for when, value in _memory(memory) if value is not None)
    return "\n".join([*lines, f"memory: {shown}"])


def _memory(known: dict[str, float | None]) -> list[tuple[str, float | None]]:
    return [("at the start", known["start"]), ("after a minute", known["minute"]), ("at the end", known["end"])]


if __name__ == "__main__":
    raise SystemExit(main())

"""``python -m app.bench``: how fast the pipe is, on a clip and on the same clip played as a camera; and the window."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from app.command import Parser, exit_code
from app.errors import StanceError
from app.resident import kept_small
from app.settings import DEVICES, Settings

LIVE_S = 65.0
PLAY_S = 10.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what ``arguments`` (the process's own by default) say; gives the exit code."""
    return exit_code(lambda: _run(_parser().parse_args(arguments)), "`python main.py --doctor` says what is missing.")


def _parser() -> argparse.ArgumentParser:
    default = Settings()
    parser = Parser(prog="python -m app.bench", description="How fast Stance is here.", allow_abbrev=False)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--source", default="demo", metavar="SRC", help="a video, 'demo', or a camera or stream (demo)")
    what.add_argument(
        "--people",
        type=_numbers,
        default=(),
        metavar="N[,N...]",
        help="a made clip of so many people; of several numbers, what each of them costs",
    )
    parser.add_argument("--pose", default=default.pose, metavar="NAME-or-FILE", help=f"({default.pose})")
    parser.add_argument("--detector", default=default.detector, metavar="NAME-or-FILE", help=f"({default.detector})")
    parser.add_argument("--device", choices=DEVICES, default=default.device, help=f"({default.device})")
    parser.add_argument("--half-rate", action="store_true", help="estimate every other frame only")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--against", choices=("rtmlib",), help="let it run in between, in an environment of its own")
    how.add_argument("--start", action="store_true", help="how soon the window shows people, and how smoothly")
    how.add_argument("--whole", action="store_true", help="the file from end to end, minute by minute")
    how.add_argument(
        "--batches",
        nargs="*",
        metavar="FILE",
        help="the pose network alone (and FILEs: in FP16, fused, ...) by people, in every way that runs here",
    )
    parser.add_argument("--frames", type=int, default=90, metavar="N", help="so many frames a pass (90)")
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="so many passes (5)")
    parser.add_argument(
        "--seconds", type=float, metavar="S", help=f"so long as a camera ({LIVE_S:g}), in the window ({PLAY_S:g})"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the tables")
    return parser


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(count) for count in text.split(","))


def _run(wanted: argparse.Namespace) -> int:
    from app.bench import measure, tables
    from app.bench.batches import measure_batches
    from app.bench.start import measure_start
    from app.evaluate.table import as_json

    if (wanted.start or wanted.whole) and wanted.people:
        raise StanceError("--start and --whole are of a source: wanted no --people beside them.")
    what = measure.Wanted(
        wanted.source,
        Settings(pose=wanted.pose, detector=wanted.detector, device=wanted.device, half_rate=wanted.half_rate),
        wanted.people,
        wanted.against is not None,
        wanted.frames,
        wanted.repeats,
        (PLAY_S if wanted.start else LIVE_S) if wanted.seconds is None else wanted.seconds,
    )
    if wanted.batches is not None:
        figures = {"batches": measure_batches([wanted.pose, *wanted.batches], wanted.device)}
        show = tables.batches
    elif wanted.start:
        figures, show = measure_start(what, _tell), tables.start
    elif wanted.whole:
        figures, show = measure.measure_whole(what, _tell), tables.whole
    elif len(wanted.people) > 1:
        figures, show = measure.measure_people(what, _tell), tables.people
    else:
        figures, show = measure.measure(what, _tell), tables.clip
    print(as_json(figures) if wanted.json else show(figures))
    return 0


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    with kept_small():
        raise SystemExit(main())

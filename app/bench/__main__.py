"""``python -m app.bench``: measures the pipeline on a clip and on the clip played as a camera, and the window."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from app.cli.console import Parser, exit_code, number
from app.core.errors import StanceError
from app.core.settings import DEVICES, FACES, HAND_NETWORKS, Settings
from app.system.environment import prepare_environment
from app.system.heap import trim_heap

LIVE_S = 65.0
"""Default duration of the camera measurement, in seconds."""
PLAY_S = 10.0
"""Default duration of playing in the window, in seconds."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the measurements that ``arguments`` (default: the process's own) select; returns the exit code."""
    prepare_environment()
    return exit_code(lambda: _run(_parser().parse_args(arguments)), "`python main.py --doctor` shows what is missing.")


def _parser() -> argparse.ArgumentParser:
    default = Settings()
    parser = Parser(
        prog="python -m app.bench", description="Measure the speed of Stance on this computer.", allow_abbrev=False
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--source", default="demo", metavar="SRC", help="a video, 'demo', or a camera or stream (demo)")
    what.add_argument(
        "--people",
        type=_numbers,
        default=(),
        metavar="N[,N...]",
        help="synthetic clip with N people; with several numbers, the cost of each person",
    )
    parser.add_argument("--pose", default=default.pose, metavar="NAME-or-FILE", help=f"pose model ({default.pose})")
    parser.add_argument(
        "--detector", default=default.detector, metavar="NAME-or-FILE", help=f"person detector ({default.detector})"
    )
    parser.add_argument("--device", choices=DEVICES, default=default.device, help=f"device ({default.device})")
    parser.add_argument("--hands", action="store_true", help="with the keypoints of hands")
    parser.add_argument(
        "--hand-network",
        choices=HAND_NETWORKS,
        default=default.hand_network,
        help=f"the network for the keypoints of hands ({default.hand_network})",
    )
    parser.add_argument(
        "--face", nargs="?", const=FACES[0], default="", choices=FACES, help="with the keypoints of faces (mesh)"
    )
    parser.add_argument("--lift", default="", metavar="NAME-or-FILE", help="with points in three dimensions")
    parser.add_argument("--half-rate", action="store_true", help="estimate every second frame only")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--against", choices=("rtmlib",), help="also measure rtmlib, in its own environment")
    how.add_argument("--start", action="store_true", help="time until the window shows people, and its frame rate")
    how.add_argument(
        "--opening",
        action="store_true",
        help="how soon a clip of 10,000 frames whose analysis is kept is there in the window (2 people, or --people)",
    )
    how.add_argument("--whole", action="store_true", help="the whole file, minute by minute")
    how.add_argument(
        "--parts",
        action="store_true",
        help="what hands, faces and points in three dimensions cost beside the body alone",
    )
    how.add_argument(
        "--groupings",
        action="store_true",
        help="how long bottom-up networks' keypoints take to be grouped, without them",
    )
    how.add_argument(
        "--batches",
        nargs="*",
        metavar="FILE",
        help="the pose model alone (and FILEs: FP16, fused, ...) by number of people, on every device that works",
    )
    how.add_argument(
        "--gpu-report",
        nargs="*",
        metavar="NAME",
        help="published architectures (all, or these) on every device that works, alone and in the pipeline, as "
        "Markdown tables",
    )
    parser.add_argument("--frames", type=number(int, "1 or more"), default=90, metavar="N", help="frames per pass (90)")
    parser.add_argument("--repeats", type=number(int, "1 or more"), default=5, metavar="N", help="number of passes (5)")
    parser.add_argument(
        "--seconds",
        type=number(float, "more than 0 seconds"),
        metavar="S",
        help=f"duration in seconds as a camera ({LIVE_S:g}), in the window or with --parts ({PLAY_S:g})",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    return parser


def _numbers(text: str) -> tuple[int, ...]:
    read = number(int, "1 or more people, with commas between several")
    return tuple(int(read(count)) for count in text.split(","))


def _run(arguments: argparse.Namespace) -> int:
    from app.bench import gpu_report, measure, opening_tables, tables
    from app.bench.batches import measure_batches
    from app.bench.groupings import measure_groupings
    from app.bench.opening import measure_opening
    from app.bench.parts import measure_parts
    from app.bench.start import measure_start
    from app.evaluate.table import as_json

    if (arguments.start or arguments.whole) and arguments.people:
        raise StanceError("--start and --whole measure a source: wanted no --people with them.")
    if arguments.gpu_report is not None and arguments.json:
        raise StanceError("--gpu-report prints Markdown tables: wanted no --json with it.")
    what = measure.Wanted(
        arguments.source,
        Settings(
            pose=arguments.pose,
            detector=arguments.detector,
            device=arguments.device,
            half_rate=arguments.half_rate,
            hands=arguments.hands,
            hand_network=arguments.hand_network,
            face=arguments.face,
            lifter=arguments.lift,
        ),
        arguments.people,
        arguments.against is not None,
        arguments.frames,
        arguments.repeats,
        (PLAY_S if arguments.start or arguments.parts else LIVE_S) if arguments.seconds is None else arguments.seconds,
    )
    if arguments.gpu_report is not None:
        for line in gpu_report.report(what, arguments.gpu_report, _print_status):
            print(line, flush=True)
        return 0
    if arguments.parts:
        figures, show = measure_parts(what, _print_status), tables.parts
    elif arguments.groupings:
        figures = {"groupings": measure_groupings(arguments.people or (1, 10), 4 * arguments.repeats)}
        show = tables.groupings
    elif arguments.batches is not None:
        figures = {"batches": measure_batches([arguments.pose, *arguments.batches], arguments.device)}
        show = tables.batches
    elif arguments.opening:
        figures, show = measure_opening(what, _print_status), opening_tables.opening
    elif arguments.start:
        figures, show = measure_start(what, _print_status), tables.start
    elif arguments.whole:
        figures, show = measure.measure_whole(what, _print_status), tables.whole
    elif len(arguments.people) > 1:
        figures, show = measure.measure_people(what, _print_status), tables.people
    else:
        figures, show = measure.measure(what, _print_status), tables.clip
    print(as_json(figures) if arguments.json else show(figures))
    return 0


def _print_status(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    with trim_heap():
        raise SystemExit(main())

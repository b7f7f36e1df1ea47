"""The command line: reads what is wanted and hands over to the face that does it.

Nothing heavy is imported before it is known what is wanted, so that ``--doctor`` works where little else does.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from app import __version__
from app.command import Parser, exit_code
from app.errors import StanceError
from app.settings import DEVICES, ROTATIONS, SMOOTHERS, Job, Settings
from app.stragglers import stragglers

LAST_CALL_S = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run Stance with ``arguments`` (the process's own by default); gives the exit code."""
    return exit_code(lambda: _run(_parser().parse_args(arguments)), "`python main.py --doctor` says what is missing.")


def leave(code: int) -> NoReturn:
    """End the process with ``code``, even where a camera's driver does not return.

    Python's own way out would break off such a thread inside the driver, which aborts the process.
    """
    late = stragglers()
    for thread in late:
        thread.join(LAST_CALL_S)
    if late:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise SystemExit(code)


def _parser() -> argparse.ArgumentParser:
    default = Settings()
    parser = Parser(
        prog="python main.py",
        description="Steady skeletons of the people in a camera or a video, in real time.",
        epilog="Without --headless a window opens.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"Stance {__version__}")

    what = parser.add_argument_group("what to look at")
    what.add_argument(
        "--source",
        metavar="SRC",
        help="camera number, name or device (0@1280x720@30 asks for a size and rate); video; picture; "
        "folder or pattern of pictures; rtsp:// or http(s):// stream; 'screen'; 'demo'",
    )
    what.add_argument("--start", type=float, default=0.0, metavar="S", help="begin at this second")
    what.add_argument("--end", type=float, metavar="S", help="stop before this second")
    what.add_argument("--limit", type=int, metavar="N", help="stop after this many frames")
    what.add_argument(
        "--rotate",
        choices=ROTATIONS,
        default="auto",
        help="turn the picture clockwise by so many degrees; auto follows what the file says",
    )
    what.add_argument("--mirror", action="store_true", help="show as a mirror does; recorded numbers stay unmirrored")

    how = parser.add_argument_group("how to find people")
    how.add_argument("--pose", default=default.pose, metavar="NAME-or-FILE", help=f"pose network ({default.pose})")
    how.add_argument(
        "--detector",
        default=default.detector,
        metavar="NAME-or-FILE",
        help=f"person detector ({default.detector}); 'none': the whole frame is one person",
    )
    how.add_argument("--device", choices=DEVICES, default=default.device, help="auto: the best that really runs")
    how.add_argument(
        "--detect-every",
        type=float,
        default=default.detect_every,
        metavar="S",
        help=f"look for new people every so many seconds, 0: in every frame ({default.detect_every})",
    )
    how.add_argument("--smooth", choices=SMOOTHERS, default=default.smooth, help=f"({default.smooth})")
    how.add_argument("--flip-test", action="store_true", help="average with the mirrored crop: slower, more accurate")
    how.add_argument(
        "--half-rate",
        action="store_true",
        help="estimate every other frame, foretell the poses in between: for slow machines",
    )
    how.add_argument(
        "--max-people", type=int, default=default.max_people, metavar="N", help="follow at most N, 0: everyone"
    )
    how.add_argument(
        "--threshold",
        type=float,
        default=default.threshold,
        metavar="T",
        help=f"keypoints of a lower score are not drawn ({default.threshold})",
    )

    where = parser.add_argument_group("where it goes")
    where.add_argument("--headless", action="store_true", help="without a window")
    where.add_argument(
        "--output",
        action="append",
        type=_output,
        default=[],
        metavar="PATH",
        help=".mp4 .mkv annotated video, .jsonl, .csv, .json COCO keypoint results, .mmpose.json, FOLDER/ OpenPose, "
        ".trc .mot OpenSim's markers and angles, .png .jpg annotated pictures (%%04d numbers several); repeatable",
    )

    ask = parser.add_argument_group("instead of running")
    ask.add_argument("--list-models", action="store_true", help="the catalogue")
    ask.add_argument("--fetch", metavar="NAME", help="get a file of the catalogue")
    ask.add_argument("--list-cameras", action="store_true", help="cameras by number and name")
    ask.add_argument("--doctor", action="store_true", help="what runs on this machine and what is missing")
    return parser


def _output(text: str) -> Path:
    """A name that ends in a slash is a folder of OpenPose's files; a ``Path`` alone would forget the slash."""
    return Path(text) / "%012d_keypoints.json" if text.endswith(("/", os.sep)) else Path(text)


def _run(wanted: argparse.Namespace) -> int:
    if wanted.doctor:
        return _doctor()
    if wanted.list_models:
        return _list_models()
    if wanted.fetch is not None:
        return _fetch(wanted.fetch)
    if wanted.list_cameras:
        return _list_cameras()

    settings = Settings(
        pose=wanted.pose,
        detector=wanted.detector,
        device=wanted.device,
        detect_every=wanted.detect_every,
        smooth=wanted.smooth,
        flip_test=wanted.flip_test,
        half_rate=wanted.half_rate,
        max_people=wanted.max_people,
        threshold=wanted.threshold,
    )
    job = Job(
        source=wanted.source or "",
        outputs=tuple(wanted.output),
        start_s=wanted.start,
        end_s=wanted.end,
        limit=wanted.limit,
        rotate=wanted.rotate,
        mirror=wanted.mirror,
    )
    if wanted.headless and not job.source:
        raise StanceError("There is nothing to run on: wanted a --source, for instance --source demo.")
    if job.outputs and not job.source:
        raise StanceError("There is nothing to write yet: wanted a --source beside --output.")
    if not wanted.headless:
        from app.window import can_show, run_window

        reason = can_show()
        if not reason:
            return run_window(settings, job)
        if not job.source:
            raise StanceError(f"No window can be shown: {reason}; wanted a display, or --headless with a --source.")
        print(f"No window can be shown: {reason}; running headless.", file=sys.stderr)
    from app.headless import run_headless

    return run_headless(settings, job)


def _doctor() -> int:
    from app.doctor import report

    text, healthy = report()
    print(text)
    return 0 if healthy else 1


def _list_models() -> int:
    from app.zoo.cache import find, find_converted
    from app.zoo.catalogue import load_catalogue

    rows = [("name", "kind", "size", "licence", "AP", "here")]
    for entry in load_catalogue().values():
        size = f"{entry.bytes / 1e6:.1f} MB" if entry.bytes else f"~{4 * (entry.parameters or 0) / 1e6:.0f} MB"
        accuracy = f"{entry.ap:.3f}" if entry.ap is not None else ""
        kind = f"{entry.kind}, {entry.form}" if entry.form == "checkpoint" else entry.kind
        here = "yes" if find_converted(entry) or (entry.form != "checkpoint" and find(entry)) else ""
        rows.append((entry.name, kind, size, entry.licence, accuracy, here))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _fetch(name: str) -> int:
    from app.headless import fetched

    print(fetched(name))
    return 0


def _list_cameras() -> int:
    from app.sources.camera import list_cameras

    cameras = list_cameras()
    for camera in cameras:
        print(f"{camera.index}  {camera.name}  {camera.path}".rstrip())
    if not cameras:
        print("No camera was found.")
    return 0

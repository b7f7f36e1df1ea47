"""The command line: parses the arguments and starts the window, a headless run or a listing.

Heavy imports happen only after parsing, so that ``--doctor`` works in a broken installation.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from app import __version__
from app.cli.console import Parser, exit_code, join_negatives, number
from app.cli.film_arguments import add_film, film_of
from app.cli.idle_in_window import idle_in_window
from app.cli.lift_arguments import add_lift, checked_lifter
from app.cli.other_commands import add_other_commands, run_other_command
from app.cli.output_arguments import add_outputs, live_of, paths_of
from app.cli.part_arguments import add_parts
from app.cli.picture_arguments import add_picture
from app.cli.scale_arguments import add_scale
from app.core.errors import StanceError
from app.core.only import parse_only
from app.core.scale_options import ScaleOptions
from app.core.settings import (
    CUTOFF_HZ,
    DEVICES,
    LANGUAGES,
    NMS,
    REPEATED,
    ROTATIONS,
    SMOOTHERS,
    RunOptions,
    Settings,
)
from app.system.environment import prepare_environment
from app.system.heap import trim_heap
from app.system.threads import unjoined_threads

OFFLINE = "offline"
"""``--smooth`` for smoothing over the whole video."""
JOIN_S = 1.0
"""Time given to unfinished threads before the process ends, in seconds."""


def main(arguments: Sequence[str] | None = None, source_name: str = "") -> int:
    """Run Stance with ``arguments`` (default: the process's own) and return the exit code.

    Files call the source ``source_name``, if that is given.
    """
    prepare_environment()
    return exit_code(lambda: _run(_parse(arguments), source_name), "`python main.py --doctor` shows what is missing.")


def run(source_name: str = "") -> NoReturn:
    """The command ``stance``, and ``main.py``; see ``main``."""
    with trim_heap():
        code = main(source_name=source_name)
    leave(code)


def leave(code: int) -> NoReturn:
    """End the process with exit code ``code``, even if a camera driver does not return.

    A normal exit would interrupt the thread inside the driver, which aborts the process.
    """
    unjoined = unjoined_threads()
    deadline = time.monotonic() + JOIN_S
    for thread in unjoined:
        thread.join(max(deadline - time.monotonic(), 0))
    if unjoined:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise SystemExit(code)


def make_parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    default = Settings()
    parser = Parser(
        prog="python main.py",
        description="Stable skeletons of people in live cameras and videos, in real time.",
        epilog="Without --headless, the window opens.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"Stance {__version__}")

    what = parser.add_argument_group("source")
    what.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="SRC",
        help="camera number, name or device (0@1280x720@30 sets resolution and frame rate); video; recorded .jsonl or "
        "project .stance (in the window); image; folder or pattern of images (in quotes); rtsp:// or http(s):// "
        "stream; 'screen'; 'demo'",
    )
    what.add_argument(
        "--start", type=number(float, "0 or more seconds"), default=0.0, metavar="S", help="start at S seconds"
    )
    what.add_argument("--end", type=number(float, "seconds after the start"), metavar="S", help="stop before S seconds")
    what.add_argument("--limit", type=number(int, "1 or more frames"), metavar="N", help="stop after N frames")
    what.add_argument(
        "--rotate",
        choices=ROTATIONS,
        default="auto",
        help="rotate clockwise by this many degrees; auto: as stored in the file (auto)",
    )
    what.add_argument(
        "--mirror", action="store_true", help="mirror what is shown and drawn; recorded coordinates are not mirrored"
    )

    how = parser.add_argument_group("detection and pose estimation")
    how.add_argument("--pose", default=default.pose, metavar="NAME-or-FILE", help=f"pose model ({default.pose})")
    how.add_argument(
        "--crop",
        default=default.crop,
        metavar="WxH",
        help="crop size, width first, for a pose model with variable input size; for example 192x256",
    )
    how.add_argument(
        "--detector",
        metavar="NAME-or-FILE",
        help=f"person detector ({default.detector}); 'none': the whole frame is one person; not for a pose model that "
        "finds people itself",
    )
    add_lift(how)
    add_parts(how)
    how.add_argument(
        "--device", choices=DEVICES, default=default.device, help="auto: the fastest device that works (auto)"
    )
    how.add_argument(
        "--detect-every",
        type=number(float, "0 (every frame) or more seconds"),
        default=default.detect_every,
        metavar="S",
        help=f"detect people every S seconds, 0: in every frame ({default.detect_every})",
    )
    how.add_argument(
        "--smooth",
        choices=(*SMOOTHERS, OFFLINE),
        default=default.smooth,
        help=f"smoothing of keypoints over time; {OFFLINE}: over the whole video, before files are written, with "
        f"--headless ({default.smooth})",
    )
    how.add_argument(
        "--cutoff",
        type=number(float, "Hz"),
        default=CUTOFF_HZ,
        metavar="HZ",
        help=f"cutoff frequency of --smooth {OFFLINE} ({CUTOFF_HZ:g})",
    )
    how.add_argument(
        "--nms",
        choices=NMS,
        default=default.nms,
        help="poses of the same person: oks keeps the best of similar ones, pose merges them, as RMPE does (oks)",
    )
    how.add_argument(
        "--flip-test", action="store_true", help="also estimate on the mirrored crop and average: slower, more accurate"
    )
    how.add_argument(
        "--half-rate",
        action="store_true",
        help="estimate every second frame and predict between: for slow computers",
    )
    how.add_argument(
        "--max-people",
        type=number(int, "0 (no limit) or more"),
        default=default.max_people,
        metavar="N",
        help=f"maximum number of people, 0: no limit ({default.max_people})",
    )
    how.add_argument(
        "--threshold",
        type=number(float, "a score from 0 to 1"),
        default=default.threshold,
        metavar="T",
        help=f"keypoint threshold: keypoints with a lower score are not drawn ({default.threshold})",
    )

    where = parser.add_argument_group("output")
    where.add_argument("--headless", action="store_true", help="run without a window")
    add_outputs(where)
    where.add_argument(
        "--only",
        metavar="WHO",
        help="with --headless: draw and write these people only: ids, as 2,3, or the person who most of the time is "
        "largest, left, right or in the center",
    )
    add_picture(where)
    where.add_argument(
        "--events",
        action="store_true",
        help="add a last line to JSON lines with the contacts of feet, steps, jumps and repetitions",
    )
    where.add_argument(
        "--repetitions",
        default=REPEATED,
        metavar="JOINT",
        help="what repetitions are counted of in events: a joint, as knee, or that of one side, as 'left elbow'; none "
        f"({REPEATED})",
    )
    where.add_argument("--language", choices=LANGUAGES, default="en", help="language of a report (en)")
    add_film(parser)
    add_scale(parser)
    where.add_argument(
        "--check",
        action="store_true",
        help="tell what limits the accuracy of the recording: framing, light, camera, frame rate, view (in the window, "
        "a panel does)",
    )

    add_other_commands(parser)
    return parser


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The parsed ``arguments``; those without a flag are added to ``source``."""
    parser = make_parser()
    parsed, others = parser.parse_known_args(join_negatives(sys.argv[1:] if arguments is None else arguments))
    if flags := [other for other in others if other.startswith("-")]:
        parser.error(f"unrecognized arguments: {' '.join(flags)}")
    parsed.source += others
    return parsed


def _source(texts: Sequence[str]) -> str:
    """The one source in ``texts``, empty if there is none.

    Raises StanceError if there are several, as when the shell expands a pattern.
    """
    if len(texts) > 1:
        raise StanceError(
            "There are {count} sources: wanted one; put a pattern in quotes, for example --source '{pattern}'.",
            count=len(texts),
            pattern=_pattern(texts),
        )
    return texts[0] if texts else ""


def _pattern(texts: Sequence[str]) -> str:
    """A pattern that matches ``texts``, for example ``photos/*/*.jpg``."""
    paths = [text.split("/") for text in texts]
    if len({len(path) for path in paths}) > 1:
        return "**/*" + Path(texts[0]).suffix
    return "/".join(
        names[0] if len(set(names)) == 1 else f"*{Path(names[0]).suffix}" for names in zip(*paths, strict=True)
    )


def _run(arguments: argparse.Namespace, source_name: str) -> int:
    if (code := run_other_command(arguments)) is not None:
        return code

    default = Settings()
    settings = Settings(
        pose=arguments.pose,
        detector=default.detector if arguments.detector is None else arguments.detector,
        device=arguments.device,
        detect_every=arguments.detect_every,
        smooth=default.smooth if arguments.smooth == OFFLINE else arguments.smooth,
        flip_test=arguments.flip_test,
        half_rate=arguments.half_rate,
        max_people=arguments.max_people,
        threshold=arguments.threshold,
        crop=arguments.crop,
        lifter=checked_lifter(arguments),
        hold_bones=arguments.hold_bones,
        nms=arguments.nms,
        hands=arguments.hands,
        hand_network=arguments.hand_network,
        face=arguments.face,
    )
    options = RunOptions(
        source=_source(arguments.source),
        outputs=paths_of(arguments),
        start_s=arguments.start,
        end_s=arguments.end,
        limit=arguments.limit,
        rotate=arguments.rotate,
        mirror=arguments.mirror,
        detector_is_requested=arguments.detector is not None,
        language=arguments.language,
        repetitions=arguments.repetitions,
        events=arguments.events,
        scale=ScaleOptions(arguments.height, arguments.scale, arguments.floor),
        check=arguments.check,
        smooth_offline=arguments.smooth == OFFLINE,
        cutoff_hz=arguments.cutoff,
        only=None if arguments.only is None else parse_only(arguments.only),
        angles=arguments.angles,
        privacy=arguments.privacy,
        film=film_of(arguments),
        live=live_of(arguments),
        source_name=source_name,
    )
    if arguments.headless and not options.source:
        raise StanceError("No source is given: wanted a --source, for example --source demo.")
    if arguments.listen and not any(address.scheme == "ws" for address in options.live):
        print("--listen has no effect without an output ws://.", file=sys.stderr)
    if (options.outputs or options.live) and not options.source:
        raise StanceError("--output has no source to write: wanted a --source with it.")
    if not arguments.headless:
        from app.window import can_show, run_window

        reason = can_show()
        if not reason:
            if options.only is not None:
                raise StanceError("--only is for runs with --headless: in the window, hide people in their table.")
            if option := options.film.named():
                raise StanceError(
                    "{option} has no effect in the window: wanted --headless with it, or File, Export in the window.",
                    option=option,
                )
            for line in idle_in_window(options):
                print(line, file=sys.stderr)
            return run_window(settings, options)
        if not options.source:
            raise StanceError(
                "The window cannot be shown: {reason}; wanted a display, or --headless with a --source.", reason=reason
            )
        print(f"The window cannot be shown: {reason}; running headless.", file=sys.stderr)
    from app.cli.headless import run_headless

    return run_headless(settings, options)

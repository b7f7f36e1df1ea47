"""``python -m app.evaluate``: each command is a module with its arguments and its run function.

A command's module is imported only when the command is used, so that the others do not need its packages.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from app.cli.console import Parser, exit_code
from app.system.environment import prepare_environment

Run = Callable[[argparse.Namespace], int]
"""Runs a command with its parsed arguments and returns the exit code."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in ``arguments`` (default: the process's own); returns the exit code."""
    prepare_environment()
    given = sys.argv[1:] if arguments is None else arguments

    def run() -> int:
        parsed = _parser(given).parse_args(given)
        command: Run = parsed.run
        return command(parsed)

    return exit_code(run, "wanted what requirements.txt lists.")


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = Parser(prog="python -m app.evaluate", description="Measure the accuracy of Stance.", allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (what, fill) in COMMANDS.items():
        command = commands.add_parser(name, help=what, description=f"{what[:1].upper()}{what[1:]}.", allow_abbrev=False)
        if arguments[:1] == [name]:
            command.set_defaults(run=fill(command))
    return parser


def _coco(parser: argparse.ArgumentParser) -> Run:
    from app.evaluate.accuracy import add_arguments, run_coco

    add_arguments(parser)
    return run_coco


def _pck(parser: argparse.ArgumentParser) -> Run:
    from app.evaluate.accuracy import add_arguments, run_pck

    add_arguments(parser)
    return run_pck


def _video(parser: argparse.ArgumentParser) -> Run:
    from app.evaluate.video import add_video_arguments, run_video

    add_video_arguments(parser)
    return run_video


def _scenes(parser: argparse.ArgumentParser) -> Run:
    from app.evaluate.video import add_scenes_arguments, run_scenes

    add_scenes_arguments(parser)
    return run_scenes


def _motion(parser: argparse.ArgumentParser) -> Run:
    from app.evaluate.motion import add_arguments, run_motion

    add_arguments(parser)
    return run_motion


def _corrections(parser: argparse.ArgumentParser) -> Run:
    from app.evaluate.corrections import add_arguments, run_corrections

    add_arguments(parser)
    return run_corrections


def _lift(parser: argparse.ArgumentParser) -> Run:
    from app.evaluate.lift import add_arguments, run_lift

    add_arguments(parser)
    return run_lift


COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], Run]]] = {
    "coco": ("average precision and recall (OKS) on annotated photos", _coco),
    "pck": ("PCK, PCKh, PCP and PDJ on annotated photos", _pck),
    "video": ("jitter, lag and identity switches on a clip", _video),
    "scenes": ("jitter, lag and identity switches on scenes made of annotated photos", _scenes),
    "motion": ("joint angles, swaps and events on true motions, filmed by made cameras", _motion),
    "lift": ("errors of points in three dimensions on true motions, filmed by made cameras", _lift),
    "corrections": ("clicks that bring every keypoint of true motions with made errors to its place", _corrections),
}


if __name__ == "__main__":
    raise SystemExit(main())

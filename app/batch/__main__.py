"""``python -m app.batch``: the headless pipeline over many clips, here or on a Ray cluster."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from app.cli.console import Parser, exit_code, join_negatives, named_path, number
from app.core.errors import StanceError
from app.system.environment import prepare_environment

if TYPE_CHECKING:
    from app.batch.clip_run import Job
    from app.batch.runner import Runner

REFUSED = ("--source", "--output", "--list-models", "--all", "--fetch", "--list-cameras", "--doctor")
"""Options of ``main.py`` that a batch has its own of, or that process no clip."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the batch that ``arguments`` (default: the process's own) describe; returns the exit code."""
    prepare_environment()
    typed = sys.argv[1:] if arguments is None else arguments
    return exit_code(lambda: _run(typed), "`python main.py --doctor` shows what is missing.")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m app.batch",
        usage="python -m app.batch GLOB [GLOB ...] --output FOLDER [options of main.py]",
        description="Process many clips as main.py --headless does. A GLOB is a video or a pattern in quotes, such as "
        "'clips/**/*.mp4'. All further options are those of main.py, for example --pose or --smooth.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--output", type=named_path, required=True, metavar="FOLDER", help="folder of the results, made if missing"
    )
    parser.add_argument(
        "--format",
        type=_formats,
        default=("jsonl",),
        metavar="NAME[,NAME...]",
        help="formats to write of each clip, by their file extensions (jsonl)",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers",
        type=number(int, "the number of clips to process at a time"),
        metavar="N",
        help="clips to process at a time (as many as cores and memory carry)",
    )
    where.add_argument(
        "--ray", metavar="ADDRESS", help="process on this Ray cluster, for example 10.0.0.5:6379 or auto"
    )
    parser.add_argument("--resume", action="store_true", help="leave out the clips whose results are complete")
    return parser


def _formats(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip().lstrip(".").lower() for name in text.split(",") if name.strip()))


def _split(typed: Sequence[str]) -> tuple[list[str], list[str]]:
    """The patterns in ``typed``, and the rest: the options of ``main.py`` with their values.

    Exits with one line for an option that ``main.py`` does not have, or a value that it does not accept. Raises
    StanceError for an option that has no place in a batch, and for a model or a lifter that there is not.
    """
    from app.cli.lift_arguments import checked_lifter
    from app.cli.main import make_parser

    parser = make_parser()
    known, unknown = parser.parse_known_args(["--headless", *typed])
    if flags := [text for text in unknown if text.startswith("-")]:
        parser.error(f"unrecognized arguments: {' '.join(flags)}")
    checked_lifter(known)
    _check_models(known.pose, known.detector)
    takes = {name: action.nargs for action in parser._actions for name in action.option_strings}
    patterns: list[str] = []
    options: list[str] = []
    wanted: int | str | None = 0  # values of the last option; None: one
    for text in typed:
        name, _, value = text.partition("=")
        if text.startswith("--"):
            if name in REFUSED:
                raise StanceError("{option} has no place in a batch: wanted options of a headless run.", option=name)
            wanted = 0 if value else takes[name]
            options.append(text)
        elif wanted in (None, "?"):
            options.append(text)
            wanted = 0
        elif wanted in ("*", "+"):
            options.append(text)
        else:
            patterns.append(text)
    return patterns, [option for option in options if option != "--headless"]


def _check_models(pose: str, detector: str | None) -> None:
    """Raise StanceError once, instead of for each clip, if there is no such model."""
    from app.core.settings import Settings
    from app.detection.detector import WholeFrame
    from app.zoo.fetch import find_named
    from app.zoo.part_files import refuse_other_entries

    settings = Settings(pose, detector or Settings().detector)
    for name in (settings.pose, settings.detector):
        if name != WholeFrame.name:
            find_named(name)
    refuse_other_entries(settings)


def _runner(workers: int | None, address: str | None) -> Callable[[Job], Runner]:
    """Opens the runner that is asked for."""
    if address is not None:
        from app.batch.ray_runner import RayRunner

        return partial(RayRunner, address=address)
    from app.batch.runner import LocalRunner, cores, free_memory, usual_workers

    if workers is None:
        workers = usual_workers(len(cores()), free_memory())
    elif workers < 1:
        raise StanceError("{count} workers are out of range: wanted 1 or more.", count=workers)
    return partial(LocalRunner, workers=workers)


def _run(typed: Sequence[str]) -> int:
    parsed, rest = _parser().parse_known_args(join_negatives(typed))
    patterns, options = _split(rest)
    if not patterns:
        raise StanceError("No clip is given: wanted files, or a pattern in quotes such as 'clips/*.mp4'.")
    from app.batch.batch import run_batch
    from app.batch.clip_list import find_clips
    from app.batch.clip_run import Job
    from app.sinks import check_outputs

    job = Job(parsed.output.absolute(), parsed.format, tuple(options))
    check_outputs([job.folder / f"clip.{ending}" for ending in job.formats], new_folders=True)
    clips = find_clips(patterns)
    sources = {clip.path for clip in clips}
    for clip in clips:
        if overwritten := sources.intersection(job.outputs(clip)):
            raise StanceError(
                "The output {path} is one of the clips itself: wanted another folder, or another format.",
                path=min(overwritten),
            )
    return run_batch(job, clips, _runner(parsed.workers, parsed.ray), parsed.resume)


def run() -> NoReturn:
    """The command ``stance-batch``."""
    sys.exit(main())


if __name__ == "__main__":
    run()

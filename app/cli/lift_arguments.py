"""The options for points in three dimensions."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.inference.registry import LIFTERS

if TYPE_CHECKING:
    from app.pipeline import Pipeline

DEFAULT_LIFTER, OTHER_LIFTERS = "stance-lifter", ("blazepose-full",)
"""Lifters that come with Stance."""


def add_lift(group: argparse._ArgumentGroup) -> None:
    """Add ``--lift`` and ``--hold-bones`` to ``group``."""
    others = ", ".join(dict.fromkeys((*OTHER_LIFTERS, *LIFTERS)))
    group.add_argument(
        "--lift",
        nargs="?",
        const=DEFAULT_LIFTER,
        default="",
        metavar="NAME-or-FILE",
        help="add points in three dimensions, in meters, by this lifter or by the ONNX file of one; without a value: "
        f"{DEFAULT_LIFTER}; others: {others}",
    )
    group.add_argument(
        "--hold-bones",
        action="store_true",
        help="the bones of these points keep their lengths: their medians over the video with --headless, else over "
        "the last frames; needs --lift",
    )


def checked_lifter(arguments: argparse.Namespace) -> str:
    """The lifter that ``arguments`` name; raises StanceError if there is none of that name or file."""
    if arguments.lift:
        from app.lifting.open_lifter import check_lifter

        check_lifter(arguments.lift)
    return str(arguments.lift)


def idle_bones(pipeline: Pipeline) -> Iterator[str]:
    """A sentence if ``--hold-bones`` has no effect, because nothing gives points to people."""
    if pipeline.settings.hold_bones and not pipeline.lifters and not pipeline.info.has_depth:
        yield "--hold-bones has no effect without --lift."


def unseen_frames(pipeline: Pipeline, is_live: bool) -> Iterator[str]:
    """A sentence for each lifter that needs later frames, which a live source does not have yet."""
    from app.lifting.open_lifter import lifter_name

    for lifter in pipeline.lifters if is_live else ():
        if later := lifter.history[1]:
            name = lifter_name(lifter, pipeline.settings.lifter)
            yield (
                f"{name} needs {later} later frames, which a live source does not have yet: the last frame stands for "
                "them, and the depth is less exact. A causal lifter needs none."
            )

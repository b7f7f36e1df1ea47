"""The arguments that state how pixels become meters."""

from __future__ import annotations

import argparse

from app.cli.console import number
from app.core.scale_options import AUTO


def add_scale(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``ScaleOptions``."""
    size = parser.add_argument_group("meters, in .csv and .trc")
    size.add_argument(
        "--height",
        type=number(float, "a body height in meters"),
        metavar="M",
        help="body height in meters of the person seen longest, for example 1.78",
    )
    size.add_argument(
        "--scale",
        default="",
        metavar="PX=M",
        help="a length in pixels and in meters, for example 420=1.5; or a calibration file of Pose2Sim (.toml)",
    )
    size.add_argument(
        "--floor",
        default=AUTO,
        metavar="F",
        help="auto: found from the feet; none: heights count from the lower edge of the picture; or the slope of the "
        "floor in degrees, positive where it rises to the right (auto)",
    )

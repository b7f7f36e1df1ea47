"""The arguments that say where the results go: files, and the addresses of other programs."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from app.core.errors import StanceError
from app.core.live_address import LiveAddress, checked_live, is_live, parse_live


def add_outputs(group: argparse._ArgumentGroup) -> None:
    """Add ``--output`` and ``--listen`` to ``group``."""
    group.add_argument(
        "--output",
        action="append",
        type=_output,
        default=[],
        metavar="PATH",
        help=".mp4 .mkv annotated video, .gif .webp of up to 20 s, .jsonl, .csv, "
        ".events.csv steps, jumps and repetitions, .json COCO keypoint "
        "results, .mmpose.json, FOLDER/ OpenPose, .trc .mot OpenSim markers and angles, .kinovea.trc Kinovea, "
        ".c3d points for biomechanics, .bvh .glb animated skeletons (with --lift), "
        ".xlsx spreadsheet, .html report to print, .png .jpg annotated images (%%04d for a sequence); live to other "
        "programs: osc://HOST:PORT, ws://127.0.0.1:PORT, udp://HOST:PORT, lsl:NAME; repeatable",
    )
    group.add_argument(
        "--listen",
        default="",
        metavar="HOST",
        help="let other computers connect to an output ws://: the address of this computer in their network, or "
        "0.0.0.0 for all networks",
    )


def paths_of(arguments: argparse.Namespace) -> tuple[Path, ...]:
    """The files among the outputs."""
    return tuple(output for output in arguments.output if isinstance(output, Path))


def live_of(arguments: argparse.Namespace) -> tuple[LiveAddress, ...]:
    """The addresses among the outputs. Raises StanceError for one that must not be listened on."""
    addresses = [output for output in arguments.output if isinstance(output, LiveAddress)]
    return checked_live(addresses, arguments.listen)


def _output(text: str) -> Path | LiveAddress:
    """The path or address of ``--output``: a trailing slash, which ``Path`` would drop, means OpenPose's folder.

    Raises StanceError for an empty text, which ``Path`` would take for the current folder, and for an address that
    poses cannot be sent to.
    """
    if not text.strip():
        raise StanceError("--output is empty: wanted the name of a file, or of a folder and /.")
    if is_live(text):
        return parse_live(text)
    if not text.endswith(("/", os.sep)):
        return Path(text)
    from app.sinks import KEYPOINT_FILES

    return Path(text) / KEYPOINT_FILES

"""The arguments for hands and faces."""

from __future__ import annotations

from argparse import _ArgumentGroup
from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.core.settings import FACES, HAND_NETWORKS, Settings

if TYPE_CHECKING:
    from app.pipeline import Pipeline


def add_parts(group: _ArgumentGroup) -> None:
    """Add the switches of hands and faces to ``group``."""
    group.add_argument("--hands", action="store_true", help="add 21 keypoints of each hand")
    group.add_argument(
        "--hand-network",
        choices=HAND_NETWORKS,
        default=Settings().hand_network,
        help="the network for the keypoints of hands: lite is faster, full more accurate (full)",
    )
    group.add_argument(
        "--face",
        nargs="?",
        const=FACES[0],
        default="",
        choices=FACES,
        help="add keypoints of the face: mesh (468 points, drawn as contours) or 68 (--face alone: mesh)",
    )


def idle_hands(pipeline: Pipeline) -> Iterator[str]:
    """A sentence if ``--hand-network`` has no effect, because hands are not asked for."""
    settings = pipeline.settings
    if settings.hand_network != Settings().hand_network and not settings.hands:
        yield "--hand-network has no effect without --hands."

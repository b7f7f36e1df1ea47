"""The arguments for hands and faces."""

from __future__ import annotations

from argparse import _ArgumentGroup

from app.core.settings import FACES


def add_parts(group: _ArgumentGroup) -> None:
    """Add the switches of hands and faces to ``group``."""
    group.add_argument("--hands", action="store_true", help="add 21 keypoints of each hand")
    group.add_argument(
        "--face",
        nargs="?",
        const=FACES[0],
        default="",
        choices=FACES,
        help="add keypoints of the face: mesh (468 points, drawn as contours) or 68 (--face alone: mesh)",
    )

"""The arguments for what is drawn on the picture besides people."""

from __future__ import annotations

from argparse import _ArgumentGroup


def add_picture(group: _ArgumentGroup) -> None:
    """Add the arguments of ``Marks`` to ``group``."""
    group.add_argument(
        "--angles",
        type=_angles,
        default=(),
        metavar="NAME,...",
        help="draw these angles on the picture, as right_knee,left_knee: an arc and its value in degrees",
    )


def _angles(text: str) -> tuple[str, ...]:
    """The names of ``--angles``. Raises StanceError for one that is unknown."""
    from app.analysis.shown_angles import parse_angles

    return parse_angles(text)

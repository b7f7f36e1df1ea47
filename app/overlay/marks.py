"""What is drawn on the picture besides the people: angles, grid, plumb line, legend and annotations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.overlay.annotations import NO_ANNOTATIONS, Annotations

if TYPE_CHECKING:
    from app.analysis.shown_angles import ClipAngles


@dataclass(frozen=True, slots=True)
class Marks:
    """What is switched on.

    ``angles`` are names as in ``ANGLES``, which are drawn as arcs with their values; ``clip_angles`` has those of a
    clip that was analysed, elsewhere they are those of the frames so far. ``plumb``: a vertical line through the hips
    of each person. ``edits``: rings around keypoints that the user has corrected, see ``edit_rings``. ``legend`` has
    the texts of the colors, by side ("left") or part of the body ("arm"); empty for no legend. With
    ``metres_per_pixel`` distances and the grid are in meters. ``facing`` is the side that people face where the user
    has chosen it, by id (-1 left, 1 right, 0 the camera).
    """

    angles: tuple[str, ...] = ()
    clip_angles: ClipAngles | None = None
    grid: bool = False
    plumb: bool = False
    legend: Mapping[str, str] = field(default_factory=dict, hash=False)
    edits: bool = False
    annotations: Annotations = NO_ANNOTATIONS
    metres_per_pixel: float | None = None
    facing: Mapping[int, int] = field(default_factory=dict, hash=False)


NO_MARKS = Marks()

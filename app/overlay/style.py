"""The drawing style of people, as the user chooses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from app.core.film_options import Privacy
from app.overlay.marks import NO_MARKS, Marks

Style = Literal["lines", "bones", "dots"]
Coloring = Literal["side", "part", "person", "score"]

STYLES: tuple[Style, ...] = get_args(Style)
COLORINGS: tuple[Coloring, ...] = get_args(Coloring)


@dataclass(frozen=True, slots=True)
class DrawStyle:
    """What is drawn and how: keypoints that score ``threshold`` or more, with lines ``scale`` times the default width.

    ``mirror`` mirrors the frame, but not text. ``names`` maps ids to names that are shown instead. ``trails`` is the
    length of the trails of wrists and ankles in seconds, ``dim`` (0..1) darkens the frame under the people. ``color``
    distinguishes left from right, parts of the body, people, or scores; ``alpha`` (0..1) is the opacity of people.
    ``marks`` are drawn besides people.
    ``privacy`` hides faces, or everything but the skeletons.
    """

    threshold: float = 0.3
    skeleton: bool = True
    boxes: bool = False
    ids: bool = True
    mirror: bool = False
    scale: float = 1.0
    style: Style = "lines"
    color: Coloring = "side"
    trails: float = 0.0
    dim: float = 0.0
    alpha: float = 1.0
    privacy: Privacy = "off"
    names: Mapping[int, str] = field(default_factory=dict, hash=False)
    marks: Marks = NO_MARKS

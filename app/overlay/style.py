"""How people are drawn, as a person chooses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Style = Literal["lines", "bones", "dots"]
Coloring = Literal["side", "person", "score"]

STYLES: tuple[Style, ...] = get_args(Style)
COLORINGS: tuple[Coloring, ...] = get_args(Coloring)


@dataclass(frozen=True, slots=True)
class Look:
    """What is drawn and how: keypoints that score ``threshold`` or more, lines ``scale`` times as wide as usual.

    ``mirror`` shows the picture as a mirror does; text stays readable. ``names`` stand in the place of ids where there
    is one, ``trails`` is for how many seconds wrists and ankles leave a trail, ``dim`` (0..1) darkens the picture
    under the people. Colours tell left from right, one person from another, or high scores from low ones; less
    ``cover`` (0..1) makes them faint.
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
    cover: float = 1.0
    names: Mapping[int, str] = field(default_factory=dict, hash=False)

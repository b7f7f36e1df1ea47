"""The angles of people as they are shown: whole degrees that do not flicker between two values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from types import MappingProxyType
from typing import NamedTuple

from app.analysis import Analysis
from app.analysis.shown_angles import ClipAngles, LiveAngles, PersonAngles, known_angles
from app.core.people import FramePoses
from app.core.skeleton import Skeleton
from app.overlay.style import DrawStyle

STEADY = 0.8
"""The shown degrees change when the value is further than this from them."""


class Reading(NamedTuple):
    """One angle of a person: its ``name`` and value in ``degrees``, the ``whole`` ones shown, and where they face."""

    name: str
    degrees: float
    whole: int
    facing: int


Readings = Mapping[int, tuple[Reading, ...]]
"""The angles to show of each person, by id."""
NO_READINGS: Readings = MappingProxyType({})


def with_clip_angles(style: DrawStyle, analysis: Analysis) -> DrawStyle:
    """The style with its angles as they are in all of ``analysis``, in which no frame is missing. Takes a while."""
    if not style.marks.angles:
        return style
    angles = ClipAngles(known_angles(style.marks.angles, analysis.skeleton))
    angles.fill(analysis, style.threshold)
    return replace(style, marks=replace(style.marks, clip_angles=angles))


class AngleReadout:
    """The angles that a style shows, frame by frame.

    They are those of ``Marks.clip_angles`` where these are known, else by what was seen so far.
    """

    def __init__(self, skeleton: Skeleton, style: DrawStyle, facing: Mapping[int, int] | None = None) -> None:
        self._skeleton = skeleton
        self._facing = facing or {}
        self._chosen: tuple[object, ...] = ()
        self._shown: dict[tuple[int, str], int] = {}
        self.restyle(style)

    def restyle(self, style: DrawStyle) -> None:
        """Show the angles of another style; the same angles are read on without a break."""
        self._clip = style.marks.clip_angles
        facing = {**style.marks.facing, **self._facing}
        chosen = (style.marks.angles, style.threshold, facing)
        if chosen != self._chosen:
            self._chosen = chosen
            self._names = known_angles(style.marks.angles, self._skeleton)
            self._live = LiveAngles(self._skeleton, self._names, style.threshold, facing)

    def read(self, poses: FramePoses) -> Readings:
        """The angles in the next frame."""
        if not self._names:
            return NO_READINGS
        now, readings = self._live.update(poses), {}
        for number, seen in now.items():
            known = self._clip.at(number, poses.index) if self._clip is not None else None
            readings[number] = self._of_person(number, seen if known is None else known, known is not None)
        return readings

    def _of_person(self, number: int, angles: PersonAngles, of_clip: bool) -> tuple[Reading, ...]:
        names = self._clip.names if of_clip and self._clip is not None else self._names
        values = dict(zip(names, angles.degrees, strict=True))
        found = []
        for name in self._names:
            degrees = values.get(name, float("nan"))
            if isfinite(degrees):
                found.append(Reading(name, degrees, self._whole((number, name), degrees), angles.facing))
            else:
                self._shown.pop((number, name), None)
        return tuple(found)

    def _whole(self, key: tuple[int, str], degrees: float) -> int:
        shown = self._shown.get(key)
        if shown is None or abs(degrees - shown) > STEADY:
            shown = self._shown[key] = round(degrees)
        return shown

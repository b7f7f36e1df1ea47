"""The measures of a person of a live source: the last seconds are measured anew, what was measured before is kept."""

from __future__ import annotations

from dataclasses import replace
from math import inf, isfinite

from app.analysis.analysis import Analysis
from app.analysis.events import Contact
from app.analysis.gait import Gait, Step, Stride, Walk
from app.analysis.measures import Measures
from app.analysis.motion_ranges import MotionRange
from app.analysis.person_measures import measure_track
from app.analysis.repeated_sides import Size
from app.analysis.scale import Scale
from app.core.settings import REPEATED

WINDOW_S = 60.0
"""Seconds before the newest frame that are measured anew, so that the work does not grow with the time."""
MARGIN_S = 25.0
"""An event that ends in the first seconds of the window may have begun before it, and is taken as it was measured
earlier; the longest repetition takes 20 s."""


class LiveMeasures:
    """Measures one person of a growing analysis again and again.

    The result is that of the whole analysis, apart from events that depend on what is more than ``WINDOW_S`` away, and
    from ranges of motion, which are the widest of those in ``WINDOW_S``.
    """

    def __init__(self) -> None:
        self._known: Measures | None = None
        self._newest_s = -inf
        self._of: tuple[object, ...] = ()

    def measure(
        self,
        analysis: Analysis,
        person: int,
        threshold: float = 0.3,
        scale: Scale | None = None,
        repeated: str = REPEATED,
        size: Size = (0, 0),
    ) -> Measures:
        """The measures of ``person`` in all frames so far; the arguments are those of ``measure_track``."""
        newest_s = max((end for _, end in analysis.seen_spans()[-1:]), default=0.0)
        of = (analysis, person, threshold, scale is None, repeated, size, analysis.chosen_facing().get(person))
        if of != self._of or not 0 <= newest_s - self._newest_s < WINDOW_S - MARGIN_S:
            self._known = None
        self._of, self._newest_s = of, newest_s
        track = analysis.track(person, inf if self._known is None else WINDOW_S)
        found = measure_track(track, analysis.skeleton, threshold, scale, repeated, size)
        if self._known is not None:
            found = joined(self._known, found, newest_s - WINDOW_S + MARGIN_S)
        self._known = found
        return found


def joined(before: Measures, after: Measures, border_s: float) -> Measures:
    """The events of ``before`` that end by ``border_s`` seconds, and those of ``after`` that end later."""
    contacts = _contacts(before.contacts, after.contacts, border_s)
    jumps = [one for one in before.jumps if one.landing_s <= border_s]
    repetitions = [one for one in before.repetitions if one.end_s <= border_s]
    return replace(
        after,
        unit=after.unit if after.contacts or after.repetitions else before.unit,
        contacts=contacts,
        gait=Gait((*_walks(before.gait, -inf, border_s), *_walks(after.gait, border_s, inf))),
        jumps=(*jumps, *(one for one in after.jumps if one.landing_s > border_s)),
        repetitions=(*repetitions, *(one for one in after.repetitions if one.end_s > border_s)),
        ranges=_ranges(before.ranges, after.ranges),
    )


def _contacts(before: tuple[Contact, ...], after: tuple[Contact, ...], border_s: float) -> tuple[Contact, ...]:
    """A foot that stands since before the window keeps the time at which it was put down."""
    kept = [one for one in before if _end_s(one) <= border_s]
    later = []
    for one in (one for one in after if _end_s(one) > border_s):
        same = [other for other in before if other.side == one.side and other.last_s >= one.first_s >= other.first_s]
        if not isfinite(one.start_s) and same:
            later.append(replace(one, start_s=same[-1].start_s, first_s=same[-1].first_s))
            kept = [other for other in kept if other is not same[-1]]
        else:
            later.append(one)
    return (*kept, *later)


def _end_s(contact: Contact) -> float:
    return contact.end_s if isfinite(contact.end_s) else contact.last_s


def _walks(gait: Gait, start_s: float, end_s: float) -> tuple[Walk, ...]:
    """The walks with the steps and strides that end after ``start_s``, and by ``end_s``."""

    def inside(part: Step | Stride) -> bool:
        return start_s < part.start_s + part.seconds <= end_s

    walks = (
        replace(walk, steps=tuple(filter(inside, walk.steps)), strides=tuple(filter(inside, walk.strides)))
        for walk in gait.walks
    )
    return tuple(walk for walk in walks if walk.steps)


def _ranges(before: tuple[MotionRange, ...], after: tuple[MotionRange, ...]) -> tuple[MotionRange, ...]:
    """The wider of both for each angle."""
    found = {one.angle: one for one in before}
    for one in after:
        other = found.get(one.angle, one)
        found[one.angle] = replace(one, lowest=min(one.lowest, other.lowest), highest=max(one.highest, other.highest))
    return tuple(found.values())

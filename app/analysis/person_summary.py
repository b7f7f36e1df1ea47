"""Who was there: one line a person over everything that was analysed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.analysis.analysis import Analysis
from app.people import Person


@dataclass(frozen=True, slots=True)
class Presence:
    """One person of an analysis.

    ``first_s`` and ``last_s`` are the times of the first and last frame with this person, ``seconds`` the time in the
    picture between them, ``score`` the mean score; ``height`` (of the box) and ``x`` (its centre) are means in pixels.
    """

    id: int
    first_s: float
    last_s: float
    seconds: float
    score: float
    height: float
    x: float


def presences(analysis: Analysis) -> list[Presence]:
    """Everybody who was seen, in the order of the analysis."""
    seen: dict[int, list[Person]] = {}
    for poses in analysis.frames():
        for person in poses.people:
            seen.setdefault(person.id, []).append(person)
    spans = analysis.spans()
    return [
        _presence(number, seen[number], spans[number])
        for number in analysis.ids()
        if number in seen and number in spans  # it may have grown in between
    ]


def _presence(number: int, seen: list[Person], spans: list[tuple[float, float]]) -> Presence:
    boxes = np.array([person.box for person in seen], np.float64)
    return Presence(
        number,
        first_s=spans[0][0],
        last_s=spans[-1][1],
        seconds=sum(end - start for start, end in spans),
        score=float(np.mean([person.score for person in seen])),
        height=float(np.mean(boxes[:, 3] - boxes[:, 1])),
        x=float(np.mean(boxes[:, 0] + boxes[:, 2]) / 2),
    )

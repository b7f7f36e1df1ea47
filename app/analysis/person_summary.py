"""Summarises each person of an analysis in one row."""

from __future__ import annotations

from dataclasses import dataclass

from app.analysis.analysis import Analysis
from app.analysis.person_frames import Totals


@dataclass(frozen=True, slots=True)
class PersonSummary:
    """Summary of one person.

    Attributes:
        id: Track id.
        first_s: Timestamp of the person's first frame, in seconds.
        last_s: Timestamp of the last frame, in seconds.
        seconds: Total visible time, in seconds.
        score: Mean score.
        height: Mean height of the box, in pixels.
        x: Mean x of the box center, in pixels.
    """

    id: int
    first_s: float
    last_s: float
    seconds: float
    score: float
    height: float
    x: float


def summarize_people(analysis: Analysis) -> list[PersonSummary]:
    """Summaries of all people, in the order of the analysis."""
    totals, spans = analysis.totals(), analysis.spans()
    return [
        _summarize(number, totals[number], spans[number])
        for number in analysis.ids()
        if number in totals and number in spans  # another thread may have changed it in between
    ]


def _summarize(number: int, totals: Totals, spans: list[tuple[float, float]]) -> PersonSummary:
    return PersonSummary(
        number,
        first_s=spans[0][0],
        last_s=spans[-1][1],
        seconds=sum(end - start for start, end in spans),
        score=totals.score / totals.frames,
        height=totals.height / totals.frames,
        x=totals.x / totals.frames,
    )

"""One person in the frames around a time, for values that one frame alone does not give."""

from __future__ import annotations

from app.analysis.analysis import Analysis
from app.core.people import FramePoses, Person

STEP_S = 0.1
STEPS = 10
"""Frames that are looked up on either side, and the time between them in seconds."""


def person_around(analysis: Analysis | None, poses: FramePoses, number: int) -> list[Person]:
    """The person with id ``number`` about every ``STEP_S`` before and after the frame ``poses``, as far as known."""
    if analysis is None or not number:
        return []
    interval_s = poses.time_s / poses.index if poses.index and poses.time_s > 0 else STEP_S
    step = max(1, round(STEP_S / interval_s))
    frames = (analysis.get(poses.index + step * place) for place in range(-STEPS, STEPS + 1) if place)
    return [person for frame in frames if frame is not None for person in frame.people if person.id == number]

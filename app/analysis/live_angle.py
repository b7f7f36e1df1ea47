"""The angles of people in the frame that is shown, by those of the last moment before it."""

from __future__ import annotations

from collections import deque

import numpy as np

from app.analysis.angles import angle_names, angles
from app.analysis.facing import facing_of
from app.core.people import Floats, Person
from app.core.skeleton import Skeleton

PAST_S = 1.5
"""How much of the past decides which way a person faces, in seconds."""
FACING_S = 0.2
"""How often that is decided, in seconds."""


class LiveAngle:
    """The angle of one joint of one person over the frames that are added, which need not be kept elsewhere."""

    def __init__(self) -> None:
        self._past: deque[tuple[float, Floats]] = deque()
        self._of: tuple[int, int] = (0, 0)  # the person, and the skeleton
        self._facing = 1
        self._faced_s = -np.inf

    def sides(
        self, time_s: float, person: Person, skeleton: Skeleton, joint: str, threshold: float, facing: int | None = None
    ) -> tuple[float, float]:
        """The angle of the left and of the right side of ``person`` at ``time_s``, in degrees; NaN where unknown.

        ``joint`` is a joint of both sides ("knee") or an angle of one ("left knee"), whose other side is unknown.
        ``facing`` is the side chosen by the user, else it is found.
        """
        self._note(time_s, person, skeleton)
        keypoints = np.stack([one for _, one in self._past])
        times = np.array([one for one, _ in self._past], np.float64)
        known = angle_names(skeleton)
        names = (joint,) if joint in known else (f"left {joint}", f"right {joint}")
        if any(name not in known for name in names):
            return float("nan"), float("nan")
        if facing is None and not 0 <= time_s - self._faced_s < FACING_S:
            self._facing = int(facing_of(times, keypoints, skeleton, threshold)[-1])
            self._faced_s = time_s
        aside = np.full(1, self._facing if facing is None else facing, np.int8)
        values = angles(keypoints[-1:], skeleton, names, aside, threshold)[0]
        if len(names) == 2:
            return float(values[0]), float(values[1])
        value = float(values[0])
        return (float("nan"), value) if joint.startswith("right") else (value, float("nan"))

    def _note(self, time_s: float, person: Person, skeleton: Skeleton) -> None:
        """Add a frame, and forget those that are another person's, later or too long ago."""
        of = (person.id, id(skeleton))
        if of != self._of or (self._past and time_s <= self._past[-1][0]):
            self._past.clear()
            self._faced_s = -np.inf
            self._of = of
        self._past.append((time_s, person.keypoints))
        while self._past[0][0] < time_s - PAST_S:
            self._past.popleft()


def both_sides(left: float, right: float) -> float:
    """The mean of both sides, or the one that is known; NaN if none is."""
    known = [value for value in (left, right) if value == value]
    return sum(known) / len(known) if known else float("nan")

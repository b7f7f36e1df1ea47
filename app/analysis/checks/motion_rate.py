"""Whether there are enough frames a second for what moves."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from math import hypot, inf

import numpy as np

from app.analysis.checks.finding import Finding, Namer, names_of
from app.core.message import Message
from app.core.people import FramePoses
from app.core.skeleton import Skeleton

ENDS = ("left_wrist", "right_wrist", "left_ankle", "right_ankle")
FAST = 0.1
"""Way of a hand or foot from one frame to the next, as a fraction of the body's size, that is too long."""
STRAIGHT = 0.5
"""Smallest cosine between two ways in a row that are of one movement, and not a keypoint that leaps and returns."""
MIN_STEPS, MIN_SHARE = 4, 0.002
"""Number of such steps, and fraction of a person's frames with one, that are reported."""
GAP = 2.5
"""Frames further apart than this many usual intervals do not follow one another."""
INTERVALS = 600
"""Intervals between frames from which the usual one is found."""
RENEWED = 30
USUAL_RATES = (30, 50, 60, 100, 120, 240)
"""Frames a second of cameras, from which the advice is chosen."""


@dataclass(slots=True, eq=False)
class _Ends:
    """Hands and feet (x, y, score in pixels) of a person in a frame, and in the one before unless there is a gap.

    Lists of numbers: for so few, arrays take several times as long.
    """

    time_s: float
    points: list[list[float]]
    size: float
    before: list[list[float]] | None = None


@dataclass(slots=True, eq=False)
class _Person:
    ends: _Ends
    frames: int = 0
    fast: deque[tuple[float, float]] = field(default_factory=deque)  # time in seconds, way in body sizes


class MotionRate:
    """Measures how far hands and feet move from frame to frame, over the last ``last_s`` seconds."""

    def __init__(self, skeleton: Skeleton, threshold: float, last_s: float = inf) -> None:
        rows = [skeleton.names.index(name) for name in ENDS if name in skeleton.names]
        self._rows = np.array(rows, np.intp)
        self._threshold = threshold
        self._last_s = last_s
        self._people: dict[int, _Person] = {}
        self._intervals: deque[float] = deque(maxlen=INTERVALS)
        self._time_s = -inf
        self._usual_s, self._counted = float("nan"), 0

    @property
    def fps(self) -> float:
        """The usual rate of the frames that were added, per second; NaN before the second one."""
        return 1 / self._usual_s

    def add(self, poses: FramePoses) -> None:
        """Take the people of the next frame."""
        self._note_interval(poses.time_s)
        for person in poses.people:
            x0, y0, x1, y1 = person.box.tolist()
            points = person.keypoints.take(self._rows, axis=0).tolist()
            now = _Ends(poses.time_s, points, max(x1 - x0, y1 - y0))
            known = self._people.get(person.id)
            if known is None:
                self._people[person.id] = _Person(now)
                continue
            if poses.time_s - known.ends.time_s <= GAP * self._usual_s:
                now.before = known.ends.points
                self._note(known, now)
            known.ends = now
            known.frames += 1

    def findings(self, ids: Collection[int], name: Namer) -> list[Finding]:
        """A finding about those of the people ``ids`` who move too fast for the frame rate."""
        fast = {number: way for number in ids if (way := self._fast_way(number))}
        if not fast:
            return []
        worst = max(fast.values())
        wanted = 0.9 * self.fps * worst / FAST
        message = Message(
            "{who}: hands or feet move by up to {percent} % of the body height from one frame to the next, at {fps} "
            "frames per second. Record at {wanted} or more.",
            who=names_of(fast, name),
            percent=round(100 * worst),
            fps=round(self.fps),
            wanted=next((rate for rate in USUAL_RATES if rate >= max(wanted, self.fps + 1)), USUAL_RATES[-1]),
        )
        return [Finding("rate", message, tuple(fast))]

    def _note_interval(self, time_s: float) -> None:
        """Count the time since the last frame; the usual one is found again after every ``RENEWED`` intervals."""
        if self._time_s > -inf and time_s > self._time_s:
            self._intervals.append(time_s - self._time_s)
            self._counted += 1
            if self._counted <= RENEWED or self._counted % RENEWED == 0:
                self._usual_s = float(np.median(self._intervals))
        self._time_s = time_s

    def _note(self, person: _Person, now: _Ends) -> None:
        last = person.ends
        if last.before is None:
            return
        size, longest = max(now.size, last.size), 0.0
        least = FAST * size
        for (x, y, score), (x1, y1, score1), (x0, y0, score0) in zip(now.points, last.points, last.before, strict=True):
            way = hypot(x - x1, y - y1)
            if way < least or min(score, score1, score0) < self._threshold:
                continue
            way_before = hypot(x1 - x0, y1 - y0)
            along = (x - x1) * (x1 - x0) + (y - y1) * (y1 - y0)
            if way_before >= least and along >= STRAIGHT * way * way_before:
                longest = max(longest, way)
        if longest and size > 0:
            person.fast.append((now.time_s, longest / size))

    def _fast_way(self, number: int) -> float:
        """The length of the person's fast steps, in body sizes; 0 if they are too few."""
        person = self._people.get(number)
        if person is None:
            return 0.0
        while person.fast and person.fast[0][0] < self._time_s - self._last_s:
            person.fast.popleft()
        frames = min(person.frames, self._last_s * self.fps)
        if len(person.fast) < max(MIN_STEPS, MIN_SHARE * frames):
            return 0.0
        return float(np.percentile([way for _, way in person.fast], 90))

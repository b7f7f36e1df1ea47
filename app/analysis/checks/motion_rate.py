"""Whether there are enough frames a second for what moves."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from math import inf

import numpy as np

from app.analysis.checks.finding import Finding, Namer, names_of
from app.core.message import Message
from app.core.people import Floats, FramePoses
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
    """Hands and feet of a person in the last frame, and how far they have moved to it."""

    time_s: float
    points: Floats
    size: float
    steps: Floats


@dataclass(slots=True, eq=False)
class _Person:
    ends: _Ends
    frames: int = 0
    fast: deque[tuple[float, float]] = field(default_factory=deque)  # time in seconds, way in body sizes


class MotionRate:
    """Measures how far hands and feet move from frame to frame, over the last ``last_s`` seconds."""

    def __init__(self, skeleton: Skeleton, threshold: float, last_s: float = inf) -> None:
        self._rows = [skeleton.names.index(name) for name in ENDS if name in skeleton.names]
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
            points = person.keypoints[self._rows]
            points = np.where(points[:, 2:] >= self._threshold, points[:, :2], np.nan)
            size = float((person.box[2:] - person.box[:2]).max())
            steps = np.full_like(points, np.nan)
            known = self._people.get(person.id)
            if known is not None and poses.time_s - known.ends.time_s <= GAP * self._usual_s:
                steps = points - known.ends.points
                self._note(known, poses.time_s, steps, max(size, known.ends.size))
            now = _Ends(poses.time_s, points, size, steps)
            if known is None:
                self._people[person.id] = _Person(now)
            else:
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

    def _note(self, person: _Person, time_s: float, steps: Floats, size: float) -> None:
        before = person.ends.steps
        ways, ways_before = np.linalg.norm(steps, axis=1), np.linalg.norm(before, axis=1)
        fast = np.fmin(ways, ways_before) >= FAST * size
        straight = (steps * before).sum(axis=1) >= STRAIGHT * ways * ways_before
        if (fast & straight).any():
            person.fast.append((time_s, float(ways[fast & straight].max()) / size))

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

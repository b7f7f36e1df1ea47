"""The way that hands and feet have come."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from math import ceil

from app.overlay.inks import inks_of
from app.overlay.look import Look
from app.overlay.shape import FAR, Line, Point, Shape
from app.people import FramePoses, Person
from app.skeleton import Side, Skeleton

LONGEST_S = 5.0
GAP_S = 0.5
STEPS = 8
COVER = 0.8
"""A trail fades in so many steps, from this cover on."""


class Past:
    """The people of the last frames that were shown, the newest last, over at most ``seconds``.

    A step back in time, or further ahead than ``GAP_S``, begins anew.
    """

    def __init__(self, seconds: float = LONGEST_S) -> None:
        self.frames: deque[FramePoses] = deque()
        self._seconds = seconds

    def add(self, poses: FramePoses) -> None:
        """Keep one more frame; the same one again takes the place of what was known of it."""
        if self.frames and self.frames[-1].time_s == poses.time_s:
            self.frames.pop()
        elif self.frames and not 0 < poses.time_s - self.frames[-1].time_s <= GAP_S:
            self.frames.clear()
        self.frames.append(poses)
        while poses.time_s - self.frames[0].time_s > self._seconds:
            self.frames.popleft()


def trails(person: Person, past: Sequence[FramePoses], skeleton: Skeleton, look: Look, width: float) -> list[Shape]:
    """What ``person`` leaves behind, oldest first: thin and faint at the end, nearly a limb of ``width`` at the body.

    ``past`` ends with the frame that ``person`` is of.
    """
    if not past or not person.id:
        return []
    now_s = past[-1].time_s
    recent = [frame for frame in past if 0 <= now_s - frame.time_s <= look.trails]
    found = [(frame.time_s, _in(frame, person.id)) for frame in recent]
    ink = inks_of(person, look)
    drawn: list[tuple[int, Line]] = []
    for tip, side in _tips(skeleton):
        for (a_s, a, _), (b_s, b, score) in _steps([(time_s, _place(one, tip, look)) for time_s, one in found]):
            step = max(1, ceil(STEPS * (1 - (now_s - (a_s + b_s) / 2) / look.trails)))
            own = ink(side, score)
            cover = COVER * own.cover * step / STEPS
            drawn.append((step, Line(a, b, width * (0.3 + 0.6 * step / STEPS), own._replace(cover=cover))))
    drawn.sort(key=lambda line: line[0])
    return [line for _, line in drawn]


def _in(frame: FramePoses, number: int) -> Person | None:
    return next((person for person in frame.people if person.id == number), None)


def _place(person: Person | None, tip: int | None, look: Look) -> tuple[Point, float] | None:
    """Where the keypoint ``tip`` (None: the middle of the box) was, and its score."""
    if person is None:
        return None
    if tip is None:
        x0, y0, x1, y1 = person.box.tolist()
        x, y, score = (x0 + x1) / 2, (y0 + y1) / 2, person.score
    else:
        x, y, score = person.keypoints[tip].tolist()
        if score < look.threshold:
            return None
    return ((x, y), score) if abs(x) < FAR and abs(y) < FAR else None


Spot = tuple[float, Point, float]


def _steps(places: list[tuple[float, tuple[Point, float] | None]]) -> Iterator[tuple[Spot, Spot]]:
    """From each place to the next, where both are known; times go with them."""
    for (a_s, a), (b_s, b) in pairwise(places):
        if a is not None and b is not None:
            yield (a_s, *a), (b_s, *b)


@cache
def _tips(skeleton: Skeleton) -> list[tuple[int | None, Side]]:
    """Wrists and ankles; of whoever has none the middle."""
    ends = [i for i, name in enumerate(skeleton.names) if name.lower().endswith(("wrist", "ankle"))]
    return [(i, skeleton.side(i)) for i in ends] or [(None, "middle")]

"""Trails of wrists and ankles."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from math import ceil

from app.core.people import FramePoses, Person
from app.core.skeleton import Skeleton
from app.overlay.colors import BODY, Area, area_of, keypoint_colors
from app.overlay.shape import FAR, Line, Point, Shape
from app.overlay.style import DrawStyle

HISTORY_S = 5.0
"""Default length of the history, in seconds."""
GAP_S = 0.5
"""A gap longer than this between two frames ends the trail, in seconds."""
STEPS = 8
"""Number of steps in which a trail fades."""
ALPHA = 0.8
"""Opacity of a trail at the body, 0..1."""


class PoseHistory:
    """The people of the latest frames that were shown, newest last, over at most ``seconds``.

    A step back in time, or forward by more than ``GAP_S``, clears the history.
    """

    def __init__(self, seconds: float = HISTORY_S) -> None:
        self.frames: deque[FramePoses] = deque()
        self._seconds = seconds

    def add(self, poses: FramePoses) -> None:
        """Add one frame; a frame with the timestamp of the last one replaces it."""
        if self.frames and self.frames[-1].time_s == poses.time_s:
            self.frames.pop()
        elif self.frames and not 0 < poses.time_s - self.frames[-1].time_s <= GAP_S:
            self.frames.clear()
        self.frames.append(poses)
        while poses.time_s - self.frames[0].time_s > self._seconds:
            self.frames.popleft()


def trails(
    person: Person, past: Sequence[FramePoses], skeleton: Skeleton, style: DrawStyle, width: float
) -> list[Shape]:
    """The trails of ``person``, oldest part first: thin and faint at the end, nearly ``width`` pixels at the body.

    The last frame of ``past`` is the one that contains ``person``.
    """
    if not past or not person.id:
        return []
    now_s = past[-1].time_s
    recent = [frame for frame in past if 0 <= now_s - frame.time_s <= style.trails]
    history = [(frame.time_s, _person_in(frame, person.id)) for frame in recent]
    color_of = keypoint_colors(person, style)
    drawn: list[tuple[int, Line]] = []
    for tip, area in _tips(skeleton):
        for (a_s, a, _), (b_s, b, score) in _steps([(time_s, _point(one, tip, style)) for time_s, one in history]):
            step = max(1, ceil(STEPS * (1 - (now_s - (a_s + b_s) / 2) / style.trails)))
            color = color_of(area, score)
            alpha = ALPHA * color.alpha * step / STEPS
            drawn.append((step, Line(a, b, width * (0.3 + 0.6 * step / STEPS), color._replace(alpha=alpha))))
    drawn.sort(key=lambda line: line[0])
    return [line for _, line in drawn]


def _person_in(frame: FramePoses, number: int) -> Person | None:
    return next((person for person in frame.people if person.id == number), None)


def _point(person: Person | None, tip: int | None, style: DrawStyle) -> tuple[Point, float] | None:
    """The position and score of the keypoint ``tip`` (None: the center of the box); None if it is not visible."""
    if person is None:
        return None
    if tip is None:
        x0, y0, x1, y1 = person.box.tolist()
        x, y, score = (x0 + x1) / 2, (y0 + y1) / 2, person.score
    else:
        x, y, score = person.keypoints[tip].tolist()
        if score < style.threshold:
            return None
    return ((x, y), score) if abs(x) < FAR and abs(y) < FAR else None


TimedPoint = tuple[float, Point, float]


def _steps(points: list[tuple[float, tuple[Point, float] | None]]) -> Iterator[tuple[TimedPoint, TimedPoint]]:
    """Yield consecutive points with their times and scores, where both points are known."""
    for (a_s, a), (b_s, b) in pairwise(points):
        if a is not None and b is not None:
            yield (a_s, *a), (b_s, *b)


@cache
def _tips(skeleton: Skeleton) -> list[tuple[int | None, Area]]:
    """The indices of wrists and ankles with their areas; the center of the box if the skeleton has none."""
    ends = [i for i, name in enumerate(skeleton.names) if name.lower().endswith(("wrist", "ankle"))]
    return [(i, area_of(skeleton, i)) for i in ends] or [(None, BODY)]

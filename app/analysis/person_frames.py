"""The frames in which one person was tracked, and sums over them."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.analysis.spans import FrameSpans
from app.core.people import FramePoses, Person


@dataclass(slots=True)
class Totals:
    """Sums over the frames of one person: scores, box heights and x of the box centers, in pixels.

    ``in_space`` is the number of frames with points in three dimensions.
    """

    frames: int = 0
    score: float = 0.0
    height: float = 0.0
    x: float = 0.0
    in_space: int = 0

    def count(self, person: Person, sign: int) -> None:
        """Add the values of ``person`` (``sign`` 1) or subtract them (-1)."""
        x0, y0, x1, y1 = person.box.tolist()
        self.frames += sign
        self.score += sign * person.score
        self.height += sign * (y1 - y0)
        self.x += sign * (x0 + x1) / 2
        self.in_space += sign * (person.points_3d is not None)


@dataclass(slots=True, eq=False)
class PersonFrames:
    """The frames in which one person was tracked: ``people`` by frame index, their spans and sums."""

    spans: FrameSpans
    people: dict[int, Person] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)

    def add(self, poses: FramePoses, person: Person) -> None:
        """Add ``person``, who is in ``poses``; replaces the same person in the same frame."""
        if poses.index in self.people:
            self.remove(poses.index)
        self.people[poses.index] = person
        self.spans.add(poses.index, poses.time_s)
        self.totals.count(person, 1)

    def remove(self, index: int) -> None:
        """Remove frame ``index``; nothing happens if the person is not in it."""
        person = self.people.pop(index, None)
        if person is not None:
            self.spans.remove(index)
            self.totals.count(person, -1)

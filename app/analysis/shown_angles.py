"""The angles of people in a single frame, as they are drawn on the picture: of a clip, or live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from app.analysis.analysis import Analysis
from app.analysis.angles import ANGLES, angle_names, angles
from app.analysis.facing import LiveFacing
from app.analysis.part_lengths import body_heights
from app.analysis.series import track_facing
from app.core.errors import StanceError
from app.core.people import FramePoses
from app.core.skeleton import Skeleton

FORGET_S = 10.0
"""After this many seconds without the person, which way they faced does not count any more."""
JUMP_S = 0.5
"""A step over more than this between two frames, or back in time, is a jump to another place of the clip."""


class PersonAngles(NamedTuple):
    """The angles of one person in one frame, in degrees; NaN where one is not seen or has no meaning.

    ``facing`` is the side that the person faces: -1 left, 1 right, 0 the camera.
    """

    facing: int
    degrees: tuple[float, ...]


def known_angles(names: tuple[str, ...], skeleton: Skeleton) -> tuple[str, ...]:
    """Those of ``names`` that ``skeleton`` has."""
    offered = angle_names(skeleton)
    return tuple(name for name in names if name in offered)


def parse_angles(text: str) -> tuple[str, ...]:
    """The names in ``text``, separated by commas, written with spaces or underscores.

    Raises StanceError for a name that is not in ``ANGLES``.
    """
    names = [" ".join(name.replace("_", " ").split()) for name in text.split(",")]
    for name in names:
        if name not in ANGLES:
            raise StanceError(
                "There is no angle {name!r}: wanted one of {known}.",
                name=name.replace(" ", "_"),
                known=_spelled(tuple(ANGLES)),
            )
    return tuple(dict.fromkeys(names))


def check_angles(names: tuple[str, ...], skeleton: Skeleton) -> None:
    """Raise StanceError if ``skeleton`` lacks the keypoints of one of the angles ``names``."""
    offered = angle_names(skeleton)
    if names and not offered:
        raise StanceError(
            "The skeleton {skeleton} has no angles: wanted a pose model of the human body.", skeleton=skeleton.name
        )
    for name in names:
        if name not in offered:
            raise StanceError(
                "The skeleton {skeleton} has no angle {name!r}: wanted one of {known}.",
                skeleton=skeleton.name,
                name=name.replace(" ", "_"),
                known=_spelled(offered),
            )


def _spelled(names: tuple[str, ...]) -> str:
    """``names`` as the command line takes them."""
    return ", ".join(name.replace(" ", "_") for name in names)


class ClipAngles:
    """The angles ``names`` of the people of a clip, the same as in plots and tables; see ``fill``."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self._people: dict[int, dict[int, PersonAngles]] = {}

    def fill(self, analysis: Analysis, threshold: float) -> None:
        """Take all angles of ``analysis``; keypoints below ``threshold`` are unknown. Takes tenths of a second."""
        if not self.names:
            return
        people = {}
        for number in analysis.ids():
            track = analysis.track(number)
            facing = track_facing(track, analysis.skeleton, threshold)
            heights = body_heights(track.times_s, track.keypoints, analysis.skeleton, threshold)
            values = angles(track.keypoints, analysis.skeleton, self.names, facing, threshold, heights)
            rows = zip(track.indices.tolist(), facing.tolist(), values.tolist(), strict=True)
            people[number] = {index: PersonAngles(side, tuple(degrees)) for index, side, degrees in rows}
        self._people = people

    def at(self, number: int, index: int) -> PersonAngles | None:
        """The angles of id ``number`` in frame ``index``; None if they are unknown."""
        return self._people.get(number, {}).get(index)


class LiveAngles:
    """The angles ``names`` of people frame by frame, by what was seen up to each frame.

    ``facing`` is the side of people for whom the user has chosen it, by id.
    """

    def __init__(
        self, skeleton: Skeleton, names: tuple[str, ...], threshold: float, facing: Mapping[int, int] | None = None
    ) -> None:
        self._skeleton = skeleton
        self._names = names
        self._threshold = threshold
        self._chosen = facing or {}
        self._facing: dict[int, tuple[float, LiveFacing]] = {}
        self._time_s = -np.inf

    def update(self, poses: FramePoses) -> dict[int, PersonAngles]:
        """The angles in the next frame, by id; a jump in time begins anew."""
        if not 0 <= poses.time_s - self._time_s <= JUMP_S:
            self._facing.clear()
        self._time_s = poses.time_s
        found = {}
        for person in poses.people:
            if person.id:
                _, live = self._facing.get(person.id, (0.0, None))
                live = live or LiveFacing(self._skeleton, self._threshold)
                self._facing[person.id] = poses.time_s, live
                side = live.update(poses.time_s, person.keypoints)
                side = self._chosen.get(person.id, side)
                values = angles(
                    person.keypoints[np.newaxis],
                    self._skeleton,
                    self._names,
                    np.array([side], np.int8),
                    self._threshold,
                    np.array([live.height]),
                )
                found[person.id] = PersonAngles(side, tuple(values[0].tolist()))
        self._facing = {number: seen for number, seen in self._facing.items() if poses.time_s - seen[0] <= FORGET_S}
        return found

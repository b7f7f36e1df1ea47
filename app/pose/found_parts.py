"""Hands and faces that were found on people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.core.people import Floats, Frame


@dataclass(frozen=True, slots=True, eq=False)
class FoundParts:
    """P parts of each of N people (both hands, or the face), of K keypoints each.

    ``keypoints`` (N, P, K, 3) = x y score in pixels; the score is 0 where a part was not found, and x y are then those
    of the place on the body where it would be. ``world`` (N, P, K, 3) in meters: x to the right as the camera sees it,
    y up, z toward the camera, from the first keypoint; None if the network does not tell. ``sizes`` (N, P) in pixels.
    """

    keypoints: Floats
    world: Floats | None
    sizes: Floats


class PartFinder(Protocol):
    """Finds one kind of parts of people; remembers them from frame to frame by the person's id."""

    stage: str
    """Name of the stage, in the times of a frame."""

    def find(self, frame: Frame, ids: Sequence[int], poses: Floats) -> FoundParts:
        """The parts of N people with these ``ids``, whose bodies have the keypoints ``poses`` (N, K, 3).

        People who are not among ``ids`` are forgotten.
        """
        ...

    def reset(self) -> None:
        """Forget all people."""
        ...

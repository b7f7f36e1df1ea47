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


FOLLOWED_SCORE = 0.1
"""Minimum score of a part's place on the body, from which the part moves with it."""


class PartFinder(Protocol):
    """Finds one kind of parts of people; remembers them from frame to frame by the person's id."""

    stage: str
    """Name of the stage, in the times of a frame."""

    def places(self, poses: Floats) -> Floats:
        """The keypoints (N, P, 3) of the bodies ``poses`` (N, K, 3) at which the parts are: wrists, or the nose."""
        ...

    def find(self, frame: Frame, ids: Sequence[int], poses: Floats) -> FoundParts:
        """The parts of N people with these ``ids``, whose bodies have the keypoints ``poses`` (N, K, 3).

        People who are not among ``ids`` are forgotten.
        """
        ...

    def reset(self) -> None:
        """Forget all people."""
        ...


class PartRunner(Protocol):
    """Calls the finders of a pipeline: for each frame, or for some of them."""

    def find(self, finder: PartFinder, frame: Frame, ids: Sequence[int], poses: Floats) -> FoundParts:
        """The parts that ``finder`` finds in ``frame``, or has found shortly before; ``poses`` (N, K, 3) as there."""
        ...

    def forget(self) -> None:
        """Forget what they have found."""
        ...


class InEachFrame:
    """Each frame has its own parts: a ``PartRunner``."""

    def find(self, finder: PartFinder, frame: Frame, ids: Sequence[int], poses: Floats) -> FoundParts:
        """See ``PartRunner``; ``poses`` are (N, K, 3)."""
        return finder.find(frame, ids, poses)

    def forget(self) -> None:
        """Nothing is kept between two calls."""

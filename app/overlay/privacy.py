"""Hides who is in a picture: faces are blurred, or nothing but the skeletons is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import cv2
import numpy as np

from app.core.film_options import Privacy
from app.core.people import Frame, FramePoses, Image, Person
from app.core.skeleton import Skeleton
from app.overlay.faces import FaceArea, face_areas
from app.overlay.trails import PoseHistory

NEAR_S = 0.5
"""A person who was not found in a frame is hidden if found up to this long before or after it, in seconds."""
CELLS = 4
"""Number of averages that are left of a face in each direction: eyes, nose and mouth fall into one or two."""
WHOLE = 8
"""Size of a picture in heights of the largest head in it, where the people are unknown."""
FEATHER = 0.12
"""Width of the soft edge outside of an area, as a fraction of its size."""
UNCERTAINTY = 1.3
"""How much larger the area of a person is who was not found in the frame itself."""
DRIFT = 2.0
"""How fast that area grows with the time to the nearest frame with the person, in sizes per second."""
PAST_FRAMES = 5
"""Number of frames by which the motion of such a person is continued."""
GROUND = (34, 32, 30)
"""Blue, green and red of the plain ground."""


def hidden(
    image: Image, poses: FramePoses, skeleton: Skeleton, privacy: Privacy, near: Iterable[FramePoses] = ()
) -> Image:
    """A picture without what ``privacy`` hides of the people in ``image`` (H, W, 3) uint8 BGR; itself for "off".

    ``near`` are frames before and after: who was found in these alone is hidden where they would be meanwhile. Where
    the people are not known, all of the picture is blurred.
    """
    if privacy == "off":
        return image
    if privacy == "skeleton":
        return plain(image.shape)
    if not poses.known:
        return blurred(image)
    covered = image.copy()
    for area in _areas(poses, skeleton, near):
        _blur(covered, area)
    return covered


def plain(shape: tuple[int, ...]) -> Image:
    """The plain ground in place of a picture of this ``shape``: (H, W, 3)."""
    return np.full(shape, GROUND, np.uint8)


def blurred(image: Image) -> Image:
    """All of ``image`` blurred so much that nobody can be recognized: for frames whose people are unknown."""
    height, width = image.shape[:2]
    made = image.copy()
    _blur(made, FaceArea(width / 2, height / 2, width, height, max(width, height) / WHOLE, False))
    return made


class PrivacyFilter:
    """Hides people in consecutive frames; remembers those of the last ``NEAR_S``."""

    def __init__(self, skeleton: Skeleton, privacy: Privacy) -> None:
        self.privacy = privacy
        self._skeleton = skeleton
        self._history = PoseHistory(NEAR_S)

    def hide(self, frame: Frame, poses: FramePoses, after: Sequence[FramePoses] = ()) -> Frame:
        """The next frame without what is hidden; ``after`` are the people of later frames, as far as known."""
        self._history.add(poses)
        if self.privacy == "off":
            return frame
        return replace(frame, image=hidden(frame.image, poses, self._skeleton, self.privacy, self.near(poses, after)))

    def near(self, poses: FramePoses, after: Sequence[FramePoses] = ()) -> list[FramePoses]:
        """The frames within ``NEAR_S`` of ``poses``, the last frame that was added."""
        later = [other for other in after if 0 < other.time_s - poses.time_s <= NEAR_S]
        return [*list(self._history.frames)[:-1], *later]


def _areas(poses: FramePoses, skeleton: Skeleton, near: Iterable[FramePoses]) -> list[FaceArea]:
    """The areas of the faces of a frame, and of people who were found in frames near it only."""
    found = [area for person in _everybody(poses) for area in face_areas(person, skeleton)]
    present = {person.id for person in _everybody(poses) if person.id}
    missing: dict[tuple[int, int], list[tuple[float, FaceArea]]] = {}
    unnamed: list[FaceArea] = []
    for other in sorted(near, key=lambda frame: frame.time_s):
        for person in _everybody(other):
            for number, area in enumerate(face_areas(person, skeleton) if person.id not in present else ()):
                if person.id:
                    missing.setdefault((person.id, number), []).append((other.time_s, area))
                elif not any(known.contains(area) for known in found):
                    unnamed.append(area.grown(UNCERTAINTY))
    return [*found, *unnamed, *(area for seen in missing.values() for area in _meanwhile(seen, poses.time_s))]


def _everybody(poses: FramePoses) -> tuple[Person, ...]:
    return (*poses.people, *poses.others)


def _meanwhile(seen: list[tuple[float, FaceArea]], time_s: float) -> list[FaceArea]:
    """Where a face may be at ``time_s`` that was ``seen`` at other times: there, and between or beyond these places."""
    before = [one for one in seen if one[0] <= time_s]
    after = [one for one in seen if one[0] > time_s]
    nearest = [*before[-1:], *after[:1]]
    side = before[-PAST_FRAMES:] or after[:PAST_FRAMES]
    pair = nearest if len(nearest) == 2 else [side[0], side[-1]] if len(side) > 1 else side
    wait_s = min(abs(one[0] - time_s) for one in nearest)
    factor = UNCERTAINTY + DRIFT * wait_s
    areas = [area for _, area in nearest]
    if len(pair) == 2:
        (a_s, a), (b_s, b) = pair
        fraction = (time_s - a_s) / max(b_s - a_s, 1e-6)
        areas.append(
            (b if fraction > 0.5 else a)._replace(x=a.x + fraction * (b.x - a.x), y=a.y + fraction * (b.y - a.y))
        )
    return [area.grown(factor) for area in areas]


def _blur(image: Image, area: FaceArea) -> None:
    """Replace ``area`` by a few averages, with smooth transitions between them; in place."""
    height, width = image.shape[:2]
    reach_x, reach_y = (1 + FEATHER) * area.half_width, (1 + FEATHER) * area.half_height
    left, right = max(int(area.x - reach_x), 0), min(int(area.x + reach_x) + 2, width)
    top, bottom = max(int(area.y - reach_y), 0), min(int(area.y + reach_y) + 2, height)
    if left >= right or top >= bottom:
        return
    part = image[top:bottom, left:right]
    cell = max(area.head * 1.3 / CELLS, 1.0)
    shape = max(1, round((right - left) / cell)), max(1, round((bottom - top) / cell))
    averages = cv2.resize(part, shape, interpolation=cv2.INTER_AREA)
    smooth = cv2.resize(averages, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
    if area.is_round:
        x = (np.arange(left, right, dtype=np.float32) - area.x) / area.half_width
        y = (np.arange(top, bottom, dtype=np.float32) - area.y) / area.half_height
        distance = np.sqrt(x[None] ** 2 + y[:, None] ** 2)
        share = np.clip((1 + FEATHER - distance) / FEATHER, 0, 1)[..., None]
        part[:] = (part + (smooth - part.astype(np.float32)) * share + 0.5).astype(np.uint8)
    else:
        part[:] = smooth

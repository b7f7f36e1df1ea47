"""Synthetic motion with exact ground truth: annotated photos panned, zoomed and rotated.

The same affine map moves the picture and the keypoints; no noise or blur is added. Pixel centers are integers in the
photo and in the frames, so the ground truth is exact to a fraction of a pixel. The moves follow minimum-jerk paths with
rests in between, like hands and hand-held cameras (Flash and Hogan 1985).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.people import Frame, FramePoses, Image, Person
from app.core.skeleton import Skeleton
from app.evaluate.photos import Annotated, Photo, read_photos

Kind = Literal["still", "sway", "drift", "pan", "zoom", "rotate"]
KINDS: tuple[Kind, ...] = get_args(Kind)

SIDE = 480
"""Width and height of a frame, in pixels."""
HEIGHT = 300.0
"""Longer side of the person's box in the frames, in pixels."""

SECONDS = 3.0
"""Duration, in seconds."""
MOVES = ((0.3, 0.9, 1.0), (1.5, 0.6, -2.0), (2.4, 0.3, 1.0))
"""The moves as (start in seconds, duration in seconds, distance in units): out, to the other side, and back."""

PAN = np.array([0.2, 0.06])  # body heights per unit of the move
ZOOM = 1.3  # factor per unit
TURN = np.deg2rad(15)  # radians per unit
DRIFT = np.array([0.1, 0.03])  # body heights per second
SWAY = 0.02  # amplitude in body heights
BREATH = 0.004  # amplitude in body heights of a small motion that is always added

MIN_LABELED = 15
"""Minimum number of labeled keypoints of a person."""
MIN_SIDE = 200
"""Minimum longer side of the person's box, in pixels."""
MAX_OVERLAP = 0.1
"""Maximum overlap with another person's box, relative to the smaller of the two boxes."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class MovingPhoto:
    """A few seconds of a photo moved in the way ``kind``, with the ground truth of the person it is centered on."""

    name: str
    kind: Kind
    fps: float
    photo: Image
    person: Annotated
    skeleton: Skeleton

    @property
    def times(self) -> list[float]:
        """Timestamps of the frames, in seconds."""
        return [index / self.fps for index in range(round(SECONDS * self.fps))]

    @property
    def truth(self) -> list[FramePoses]:
        """The person in each frame: labeled keypoints have score 1, the others score 0.

        The box encloses the transformed ellipse that is inscribed in the annotated box.
        """
        return [FramePoses(index, time_s, (self._person(time_s),)) for index, time_s in enumerate(self.times)]

    def frames(self) -> Iterator[Frame]:
        """The frames, from the first on."""
        for index, time_s in enumerate(self.times):
            image = cv2.warpAffine(self.photo, self.matrix(time_s), (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
            yield Frame(index, time_s, np.asarray(image, np.uint8))

    def matrix(self, time_s: float) -> Numbers:
        """The affine matrix (2, 3) from the photo's pixels to those of the frame at ``time_s``."""
        low, high = self.person.box[:2].astype(np.float64), self.person.box[2:].astype(np.float64)
        scale, angle = HEIGHT / float((high - low).max()), 0.0
        place = BREATH * _swing(time_s, 0.31, 0.23)
        match self.kind:
            case "sway":
                place += SWAY * _swing(time_s, 0.5, 0.37)
            case "drift":
                place += DRIFT * (time_s - SECONDS / 2)
            case "pan":
                place += PAN * _move(time_s)
            case "zoom":
                scale *= ZOOM ** _move(time_s)
            case "rotate":
                angle = TURN * _move(time_s)
        turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        middle = (SIDE - 1) / 2 + place * HEIGHT
        return np.column_stack([turn, middle - turn @ (low + high) / 2])

    def _person(self, time_s: float) -> Person:
        matrix = self.matrix(time_s)
        points = self.person.keypoints[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        known = self.person.keypoints[:, 2:] > 0
        keypoints = np.concatenate([np.where(known, points, 0), known], axis=1).astype(np.float32)
        low, high = self.person.box[:2], self.person.box[2:]
        center = matrix[:, :2] @ (low + high) / 2 + matrix[:, 2]
        half_size = np.sqrt(matrix[:, :2] ** 2 @ ((high - low) / 2) ** 2)
        return Person(1, 1.0, np.concatenate([center - half_size, center + half_size]).astype(np.float32), keypoints)


def moving_photos(images: Path, annotations: Path, people: int = 8, fps: float = 30.0) -> Iterator[MovingPhoto]:
    """Every kind of move for ``people`` people, evenly chosen from those who are large, well labeled and separate.

    Raises StanceError if the annotations cannot be read or no person is suitable.
    """
    photos = read_photos(images, annotations)
    suitable = [(photo, person) for photo in photos.photos for person in photo.people if _is_suitable(photo, person)]
    if not suitable:
        raise StanceError(
            "No person in {annotations} can be moved: wanted people with {min_labelled} labeled keypoints, "
            "at least {min_side} pixels large and alone.",
            annotations=annotations,
            min_labelled=MIN_LABELED,
            min_side=MIN_SIDE,
        )
    for number in np.unique(np.linspace(0, len(suitable) - 1, people).round().astype(int)):
        photo, person = suitable[number]
        image = photo.read()
        for kind in KINDS:
            yield MovingPhoto(f"{kind} {person.id}", kind, fps, image, person, photos.skeleton)


def _is_suitable(photo: Photo, person: Annotated) -> bool:
    sides = person.box[2:] - person.box[:2]
    if (person.keypoints[:, 2] > 0).sum() < MIN_LABELED or sides.max() < MIN_SIDE:
        return False
    for other in photo.annotations:
        common = np.minimum(person.box, other.box)[2:] - np.maximum(person.box, other.box)[:2]
        smaller = min(np.prod(sides), np.prod(other.box[2:] - other.box[:2]))
        if other is not person and np.prod(np.clip(common, 0, None)) > MAX_OVERLAP * smaller:
            return False
    return True


def _move(time_s: float) -> float:
    """The position of the moves at ``time_s``, in units."""
    position = 0.0
    for start, duration, distance in MOVES:
        u = np.clip((time_s - start) / duration, 0, 1)
        position += distance * float(u**3 * (10 - 15 * u + 6 * u**2))
    return position


def _swing(time_s: float, horizontal_hz: float, vertical_hz: float) -> Numbers:
    return np.sin(2 * np.pi * np.array([horizontal_hz, vertical_hz]) * time_s)

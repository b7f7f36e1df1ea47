"""Moving truth: annotated photos panned, zoomed and rotated, so that it is known where each keypoint is at any moment.

One affine map moves the picture and the keypoints alike; nothing else is added, no noise and no blur. Pixel centres
are integers in the photo as in the frames, so that the truth is exact to parts of a pixel. The moves start and end
gently and rest in between, as hands and hand-held cameras do: minimum-jerk paths (Flash and Hogan 1985).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from app.errors import StanceError
from app.evaluate.photos import Annotated, Photo, read_photos
from app.people import Frame, FramePoses, Image, Person
from app.skeleton import Skeleton

Kind = Literal["still", "sway", "drift", "pan", "zoom", "rotate"]
KINDS: tuple[Kind, ...] = get_args(Kind)

SIDE = 480
HEIGHT = 300.0
"""A frame's sides, and the longer side of the person's box in it, in pixels."""

SECONDS = 3.0
MOVES = ((0.3, 0.9, 1.0), (1.5, 0.6, -2.0), (2.4, 0.3, 1.0))
"""When a move begins, how long it takes (both in seconds) and how far it goes: out, to the other side, and back."""

PAN = np.array([0.2, 0.06])  # body heights a unit of the move
ZOOM = 1.3  # times a unit
TURN = np.deg2rad(15)  # a unit
DRIFT = np.array([0.1, 0.03])  # body heights a second
SWAY = 0.02  # body heights to each side
BREATH = 0.004  # likewise; nobody stands like a photo

LABELLED = 15
LARGE = 200
ALONE = 0.1
"""People count who have so many labelled keypoints, a box with so many pixels on its longer side, and of whose box
(or of the other's, where it is smaller) another person's covers no more than this share."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class MovingPhoto:
    """A few seconds of a photo that moves as ``kind`` says, and the truth about the one person it is centred on."""

    name: str
    kind: Kind
    fps: float
    photo: Image
    person: Annotated
    skeleton: Skeleton

    @property
    def times(self) -> list[float]:
        """When the frames are, in seconds."""
        return [index / self.fps for index in range(round(SECONDS * self.fps))]

    @property
    def truth(self) -> list[FramePoses]:
        """Where the person is in each frame: known keypoints with score 1, the others with score 0.

        The box is that of the ellipse in the photo's box.
        """
        return [FramePoses(index, time_s, (self._person(time_s),)) for index, time_s in enumerate(self.times)]

    def frames(self) -> Iterator[Frame]:
        """The pictures, from the first on."""
        for index, time_s in enumerate(self.times):
            image = cv2.warpAffine(self.photo, self.matrix(time_s), (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
            yield Frame(index, time_s, np.asarray(image, np.uint8))

    def matrix(self, time_s: float) -> Numbers:
        """The affine map (2, 3) from the photo's pixels to those of the frame at ``time_s``."""
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
        centre = matrix[:, :2] @ (low + high) / 2 + matrix[:, 2]
        reach = np.sqrt(matrix[:, :2] ** 2 @ ((high - low) / 2) ** 2)
        return Person(1, 1.0, np.concatenate([centre - reach, centre + reach]).astype(np.float32), keypoints)


def moving_photos(images: Path, annotations: Path, people: int = 8, fps: float = 30.0) -> Iterator[MovingPhoto]:
    """Every kind of move for ``people`` people, spread over all who are large, well labelled and alone.

    Raises StanceError where the annotations cannot be read or nobody is fit.
    """
    photos = read_photos(images, annotations)
    fit = [(photo, person) for photo in photos.photos for person in photo.people if _is_fit(photo, person)]
    if not fit:
        raise StanceError(
            f"Nobody in {annotations} can be moved: wanted people with {LABELLED} labelled keypoints, "
            f"at least {LARGE} pixels large and alone."
        )
    for number in np.unique(np.linspace(0, len(fit) - 1, people).round().astype(int)):
        photo, person = fit[number]
        image = photo.read()
        for kind in KINDS:
            yield MovingPhoto(f"{kind} {person.id}", kind, fps, image, person, photos.skeleton)


def _is_fit(photo: Photo, person: Annotated) -> bool:
    sides = person.box[2:] - person.box[:2]
    if (person.keypoints[:, 2] > 0).sum() < LABELLED or sides.max() < LARGE:
        return False
    for other in photo.everybody:
        common = np.minimum(person.box, other.box)[2:] - np.maximum(person.box, other.box)[:2]
        smaller = min(np.prod(sides), np.prod(other.box[2:] - other.box[:2]))
        if other is not person and np.prod(np.clip(common, 0, None)) > ALONE * smaller:
            return False
    return True


def _move(time_s: float) -> float:
    """How far the moves have got, in units."""
    gone = 0.0
    for start, duration, way in MOVES:
        u = np.clip((time_s - start) / duration, 0, 1)
        gone += way * float(u**3 * (10 - 15 * u + 6 * u**2))
    return gone


def _swing(time_s: float, horizontal_hz: float, vertical_hz: float) -> Numbers:
    return np.sin(2 * np.pi * np.array([horizontal_hz, vertical_hz]) * time_s)

"""Made scenes: photographed people who walk past each other, hide and come back, so that it is known who is who.

People of a COCO keypoint folder are cut out by their box and moved over a part of a photo without people. They are
drawn with parts of a pixel, and the same numbers are the truth: box, keypoints and id of everybody of whom at least
half is to be seen. Who is hidden farther, by others, by a wall or by the picture's border, is not in the truth of that
frame. The people glide; they do not move their limbs.
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
from app.evaluate.cast import Cutout, cutouts, places
from app.evaluate.photos import read_photos
from app.people import Floats, Frame, FramePoses, Image, Person

Kind = Literal[
    "crossing",
    "three crossing",
    "meeting",
    "leaving",
    "hidden 0.3 s",
    "hidden 0.5 s",
    "hidden 1 s",
    "standing",
    "replaced",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

TIMES: dict[Kind, int] = {"crossing": 8, "hidden 0.3 s": 2, "hidden 0.5 s": 2, "hidden 1 s": 10, "standing": 2}
"""How many scenes there are of a kind, where not four."""

RATES = (30.0, 10.0)
"""Each scene is shown at these frames a second."""

WIDTH, HEIGHT = 640, 480
SECONDS = 4.0
MIDDLE = SECONDS / 2
WALL = 460
"""Where walls stand, in pixels from above."""

IN_SIGHT = 0.5
"""Someone of whom less of the box is to be seen is not in the truth."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Actor:
    """Something that moves through a scene: a person, or with ``id`` 0 a wall.

    ``walk`` (M, 3) = time_s x y says where the middle of the lower edge is at some moments; in between it goes
    straight.
    """

    id: int
    cutout: Cutout
    walk: Numbers

    def box(self, time_s: float) -> Numbers:
        """x0 y0 x1 y1 at ``time_s``."""
        height, width = self.cutout.image.shape[:2]
        x, y = (np.interp(time_s, self.walk[:, 0], places) for places in self.walk.T[1:])
        return np.array([x - width / 2, y - height, x + width / 2, y])


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A few seconds of people over a background, and the truth about them."""

    name: str
    kind: Kind
    fps: float
    background: Image
    actors: tuple[Actor, ...]  # from back to front

    @property
    def times(self) -> list[float]:
        """When the frames are, in seconds."""
        return [index / self.fps for index in range(round(SECONDS * self.fps))]

    @property
    def truth(self) -> list[FramePoses]:
        """Who is where in each frame: boxes cut at the picture's border, COCO's 17 keypoints.

        A keypoint that is hidden, or was never labelled, has score 0.
        """
        return [FramePoses(index, time_s, self._people(time_s)) for index, time_s in enumerate(self.times)]

    def frames(self) -> Iterator[Frame]:
        """The pictures, from the first on."""
        for index, time_s in enumerate(self.times):
            canvas = self.background.copy()
            for actor in self.actors:
                _paint(canvas, actor.cutout.image, *actor.box(time_s)[:2])
            yield Frame(index, time_s, canvas)

    def _people(self, time_s: float) -> tuple[Person, ...]:
        boxes = [actor.box(time_s) for actor in self.actors]
        # The number of whoever is in front at each pixel.
        front = np.full((HEIGHT, WIDTH), -1)
        for number, box in enumerate(boxes):
            x0, y0, x1, y1 = np.round(box).astype(int)
            front[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = number
        people = []
        for number, (actor, box) in enumerate(zip(self.actors, boxes, strict=True)):
            if actor.id and np.count_nonzero(front == number) >= IN_SIGHT * np.prod(box[2:] - box[:2]):
                points = _seen(actor.cutout.keypoints + np.array([*box[:2], 0], np.float32), front == number)
                shown = np.clip(box, 0, [WIDTH, HEIGHT, WIDTH, HEIGHT]).astype(np.float32)
                people.append(Person(actor.id, 1.0, shown, points))
        return tuple(sorted(people, key=lambda person: person.id))


def made_scenes(images: Path, annotations: Path, seed: int = 0) -> Iterator[Scene]:
    """A few dozen scenes, each at every one of ``RATES``; the same ones for the same folder and seed.

    Raises StanceError where the folder has too few people who can be cut out.
    """
    photos = read_photos(images, annotations)
    people, backgrounds = cutouts(photos), places(photos, WIDTH, HEIGHT)
    if len(people) < 3 or not backgrounds:
        raise StanceError(
            f"{annotations} gives {len(people)} people to cut out and {len(backgrounds)} places without people: "
            "wanted at least 3 and 1."
        )
    for kind in KINDS:
        for number in range(TIMES.get(kind, 4)):
            rng = np.random.default_rng([seed, KINDS.index(kind), number])
            chosen = [people[i] for i in rng.choice(len(people), 3, replace=False)]
            background = backgrounds[rng.integers(len(backgrounds))]
            actors = tuple(sorted(_script(kind, number, chosen, rng), key=lambda actor: float(actor.walk[0, 2])))
            for fps in RATES:
                yield Scene(f"{kind} {number + 1} at {fps:g} fps", kind, fps, background, actors)


def _script(kind: Kind, number: int, people: list[Cutout], rng: np.random.Generator) -> list[Actor]:
    match kind:
        case "crossing":
            return _crossing(people[:2], rng)
        case "three crossing":
            return _crossing(people, rng)
        case "meeting":
            return _meeting(people[:2], rng)
        case "leaving":
            return _leaving(people[:2], rng)
        case "standing":
            return _standing(people, rng)
        case "replaced":
            return _replaced(people[:2], rng)
    seconds = float(kind.split()[1])
    return [_hidden_on_the_way, _hidden_and_back, _hidden_behind_someone][number % 3](people, seconds, rng)


def _crossing(people: list[Cutout], rng: np.random.Generator) -> list[Actor]:
    """They walk past each other in the middle; a third one goes the first one's way, but slower."""
    actors = []
    for place, (cutout, way, delay) in enumerate(zip(people, (1, -1, 1), (0.0, 0.0, 0.3), strict=False), start=1):
        pace = way * rng.uniform(100, 180) / (2 if place == 3 else 1)
        reach = pace * MIDDLE
        moments = np.array([0, SECONDS]) + delay
        actors.append(_actor(place, cutout, moments, WIDTH / 2 + np.array([-reach, reach]), rng))
    return actors


def _meeting(people: list[Cutout], rng: np.random.Generator) -> list[Actor]:
    """They come, stand half before each other for a moment, and go back."""
    actors = []
    moments = np.array([0, MIDDLE - 0.15, MIDDLE + 0.15, SECONDS])
    for place, (cutout, side) in enumerate(zip(people, (-1, 1), strict=True), start=1):
        near, far = side * rng.uniform(10, 40), side * rng.uniform(220, 280)
        actors.append(_actor(place, cutout, moments, WIDTH / 2 + np.array([far, near, near, far]), rng))
    return actors


def _leaving(people: list[Cutout], rng: np.random.Generator) -> list[Actor]:
    """One leaves by a border and comes back after a second; the other one walks about in the other half."""
    first = _actor(1, people[0], np.zeros(4), np.zeros(4), rng)
    out = -first.cutout.image.shape[1] / 2
    first.walk[:, 0] = 0, MIDDLE - 0.5, MIDDLE + 0.5, SECONDS
    first.walk[:, 1] = 180, out, out, 180
    return [first, _actor(2, people[1], np.array([0, MIDDLE, SECONDS]), np.array([560, 400, 560]), rng)]


def _standing(people: list[Cutout], rng: np.random.Generator) -> list[Actor]:
    """Two sway side by side, one a little before the other; a third walks by."""
    moments = np.arange(0, SECONDS + 0.1, 0.1)
    pair = [
        _actor(place, cutout, moments, WIDTH / 2 + side * 35 + 5 * np.sin(moments * rng.uniform(2, 4)), rng)
        for place, (cutout, side) in enumerate(zip(people, (-1, 1), strict=False), start=1)
    ]
    return [*pair, _actor(3, people[2], np.array([0, SECONDS]), np.array([60, 580]), rng)]


def _replaced(people: list[Cutout], rng: np.random.Generator) -> list[Actor]:
    """One goes behind a wall and stays there; another comes out on the other side, when the first one would."""
    pace = rng.uniform(120, 200)
    moments, middle = np.array([0, MIDDLE, SECONDS]), WIDTH / 2
    first = _actor(1, people[0], moments, middle + pace * np.array([-MIDDLE, 0, 0]), rng)
    second = _actor(2, people[1], moments, middle + pace * np.array([0, 0, MIDDLE]), rng)
    widest = max(actor.cutout.image.shape[1] for actor in (first, second))
    return [first, second, _wall(middle, widest + pace, rng)]


def _hidden_on_the_way(people: list[Cutout], seconds: float, rng: np.random.Generator) -> list[Actor]:
    """One walks through behind a wall that is as wide as that takes; another walks about before it."""
    pace = rng.uniform(120, 200)
    moments = np.array([0, SECONDS])
    first = _actor(1, people[0], moments, WIDTH / 2 + pace * (moments - MIDDLE), rng)
    wall = _wall(WIDTH / 2, first.cutout.image.shape[1] + pace * seconds, rng)
    return [first, wall, _stroller(people[1], rng)]


def _hidden_and_back(people: list[Cutout], seconds: float, rng: np.random.Generator) -> list[Actor]:
    """One goes behind a wall and comes out again on the same side; another waits there, on the far side."""
    pace = rng.uniform(120, 200)
    reach = pace * MIDDLE
    first = _actor(
        1, people[0], np.array([0, MIDDLE, SECONDS]), np.array([WIDTH / 2 - reach, WIDTH / 2, WIDTH / 2 - reach]), rng
    )
    # Hidden from half the time before the turn to half the time after it.
    left = WIDTH / 2 - pace * seconds / 2 - first.cutout.image.shape[1] / 2
    wall = _wall((left + 440) / 2, 440 - left, rng)
    return [first, wall, _actor(2, people[1], np.array([0, SECONDS]), np.array([520, 530]), rng)]


def _hidden_behind_someone(people: list[Cutout], seconds: float, rng: np.random.Generator) -> list[Actor]:
    """One stops behind another, who is larger, and then walks on."""
    narrow, wide = sorted(people[:2], key=lambda cutout: cutout.image.shape[1] / cutout.image.shape[0])
    moments = np.array([0, MIDDLE - seconds / 2, MIDDLE + seconds / 2, SECONDS])
    first = Actor(1, narrow.sized(200), np.column_stack([moments, [60, WIDTH / 2, WIDTH / 2, 580], np.full(4, 410)]))
    other = Actor(2, wide.sized(320), np.array([[0, WIDTH / 2 - 4, 470], [SECONDS, WIDTH / 2 + 4, 470]]))
    return [first, other]


def _stroller(cutout: Cutout, rng: np.random.Generator) -> Actor:
    """Somebody who walks about in front of everything, from the right and back."""
    actor = _actor(2, cutout, np.array([0, MIDDLE, SECONDS]), np.array([600, 480, 600]), rng)
    actor.walk[:, 2] = WALL + 10
    return actor


def _actor(number: int, cutout: Cutout, moments: Numbers, x: Numbers, rng: np.random.Generator) -> Actor:
    """A person of random height; the taller ones are nearer, and so stand lower."""
    height = rng.uniform(200, 260)
    return Actor(number, cutout.sized(height), np.column_stack([moments, x, np.full(len(x), 250 + 0.8 * height)]))


def _wall(x: float, width: float, rng: np.random.Generator) -> Actor:
    """A wall that reaches over everybody's head."""
    image = np.clip(rng.uniform(60, 180, 3) + rng.normal(0, 6, (WALL, round(width), 1)), 0, 255).astype(np.uint8)
    return Actor(0, Cutout(image, np.empty((0, 3), np.float32)), np.array([[0.0, x, WALL]]))


def _seen(points: Floats, shown: NDArray[np.bool_]) -> Floats:
    """Keypoints (17, 3), those outside what is ``shown`` (H, W) with score 0."""
    x, y = np.round(points[:, :2]).astype(int).T
    inside = (x >= 0) & (x < WIDTH) & (y >= 0) & (y < HEIGHT)
    hidden = ~inside
    hidden[inside] = ~shown[y[inside], x[inside]]
    points[hidden, 2] = 0
    return points


def _paint(canvas: Image, image: Image, x: float, y: float) -> None:
    """Draw ``image`` with the centre of its first pixel at (x, y), between pixels too."""
    left, top = int(np.floor(x)), int(np.floor(y))
    height, width = image.shape[:2]
    shift = np.array([[1, 0, x - left], [0, 1, y - top]], np.float64)
    size = (width + 1, height + 1)
    cover = cv2.warpAffine(np.ones((height, width), np.float32), shift, size)[..., None]
    moved = cv2.warpAffine(image.astype(np.float32), shift, size)
    inside = np.s_[max(-top, 0) : max(HEIGHT - top, 0), max(-left, 0) : max(WIDTH - left, 0)]
    under = canvas[max(top, 0) : max(top + height + 1, 0), max(left, 0) : max(left + width + 1, 0)]
    under[:] = np.round(under * (1 - cover[inside]) + moved[inside])

"""Synthetic scenes with known identities: photographed people who pass each other, are occluded, leave and return.

People of a COCO keypoint folder are cut out by their box and moved over a background without people, at subpixel
positions. The ground truth has box, keypoints and id of every person with at least half of the body visible; people
who are occluded further, by others, by a wall or by the border of the picture, are not in the ground truth of that
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

from app.core.errors import StanceError
from app.core.people import Floats, Frame, FramePoses, Image, Person
from app.evaluate.cutouts import Cutout, cutouts, places
from app.evaluate.photos import read_photos

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
"""Number of scenes of a kind; four for the others."""

RATES = (30.0, 10.0)
"""Frame rates at which each scene is rendered."""

WIDTH, HEIGHT = 640, 480
"""Size of a frame, in pixels."""
SECONDS = 4.0
"""Duration of a scene, in seconds."""
MIDDLE = SECONDS / 2
"""Middle of a scene, in seconds."""
WALL = 460
"""y of the lower edge of walls, in pixels."""

MIN_VISIBLE = 0.5
"""Minimum visible fraction of the box of a person in the ground truth."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Actor:
    """Something that moves through a scene: a person, or with ``id`` 0 a wall.

    ``walk`` (M, 3) = time_s x y is the position of the middle of the lower edge, interpolated linearly.
    """

    id: int
    cutout: Cutout
    walk: Numbers

    def box(self, time_s: float) -> Numbers:
        """The box (4,) x0 y0 x1 y1 at ``time_s``, in pixels."""
        height, width = self.cutout.image.shape[:2]
        x, y = (np.interp(time_s, self.walk[:, 0], places) for places in self.walk.T[1:])
        return np.array([x - width / 2, y - height, x + width / 2, y])


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A few seconds of people over a background, with the ground truth."""

    name: str
    kind: Kind
    fps: float
    background: Image
    actors: tuple[Actor, ...]  # from back to front

    @property
    def times(self) -> list[float]:
        """Timestamps of the frames, in seconds."""
        return [index / self.fps for index in range(round(SECONDS * self.fps))]

    @property
    def truth(self) -> list[FramePoses]:
        """The visible people in each frame: boxes clipped to the frame, COCO's 17 keypoints.

        A keypoint that is occluded or not labeled has score 0.
        """
        return [FramePoses(index, time_s, self._people(time_s)) for index, time_s in enumerate(self.times)]

    def frames(self) -> Iterator[Frame]:
        """The frames, from the first on."""
        for index, time_s in enumerate(self.times):
            canvas = self.background.copy()
            for actor in self.actors:
                _paint(canvas, actor.cutout.image, *actor.box(time_s)[:2])
            yield Frame(index, time_s, canvas)

    def _people(self, time_s: float) -> tuple[Person, ...]:
        boxes = [actor.box(time_s) for actor in self.actors]
        # The index of the frontmost actor at each pixel.
        front = np.full((HEIGHT, WIDTH), -1)
        for number, box in enumerate(boxes):
            x0, y0, x1, y1 = np.round(box).astype(int)
            front[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = number
        people = []
        for number, (actor, box) in enumerate(zip(self.actors, boxes, strict=True)):
            if actor.id and np.count_nonzero(front == number) >= MIN_VISIBLE * np.prod(box[2:] - box[:2]):
                points = _hide_keypoints(actor.cutout.keypoints + np.array([*box[:2], 0], np.float32), front == number)
                shown = np.clip(box, 0, [WIDTH, HEIGHT, WIDTH, HEIGHT]).astype(np.float32)
                people.append(Person(actor.id, 1.0, shown, points))
        return tuple(sorted(people, key=lambda person: person.id))


def made_scenes(images: Path, annotations: Path, seed: int = 0) -> Iterator[Scene]:
    """A few dozen scenes, each at all of ``RATES``; reproducible for the same folder and seed.

    Raises StanceError if the folder has too few suitable people or backgrounds.
    """
    photos = read_photos(images, annotations)
    people, backgrounds = cutouts(photos), places(photos, WIDTH, HEIGHT)
    if len(people) < 3 or not backgrounds:
        raise StanceError(
            "{annotations} has {people} people to cut out and {areas} areas without people: wanted at least 3 and 1.",
            annotations=annotations,
            people=len(people),
            areas=len(backgrounds),
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
    """Two people pass each other in the middle; a third follows the first, more slowly."""
    actors = []
    for place, (cutout, direction, delay) in enumerate(zip(people, (1, -1, 1), (0.0, 0.0, 0.3), strict=False), start=1):
        speed = direction * rng.uniform(100, 180) / (2 if place == 3 else 1)
        half_path = speed * MIDDLE
        moments = np.array([0, SECONDS]) + delay
        actors.append(_actor(place, cutout, moments, WIDTH / 2 + np.array([-half_path, half_path]), rng))
    return actors


def _meeting(people: list[Cutout], rng: np.random.Generator) -> list[Actor]:
    """Two people approach, stand half in front of each other for a moment, and go back."""
    actors = []
    moments = np.array([0, MIDDLE - 0.15, MIDDLE + 0.15, SECONDS])
    for place, (cutout, side) in enumerate(zip(people, (-1, 1), strict=True), start=1):
        near_x, far_x = side * rng.uniform(10, 40), side * rng.uniform(220, 280)
        actors.append(_actor(place, cutout, moments, WIDTH / 2 + np.array([far_x, near_x, near_x, far_x]), rng))
    return actors


def _leaving(people: list[Cutout], rng: np.random.Generator) -> list[Actor]:
    """One person leaves the frame and returns after a second; the other walks about in the other half."""
    first = _actor(1, people[0], np.zeros(4), np.zeros(4), rng)
    out = -first.cutout.image.shape[1] / 2
    first.walk[:, 0] = 0, MIDDLE - 0.5, MIDDLE + 0.5, SECONDS
    first.walk[:, 1] = 180, out, out, 180
    return [first, _actor(2, people[1], np.array([0, MIDDLE, SECONDS]), np.array([560, 400, 560]), rng)]


def _standing(people: list[Cutout], rng: np.random.Generator) -> list[Actor]:
    """Two people sway side by side, one slightly in front of the other; a third walks past."""
    moments = np.arange(0, SECONDS + 0.1, 0.1)
    pair = [
        _actor(place, cutout, moments, WIDTH / 2 + side * 35 + 5 * np.sin(moments * rng.uniform(2, 4)), rng)
        for place, (cutout, side) in enumerate(zip(people, (-1, 1), strict=False), start=1)
    ]
    return [*pair, _actor(3, people[2], np.array([0, SECONDS]), np.array([60, 580]), rng)]


def _replaced(people: list[Cutout], rng: np.random.Generator) -> list[Actor]:
    """One person stays behind a wall; another comes out on the other side when the first one would have."""
    speed = rng.uniform(120, 200)
    moments, middle = np.array([0, MIDDLE, SECONDS]), WIDTH / 2
    first = _actor(1, people[0], moments, middle + speed * np.array([-MIDDLE, 0, 0]), rng)
    second = _actor(2, people[1], moments, middle + speed * np.array([0, 0, MIDDLE]), rng)
    widest = max(actor.cutout.image.shape[1] for actor in (first, second))
    return [first, second, _wall(middle, widest + speed, rng)]


def _hidden_on_the_way(people: list[Cutout], seconds: float, rng: np.random.Generator) -> list[Actor]:
    """One person walks behind a wall and is hidden for ``seconds``; another walks about in front of it."""
    speed = rng.uniform(120, 200)
    moments = np.array([0, SECONDS])
    first = _actor(1, people[0], moments, WIDTH / 2 + speed * (moments - MIDDLE), rng)
    wall = _wall(WIDTH / 2, first.cutout.image.shape[1] + speed * seconds, rng)
    return [first, wall, _stroller(people[1], rng)]


def _hidden_and_back(people: list[Cutout], seconds: float, rng: np.random.Generator) -> list[Actor]:
    """One person goes behind a wall and returns on the same side; another waits on the far side."""
    speed = rng.uniform(120, 200)
    half_path = speed * MIDDLE
    first = _actor(
        1,
        people[0],
        np.array([0, MIDDLE, SECONDS]),
        np.array([WIDTH / 2 - half_path, WIDTH / 2, WIDTH / 2 - half_path]),
        rng,
    )
    # Hidden for half the time before the turn and half the time after it.
    left = WIDTH / 2 - speed * seconds / 2 - first.cutout.image.shape[1] / 2
    wall = _wall((left + 440) / 2, 440 - left, rng)
    return [first, wall, _actor(2, people[1], np.array([0, SECONDS]), np.array([520, 530]), rng)]


def _hidden_behind_someone(people: list[Cutout], seconds: float, rng: np.random.Generator) -> list[Actor]:
    """One person stops behind a larger one, and then walks on."""
    narrow, wide = sorted(people[:2], key=lambda cutout: cutout.image.shape[1] / cutout.image.shape[0])
    moments = np.array([0, MIDDLE - seconds / 2, MIDDLE + seconds / 2, SECONDS])
    first = Actor(1, narrow.sized(200), np.column_stack([moments, [60, WIDTH / 2, WIDTH / 2, 580], np.full(4, 410)]))
    other = Actor(2, wide.sized(320), np.array([[0, WIDTH / 2 - 4, 470], [SECONDS, WIDTH / 2 + 4, 470]]))
    return [first, other]


def _stroller(cutout: Cutout, rng: np.random.Generator) -> Actor:
    """A person who walks about in front of everything, from the right and back."""
    actor = _actor(2, cutout, np.array([0, MIDDLE, SECONDS]), np.array([600, 480, 600]), rng)
    actor.walk[:, 2] = WALL + 10
    return actor


def _actor(number: int, cutout: Cutout, moments: Numbers, x: Numbers, rng: np.random.Generator) -> Actor:
    """A person of random height; taller ones are nearer and therefore lower in the frame."""
    height = rng.uniform(200, 260)
    return Actor(number, cutout.sized(height), np.column_stack([moments, x, np.full(len(x), 250 + 0.8 * height)]))


def _wall(x: float, width: float, rng: np.random.Generator) -> Actor:
    """A wall higher than all people, at ``x``."""
    image = np.clip(rng.uniform(60, 180, 3) + rng.normal(0, 6, (WALL, round(width), 1)), 0, 255).astype(np.uint8)
    return Actor(0, Cutout(image, np.empty((0, 3), np.float32)), np.array([[0.0, x, WALL]]))


def _hide_keypoints(points: Floats, shown: NDArray[np.bool_]) -> Floats:
    """Keypoints (17, 3); those outside the visible mask ``shown`` (H, W) get score 0."""
    x, y = np.round(points[:, :2]).astype(int).T
    inside = (x >= 0) & (x < WIDTH) & (y >= 0) & (y < HEIGHT)
    hidden = ~inside
    hidden[inside] = ~shown[y[inside], x[inside]]
    points[hidden, 2] = 0
    return points


def _paint(canvas: Image, image: Image, x: float, y: float) -> None:
    """Draw ``image`` (h, w, 3) with the center of its first pixel at (x, y), at subpixel precision."""
    left, top = int(np.floor(x)), int(np.floor(y))
    height, width = image.shape[:2]
    shift = np.array([[1, 0, x - left], [0, 1, y - top]], np.float64)
    size = (width + 1, height + 1)
    alpha = cv2.warpAffine(np.ones((height, width), np.float32), shift, size)[..., None]
    moved = cv2.warpAffine(image.astype(np.float32), shift, size)
    inside = np.s_[max(-top, 0) : max(HEIGHT - top, 0), max(-left, 0) : max(WIDTH - left, 0)]
    under = canvas[max(top, 0) : max(top + height + 1, 0), max(left, 0) : max(left + width + 1, 0)]
    under[:] = np.round(under * (1 - alpha[inside]) + moved[inside])

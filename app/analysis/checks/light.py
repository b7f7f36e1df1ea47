"""Whether people are lit well enough."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.analysis.checks.finding import Finding, Kind, Namer, names_of
from app.core.message import Message
from app.core.people import Floats, Frame, FramePoses, Image, Person
from app.core.skeleton import Skeleton

Values = NDArray[np.float64]

STEPS = 7
"""Places along each limb at which the picture is read."""
MIN_PLACES = 20
"""Smallest number of places from which the light is judged."""
DARK = 60.0
"""The brightest tenth of a person in the dark is below this, of 255."""
BRIGHT_PICTURE = 110.0
"""A picture whose mean is above this is not dark itself: the light comes from behind the person."""
CLIPPED = 250.0
"""From this on, of 255, a place is overexposed."""
MAX_CLIPPED = 0.35
"""Largest fraction of such places."""
MIN_SAMPLES = 4
MAX_SAMPLES = 4000
"""Number of samples of a person that are kept, the latest: a quarter of an hour."""
KINDS: tuple[Kind, ...] = ("dark", "backlight", "overexposed")
BLUE, GREEN, RED = 0.114, 0.587, 0.299
"""Parts of the colors in the brightness (ITU-R BT.601)."""


class LightSample(NamedTuple):
    """The brightness of a person's brightest tenth, the overexposed fraction, the brightness of the whole picture."""

    time_s: float
    bright: float
    clipped: float
    picture: float


class Light:
    """Reads the brightness along the limbs of people, over the last ``last_s`` seconds: the ``samples`` by id."""

    def __init__(self, skeleton: Skeleton, threshold: float, last_s: float = inf) -> None:
        self._limbs = np.array(skeleton.limbs, np.intp).reshape(-1, 2)
        self._threshold = threshold
        self._last_s = last_s
        self.samples: dict[int, deque[LightSample]] = {}

    def add(self, frame: Frame, poses: FramePoses, picture: float) -> None:
        """Look at a frame, whose mean brightness is ``picture``, of 255."""
        for person in poses.people:
            values = self._brightness(frame.image, person)
            if len(values) >= MIN_PLACES:
                sample = LightSample(
                    frame.time_s, float(np.percentile(values, 90)), float((values >= CLIPPED).mean()), picture
                )
                self.samples.setdefault(person.id, deque(maxlen=MAX_SAMPLES)).append(sample)
        for samples in self.samples.values():
            while samples and samples[0].time_s < frame.time_s - self._last_s:
                samples.popleft()

    def findings(self, ids: Collection[int], name: Namer) -> list[Finding]:
        """Findings about those of the people ``ids`` who are too dark or too bright."""
        kinds = {number: self._kind(number) for number in ids}
        found = {kind: [number for number in ids if kinds[number] == kind] for kind in KINDS}
        return [
            Finding(kind, _sentence(kind, names_of(people, name)), tuple(people))
            for kind, people in found.items()
            if people
        ]

    def _kind(self, number: int) -> Kind | None:
        samples = self.samples.get(number, ())
        if len(samples) < MIN_SAMPLES:
            return None
        _, bright, clipped, picture = np.median(np.array(samples), axis=0).tolist()
        if bright < DARK:
            return "backlight" if picture > BRIGHT_PICTURE else "dark"
        return "overexposed" if clipped > MAX_CLIPPED else None

    def _brightness(self, image: Image, person: Person) -> Values:
        """Brightness (N,) at places along the limbs of a person, of 255."""
        places = _places(person.keypoints, self._limbs, self._threshold)
        inside = ((places >= 0) & (places < [image.shape[1], image.shape[0]])).all(axis=1)
        pixels = image[places[inside, 1], places[inside, 0]].astype(np.float64)
        return np.asarray(pixels @ [BLUE, GREEN, RED])


def _places(keypoints: Floats, limbs: NDArray[np.intp], threshold: float) -> NDArray[np.intp]:
    """Pixels (N, 2), x y, along the limbs whose both ends score at least ``threshold``."""
    ends = keypoints[limbs]
    seen = ends[(ends[..., 2] >= threshold).all(axis=1), :, :2]
    share = np.linspace(0, 1, STEPS)[:, None]
    return np.rint(seen[:, 0, None] * (1 - share) + seen[:, 1, None] * share).astype(np.intp).reshape(-1, 2)


def _sentence(kind: Kind, who: str) -> Message:
    if kind == "dark":
        return Message("{who}: too dark to be seen well. Add light, or let the camera expose more.", who=who)
    if kind == "backlight":
        return Message(
            "{who}: dark before a bright background. Put the light behind the camera, not behind the person.", who=who
        )
    return Message("{who}: overexposed. Use less light, or let the camera expose less.", who=who)

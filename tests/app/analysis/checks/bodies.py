"""People with 26 keypoints who stand in made pictures."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from app.analysis.checks.sampled_people import BodyTrack, SampledPeople
from app.core.people import Floats, FramePoses, Person
from app.core.skeleton import load_skeleton
from app.evaluate.motions import Filmed

SKELETON = load_skeleton("halpe26")
FPS = 30
SIZE = (640, 480)
THRESHOLD = 0.3
PLACES = {
    "nose": (0, 0.07),
    "head": (0, 0.0),
    "neck": (0, 0.18),
    "hip": (0, 0.48),
    "shoulder": (0.1, 0.18),
    "elbow": (0.13, 0.34),
    "wrist": (0.14, 0.48),
    "hip_side": (0.06, 0.48),
    "knee": (0.06, 0.73),
    "ankle": (0.06, 0.95),
    "heel": (0.06, 0.98),
    "big_toe": (0.09, 0.99),
    "small_toe": (0.11, 0.98),
}
"""Places from the top of the head, in body heights; to the side on both sides."""


def standing(x: float, top: float, height: float) -> Floats:
    """Keypoints (26, 3) of a person who faces the camera; ``x`` of the middle, y of the top and height in pixels."""
    points = []
    for name in SKELETON.names:
        side, part = (-1, name[6:]) if name.startswith("right_") else (1, name.removeprefix("left_"))
        part = "hip_side" if part == "hip" and name != "hip" else part
        across, down = PLACES.get(part, PLACES["nose"])
        points.append((x + side * across * height, top + down * height, 0.9))
    return np.array(points, np.float32)


def person(keypoints: Floats, number: int = 1) -> Person:
    """A person in the box around ``keypoints``."""
    seen = keypoints[keypoints[:, 2] >= THRESHOLD, :2]
    return Person(number, 0.9, np.concatenate([seen.min(axis=0), seen.max(axis=0)]), keypoints)


def frames(poses: Iterable[Floats], fps: float = FPS) -> list[FramePoses]:
    """A frame for each of ``poses`` of one person."""
    return [FramePoses(index, index / fps, (person(pose),)) for index, pose in enumerate(poses)]


def track(poses: Iterable[Floats], fps: float = FPS) -> BodyTrack:
    """The samples of one person with these ``poses``."""
    samples = SampledPeople(SKELETON)
    for one in frames(poses, fps):
        samples.add(one)
    return samples.tracks()[0]


def of_motion(filmed: Filmed, step: int = 1) -> list[FramePoses]:
    """The frames of a filmed motion, or every ``step``-th of them."""
    fps = 1 / float(np.diff(filmed.motion.times_s[:2])[0])
    return frames(filmed.keypoints[::step], fps / step)

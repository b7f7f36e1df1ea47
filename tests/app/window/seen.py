"""Recorded people: real ones from a clip if available, else two synthetic walkers."""

from __future__ import annotations

from math import inf
from pathlib import Path

import numpy as np

from app.analysis import Analysis, Track
from app.core.people import FramePoses, Person
from app.core.skeleton import load_skeleton

FPS = 30
FRAMES = 240
AWAY = range(90, 150)
"""Frames without people."""


class Asked(Analysis):
    """Counts the calls of ``track`` and ``frames``."""

    times = 0

    def track(self, number: int, last_s: float = inf) -> Track:
        self.times += 1
        return super().track(number, last_s)

    def frames(self) -> list[FramePoses]:
        self.times += 1
        return super().frames()


def walkers() -> Asked:
    """Eight seconds with persons 1 and 2; person 2 appears a second later, taller, on the left. Both leave later."""
    found = Asked(load_skeleton("coco17"))
    for index in range(FRAMES):
        people = () if index in AWAY else (walker(1, index),) if index < FPS else (walker(1, index), walker(2, index))
        found.add(FramePoses(index, index / FPS, people))
    return found


def walker(number: int, index: int) -> Person:
    """A walker: knees bend once per second, the left wrist moves 60 pixels per second to the right."""
    x, height = (400.0, 200.0) if number == 1 else (100.0, 300.0)
    bend = 20 * np.sin(2 * np.pi * index / FPS + number)
    keypoints = np.array([[x, 10.0 + height * place / 17, 0.9] for place in range(17)])
    keypoints[13:15, 0] += bend
    keypoints[15:17, 0] -= bend
    keypoints[9, 0] = x + 60 * index / FPS
    box = np.array([x - 40, 10, x + 40, 10 + height], np.float32)
    return Person(number, 0.5 + 0.1 * number, box, keypoints.astype(np.float32))


def of_clip(path: Path, pose: Path, detector: Path, frames: int) -> Analysis:
    """The people these networks find in the first frames of a clip."""
    from app.core.settings import Settings
    from app.pipeline import open_pipeline
    from app.sources import open_source

    pipeline = open_pipeline(Settings(pose=str(pose), detector=str(detector), device="cpu"))
    found, source = Analysis(pipeline.skeleton), open_source(str(path))
    while len(found) < frames and (frame := source.read()) is not None:
        found.add(pipeline.process(frame))
    source.close()
    return found

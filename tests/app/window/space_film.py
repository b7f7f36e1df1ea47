"""A video with a recording of two people in three dimensions, from true motions, so that no network runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from app.core.people import Floats, Frame, FramePoses, Person
from app.evaluate.motions import FPS, SIZE
from app.overlay import DrawStyle
from app.sinks import Header, open_sinks
from tests.app.overlay.space_people import people_in_space

FRAMES = 60
SMALL = 4
"""The pictures are this much smaller than those of the motions."""


def space_film(folder: Path, motions: Path, *, flat: bool = False) -> Path:
    """A video of gray in ``folder``, with a recording beside it; ``flat`` people have no third dimension."""
    film = folder / ("flat.mp4" if flat else "space.mp4")
    one, first = people_in_space(motions, "02_01", "oblique", 1)
    _, second = people_in_space(motions, "02_05", "front", 2)
    size = (SIZE[0] // SMALL, SIZE[1] // SMALL)
    head = Header(
        "0", size, FPS, one.motion.skeleton, "", "", "cpu", "cpu", live=True, notes={"lifter": "stance-lifter"}
    )
    sinks = open_sinks([film, film.with_suffix(".jsonl")], head, DrawStyle(skeleton=False, ids=False))
    for index in range(FRAMES):
        frame = Frame(index, index / FPS, np.full((size[1], size[0], 3), 60, np.uint8))
        people = tuple(_shrunk(track[index], shift, flat) for track, shift in ((first, -60.0), (second, 80.0)))
        for sink in sinks:
            sink.write(frame, FramePoses(index, index / FPS, people))
    for sink in sinks:
        sink.close()
    return film


def _shrunk(person: Person, shift: float, flat: bool) -> Person:
    keypoints: Floats = (person.keypoints / [SMALL, SMALL, 1]).astype(np.float32)
    keypoints[:, 0] += shift
    box = np.concatenate([keypoints[:, :2].min(axis=0), keypoints[:, :2].max(axis=0)])
    return replace(person, keypoints=keypoints, box=box, points_3d=None if flat else person.points_3d)

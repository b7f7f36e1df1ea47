"""Bodies whose bones have constant lengths, in motion: every file of them can be compared with where they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from app.analysis.scale import Scale
from app.core.people import FramePoses, Person
from app.core.skeleton import Skeleton, load_skeleton
from app.lifting.floor import pelvis_heights
from app.overlay import DrawStyle
from app.sinks import open_sinks
from tests.app.sinks.people import blank, header

Values = NDArray[np.float64]

FPS = 30.0
LOOK = DrawStyle(threshold=0.3)


def body_parts(skeleton: Skeleton) -> list[tuple[str, str, tuple[float, float, float]]]:
    """The parts of a body in a T-pose: name, the part that carries it, and the way from there in meters.

    Every name moves with its carrier; those that turn against it are joints.
    """
    parts: list[tuple[str, str, tuple[float, float, float]]] = [
        ("chest", "pelvis", (0, 0.5, 0)),
        ("skull", "chest", (0, 0.2, 0.02)),
        ("nose", "skull", (0, 0.0, 0.1)),
        ("head", "skull", (0, 0.14, 0.0)),
    ]
    for side, x in (("left", 1.0), ("right", -1.0)):
        parts += [
            (f"{side}_hip", "pelvis", (0.1 * x, 0, 0)),
            (f"{side}_knee", f"{side}_hip", (0, -0.43, 0)),
            (f"{side}_ankle", f"{side}_knee", (0, -0.42, 0)),
            (f"{side}_big_toe", f"{side}_ankle", (0, -0.07, 0.19)),
            (f"{side}_small_toe", f"{side}_ankle", (0.06 * x, -0.07, 0.16)),
            (f"{side}_heel", f"{side}_ankle", (0, -0.06, -0.05)),
            (f"{side}_shoulder", "chest", (0.18 * x, 0, 0)),
            (f"{side}_elbow", f"{side}_shoulder", (0.29 * x, 0, 0)),
            (f"{side}_wrist", f"{side}_elbow", (0.26 * x, 0, 0)),
            (f"{side}_ear", "skull", (0.07 * x, 0, 0)),
            (f"{side}_eye", "skull", (0.03 * x, 0.03, 0.08)),
        ]
        for across, finger in enumerate(("thumb", "forefinger", "middle_finger", "ring_finger", "pinky_finger")):
            base = (0.04 * x, 0, 0.03) if finger == "thumb" else (0.09 * x, 0, 0.045 - 0.02 * across)
            parts.append((f"{side}_{finger}1", f"{side}_wrist", base))
            parts += [(f"{side}_{finger}{n}", f"{side}_{finger}{n - 1}", (0.03 * x, 0, 0)) for n in (2, 3, 4)]
    return [part for part in parts if part[0] in skeleton.names or part[0] in ("chest", "skull")]


def moving(skeleton: Skeleton, frames: int, seed: int = 0) -> Values:
    """The keypoints (T, K, 3) of a body in smooth motion, in meters from the pelvis; NaN where it has no such part."""
    chance = np.random.default_rng(seed)
    times = np.arange(frames) / FPS

    def turning(size: float) -> Rotation:
        waves = chance.normal(0, size, (3, 1)) * np.sin(times * chance.uniform(1, 4, (3, 1)) + chance.random((3, 1)))
        return Rotation.from_rotvec(waves.T)

    places: dict[str, Values] = {"pelvis": np.zeros((frames, 3))}
    turns = {"pelvis": turning(0.7)}
    for name, carrier, way in body_parts(skeleton):
        places[name] = places[carrier] + turns[carrier].apply(way)
        turns[name] = turns[carrier] * turning(0.5)
    places |= {"hip": places["pelvis"], "neck": places["chest"]}
    unknown = np.full((frames, 3), np.nan)
    return np.stack([places.get(name, unknown) for name in skeleton.names], axis=1)


def in_frame(number: int, points: Values) -> Person:
    """The person with the id ``number`` whose keypoints are at ``points`` (K, 3) in meters, 100 pixels a meter."""
    known = np.isfinite(points).all(axis=1)
    space = np.column_stack([np.nan_to_num(points), 0.9 * known]).astype(np.float32)
    flat = np.column_stack([300 + 100 * space[:, 0], 300 - 100 * space[:, 1], 0.9 * known]).astype(np.float32)
    return Person(number, 0.9, np.array([200, 100, 400, 400], np.float32), flat, points_3d=space)


def write(
    path: Path,
    skeleton: str,
    people: Sequence[dict[int, Values]],
    scale: Scale | None = None,
    style: DrawStyle = LOOK,
) -> list[Path]:
    """Write the people of each frame, points by id, to ``path``; returns the files. Raises StanceError as sinks do."""
    head = replace(header(skeleton), fps=FPS, scale=scale)
    (sink,) = open_sinks([path], head, style)
    for index, points in enumerate(people):
        seen = tuple(in_frame(number, one) for number, one in points.items())
        sink.write(blank(index, index / FPS), FramePoses(index, index / FPS, seen))
    sink.close()
    sink.close()
    return list(sink.paths)


def over_floor(points: Values, skeleton: str = "halpe26", frames: Sequence[int] = ()) -> Values:
    """``points`` (T, K, 3) from the pelvis, moved as files do: to where the pelvis is over the floor.

    With ``frames`` the person is seen in these T frames of the run only, and ``points`` are those of all.
    """
    points = points[list(frames)] if frames else points
    times_s = np.array(frames or range(len(points))) / FPS
    people = [in_frame(1, one) for one in points]
    space = np.stack([person.points_3d for person in people if person.points_3d is not None])
    flat = np.stack([person.keypoints for person in people])
    heights = pelvis_heights(times_s, space, load_skeleton(skeleton), flat)
    moved = points.copy()
    moved[..., 1] += heights[:, None]
    return moved

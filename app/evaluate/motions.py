"""True 3-D motions, filmed by made cameras with the noise of a pose network: what measurements are compared with.

Motions have the form of ``cmu60.npz``: joints of the CMU Graphics Lab Motion Capture Database at 60 Hz, in millimetres,
y up, by the names of its skeleton.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.message import foreign
from app.core.people import Floats
from app.core.skeleton import Skeleton, load_skeleton

Values = NDArray[np.float64]
View = Literal["side", "oblique", "front"]
VIEWS: tuple[View, ...] = get_args(View)

FPS = 60.0
"""Frames per second of the motions."""
SIZE = (1920, 1080)
"""Width and height of the pictures, in pixels."""
FOCAL = 1400.0
"""Focal length in pixels: 69 degrees across the picture."""
MIN_DISTANCE_M, MAX_DISTANCE_M = 2.0, 8.0
OBLIQUE_DEGREES = 30.0
MARGIN = 0.06
"""Part of the picture that is kept free at each edge."""
PATH_M = 1.0
"""A motion whose path is at least this long moves in the direction of its path, another one as the body faces."""
IN_PLANE = 0.5
"""Smallest cosine between the body's forward direction and the plane of motion at which angles have a meaning there."""

NOISE = 0.01
"""Standard deviation of keypoints, as a fraction of the person's height in the picture."""
MISSING = 0.02
"""Fraction of the keypoints that are not found."""
MISSING_SCORES = (0.02, 0.2)
"""Lowest and highest score of these."""
SWAP_EVERY_S = 2.5
"""Mean time between two swaps of the legs."""
SWAP_FRAMES = (1, 12)
"""Shortest and longest swap, in frames."""

SIDES = ("left", "right")
LEG = ("hip", "knee", "ankle", "big_toe", "small_toe", "heel")
JOINTS = {"hip": "hipjoint", "knee": "femur", "ankle": "tibia", "shoulder": "clavicle", "elbow": "humerus"}
"""Keypoints that are joints of the motion; these names are preceded by l or r."""
NEEDED = tuple(side[0] + name for side in SIDES for name in (*JOINTS.values(), "radius", "foot", "toes"))


@dataclass(frozen=True, slots=True)
class Motion:
    """A motion of T frames: ``points`` (T, K, 3) are the keypoints of ``skeleton`` in metres, y up.

    ``forward`` (T, 3) is the direction in which the body faces, horizontal; ``direction`` (3,) that of the motion.
    """

    name: str
    skeleton: Skeleton
    points: Values
    forward: Values
    direction: Values

    @property
    def times_s(self) -> Values:
        """Time of each frame (T,), in seconds."""
        return np.arange(len(self.points)) / FPS

    @property
    def height_m(self) -> float:
        """Body height in metres: the sum of the body's parts, so that it does not depend on the posture."""
        part = {name: self.points[:, row] for row, name in enumerate(self.skeleton.names)}
        chain = ("head", "neck", "hip")
        trunk = sum(float(np.median(np.linalg.norm(part[a] - part[b], axis=1))) for a, b in pairwise(chain))
        legs = [
            np.median(np.linalg.norm(part[f"{side}_{a}"] - part[f"{side}_{b}"], axis=1))
            for side in SIDES
            for a, b in (("hip", "knee"), ("knee", "ankle"), ("ankle", "heel"))
        ]
        return trunk + float(np.sum(legs)) / 2

    @property
    def in_plane(self) -> NDArray[np.bool_]:
        """The frames (T,) in which the body faces along the plane of motion."""
        return np.abs(self.forward @ self.direction) >= IN_PLANE

    def in_plane_of_motion(self) -> Floats:
        """The keypoints (T, K, 3), x y score, in the plane of motion: metres along ``direction``, and down."""
        return np.stack(
            [self.points @ self.direction, -self.points[..., 1], np.ones(self.points.shape[:2])], axis=-1
        ).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera: ``position`` (3,) in metres, ``axes`` (3, 3) are right, down and forward."""

    position: Values
    axes: Values

    def project(self, points: Values) -> Values:
        """Pixels (..., 2) of ``points`` (..., 3)."""
        seen = (points - self.position) @ self.axes.T
        return FOCAL * seen[..., :2] / seen[..., 2:] + np.array(SIZE) / 2


@dataclass(frozen=True, slots=True)
class Filmed:
    """A motion in the pictures of a camera.

    ``truth`` (T, K, 2) are exact pixels, ``keypoints`` (T, K, 3) x y score as a network would find them. ``swapped``
    (T,): the frames in which the legs are swapped. ``facing`` (T,) is the truth: how far the body faces to the right of
    the picture, from -1 (left) through 0 (the camera, or away from it) to 1.
    """

    motion: Motion
    view: View
    camera: Camera
    truth: Values
    keypoints: Floats
    swapped: NDArray[np.bool_]
    facing: Values

    @property
    def height_px(self) -> float:
        """The person's height in pixels, at the mean distance."""
        depth = (self.motion.points.mean(1) - self.camera.position) @ self.camera.axes[2]
        return float(self.motion.height_m * FOCAL / depth.mean())

    @property
    def with_own_legs(self) -> Floats:
        """The ``keypoints`` (T, K, 3) without the swaps of the legs."""
        names = self.motion.skeleton.names
        left, right = ([names.index(f"{side}_{part}") for part in LEG] for side in SIDES)
        keypoints = self.keypoints.copy()
        keypoints[:, left + right] = np.where(
            self.swapped[:, None, None], self.keypoints[:, right + left], self.keypoints[:, left + right]
        )
        return keypoints


def load_motions(path: Path) -> list[Motion]:
    """All motions of the file ``path``.

    Raises StanceError if it is not a file of motions.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except OSError as error:
        raise StanceError("{path} cannot be read: {reason}.", path=path, reason=foreign(error.strerror)) from None
    except (ValueError, EOFError, RuntimeError, NotImplementedError, BadZipFile, zlib.error):
        raise StanceError(
            "{file} is no .npz file of motions, or is damaged: wanted an array (frames, J, 3) in millimetres for each.",
            file=path.name,
        ) from None
    names = [str(name) for name in arrays.pop("names", ())]
    missing = [name for name in (*NEEDED, "head", "upperneck") if name not in names]
    shapes_fit = all(a.ndim == 3 and a.shape[1:] == (len(names), 3) and len(a) > 1 for a in arrays.values())
    if missing or not arrays or not shapes_fit:
        raise StanceError(
            "{file} has no motions: wanted the array 'names' (J) with the joints of the CMU skeleton, and an array"
            " (frames, J, 3) in millimetres for each motion.",
            file=path.name,
        )
    rows = {name: row for row, name in enumerate(names)}
    return [_motion(name, array.astype(np.float64) / 1000, rows) for name, array in sorted(arrays.items())]


def film(motion: Motion, view: View, seed: int = 0) -> Filmed:
    """``motion`` as a fixed camera sees it, which has the whole motion in its picture where 8 m suffice.

    ``seed`` decides which side the camera is on, its height and distance, and the noise.
    """
    chance = np.random.default_rng([seed, *motion.name.encode()])
    camera = _camera(motion, view, chance)
    truth = camera.project(motion.points)
    height_px = motion.height_m * FOCAL / ((motion.points.mean(1) - camera.position) @ camera.axes[2])
    frames, count = truth.shape[:2]
    pixels = truth + chance.normal(0, 1, truth.shape) * (NOISE * height_px)[:, None, None]
    scores = np.clip(chance.normal(0.85, 0.07, (frames, count)), 0.5, 1.0)
    missing = chance.random((frames, count)) < MISSING
    pixels[missing] += (chance.normal(0, 0.15, truth.shape) * height_px[:, None, None])[missing]
    scores[missing] = chance.uniform(*MISSING_SCORES, int(missing.sum()))
    keypoints = np.concatenate([pixels, scores[..., None]], axis=-1).astype(np.float32)
    swapped = _swaps(frames, chance)
    names = motion.skeleton.names
    left, right = ([names.index(f"{side}_{part}") for part in LEG] for side in SIDES)
    keypoints[:, left + right] = np.where(
        swapped[:, None, None], keypoints[:, right + left], keypoints[:, left + right]
    )
    return Filmed(motion, view, camera, truth, keypoints, swapped, motion.forward @ camera.axes[0])


def _motion(name: str, joints: Values, rows: dict[str, int]) -> Motion:
    skeleton = load_skeleton("halpe26")
    part: dict[str, Values] = {}
    for side in SIDES:
        for keypoint, joint in JOINTS.items():
            part[f"{side}_{keypoint}"] = joints[:, rows[side[0] + joint]]
        part[f"{side}_wrist"] = joints[:, rows[side[0] + "radius"]]
    part["hip"] = (part["left_hip"] + part["right_hip"]) / 2
    part["neck"] = (part["left_shoulder"] + part["right_shoulder"]) / 2
    part["head"] = joints[:, rows["head"]]
    across = part["left_hip"] - part["right_hip"] + part["left_shoulder"] - part["right_shoulder"]
    forward = _unit(np.cross(across, [0.0, 1.0, 0.0]))
    left = _unit(np.cross([0.0, 1.0, 0.0], forward))
    middle, up = (joints[:, rows["upperneck"]] + part["head"]) / 2, _unit(part["head"] - part["neck"])
    part["nose"] = middle + 0.1 * forward
    for side, sign in (("left", 1.0), ("right", -1.0)):
        part[f"{side}_eye"] = middle + 0.08 * forward + sign * 0.03 * left + 0.03 * up
        part[f"{side}_ear"] = middle + sign * 0.075 * left
        ankle, ball, toes = (joints[:, rows[side[0] + joint]] for joint in ("tibia", "foot", "toes"))
        part[f"{side}_heel"] = _heel(ankle, ball, left)
        part[f"{side}_big_toe"] = toes - sign * 0.02 * left
        part[f"{side}_small_toe"] = (ball + toes) / 2 + sign * 0.04 * left
    points = np.stack([part[name] for name in skeleton.names], axis=1)
    return Motion(name, skeleton, points, forward, _direction(part["hip"], forward))


def _heel(ankle: Values, ball: Values, left: Values) -> Values:
    """The heel (T, 3): behind and below the ankle of a foot whose sole is flat where the ankle is low."""
    along = ball - ankle
    low = ankle[:, 1] <= np.quantile(ankle[:, 1], 0.2)
    slope = float(np.median(np.arctan2(-along[low, 1], np.hypot(along[low, 0], along[low, 2]))))
    axis = _unit(left)
    forward = _unit(along - axis * (along * axis).sum(1, keepdims=True))
    upward = _unit(np.cross(forward, axis))
    sole = np.cos(slope) * forward + np.sin(slope) * upward
    normal = np.cos(slope) * upward - np.sin(slope) * forward
    return ankle - 0.05 * sole - 0.06 * normal


def _direction(root: Values, forward: Values) -> Values:
    """The horizontal direction of a motion (3,): of its path, or where that is short, of the body."""
    flat = root * [1, 0, 1]
    extent = np.ptp(flat, axis=0)
    if np.hypot(extent[0], extent[2]) >= PATH_M:
        _, _, axes = np.linalg.svd(flat - flat.mean(0), full_matrices=False)
        direction = axes[0]
    else:
        direction = forward.mean(0) if np.linalg.norm(forward.mean(0)) > 0.1 else forward[0]
    direction = direction * [1, 0, 1]
    direction /= np.linalg.norm(direction)
    return np.asarray(direction if (forward @ direction).mean() >= 0 else -direction)


def _camera(motion: Motion, view: View, chance: np.random.Generator) -> Camera:
    """A camera that looks at the middle of the motion, level, from the nearest distance at which all of it is seen."""
    side = 1.0 if chance.random() < 0.5 else -1.0
    turn = {"side": 0.0, "oblique": float(chance.choice([-1, 1])) * OBLIQUE_DEGREES, "front": 90.0}[view]
    angle = np.radians(turn)
    across = np.cross(motion.direction, [0.0, 1.0, 0.0]) * side
    away = np.cos(angle) * across + np.sin(angle) * motion.direction
    low, high = motion.points.min((0, 1)), motion.points.max((0, 1))
    aim = (low + high) / 2
    height = float(chance.uniform(0.9, 1.3)) + low[1]
    axes = np.stack([np.cross(-away, [0.0, 1.0, 0.0]), [0.0, -1.0, 0.0], -away])
    spare = float(chance.uniform(1.0, 1.2))
    for distance in np.arange(MIN_DISTANCE_M, MAX_DISTANCE_M, 0.1):
        camera = Camera(aim * [1, 0, 1] + [0, height, 0] + away * distance, axes)
        if _sees_all(camera, motion):
            break
    distance = min(float(distance) * spare, MAX_DISTANCE_M)
    return Camera(aim * [1, 0, 1] + [0, height, 0] + away * distance, axes)


def _sees_all(camera: Camera, motion: Motion) -> bool:
    if ((motion.points - camera.position) @ camera.axes[2]).min() < 0.5:
        return False
    seen = camera.project(motion.points) / SIZE
    return bool(((seen >= MARGIN) & (seen <= 1 - MARGIN)).all())


def _swaps(frames: int, chance: np.random.Generator) -> NDArray[np.bool_]:
    """The frames (T,) in which the legs are swapped: a few stretches at random times."""
    swapped = np.zeros(frames, bool)
    at = 0
    while True:
        at += int(chance.exponential(SWAP_EVERY_S) * FPS) + 10
        length = int(chance.integers(SWAP_FRAMES[0], SWAP_FRAMES[1] + 1))
        if at + length >= frames - 5:
            return swapped
        swapped[at : at + length] = True
        at += length


def _unit(vectors: Values) -> Values:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9))

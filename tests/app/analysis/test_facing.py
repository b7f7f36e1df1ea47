"""Which way a person faces is found from the whole body and over time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.analysis.facing import CAMERA, LEFT, RIGHT, Facing, LiveFacing, facing_of
from app.core.people import Floats
from app.core.skeleton import Skeleton, load_skeleton, plain_skeleton
from app.evaluate.motion_angles import compare_angles, joint_angles
from app.evaluate.motions import film, load_motions

HALPE, COCO = load_skeleton("halpe26"), load_skeleton("coco17")
FPS = 30
BODY = {
    "nose": (0.12, 0.0, 1.60), "eye": (0.10, 0.03, 1.63), "ear": (0.02, 0.075, 1.62), "head": (0.02, 0.0, 1.75),
    "shoulder": (0.0, 0.18, 1.42), "elbow": (0.0, 0.20, 1.12), "wrist": (0.05, 0.20, 0.86), "hip": (0.0, 0.10, 0.93),
    "knee": (0.06, 0.10, 0.50), "ankle": (0.0, 0.10, 0.08), "heel": (-0.05, 0.10, 0.0), "neck": (0.0, 0.0, 1.42),
    "big_toe": (0.18, 0.09, 0.0), "small_toe": (0.15, 0.13, 0.0),
}  # fmt: skip
"""Keypoints of a standing body in metres: forward, to its left, up."""


def body(degrees: NDArray[np.float64], skeleton: Skeleton = HALPE, noise: float = 2.0) -> Floats:
    """Keypoints (T, K, 3) of a body 350 pixels high; 0 ``degrees`` (T,) faces right, 90 the camera, 180 left."""
    forward, to_left = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    found = np.ones((len(degrees), len(skeleton.names), 3), np.float32)
    for row, name in enumerate(skeleton.names):
        x, y, up = BODY[name.removeprefix("left_").removeprefix("right_")]
        y = -y if name.startswith("right_") else y
        found[:, row, 0] = 500 + 200 * (x * forward + y * to_left)
        found[:, row, 1] = 600 - 200 * up
    found[..., :2] += np.random.default_rng(1).normal(0, noise, found[..., :2].shape)
    return found


def both(keypoints: Floats, skeleton: Skeleton = HALPE) -> tuple[Facing, Facing]:
    """The result over the clip, and the live one."""
    times_s = np.arange(len(keypoints)) / FPS
    live = LiveFacing(skeleton)
    now = [live.update(float(time_s), frame) for time_s, frame in zip(times_s, keypoints, strict=True)]
    return facing_of(times_s, keypoints, skeleton), np.array(now, np.int8)


@pytest.mark.parametrize("skeleton", [HALPE, COCO], ids=["halpe26", "coco17"])
@pytest.mark.parametrize(
    ("degrees", "expected"),
    [(0, RIGHT), (35, RIGHT), (-35, RIGHT), (90, CAMERA), (-90, CAMERA), (145, LEFT), (180, LEFT)],
)
def test_each_direction_is_found(skeleton: Skeleton, degrees: float, expected: int) -> None:
    clip, live = both(body(np.full(60, float(degrees)), skeleton), skeleton)
    assert (clip == expected).all()
    assert (live[10:] == expected).all()


@pytest.mark.parametrize("turn_s", [0.2, 0.8])
def test_a_turn_is_found_within_a_third_of_a_second(turn_s: float) -> None:
    times_s = np.arange(120) / FPS
    clip, live = both(body(np.clip((times_s - 2) / turn_s, 0, 1) * 180))
    over = 2 + turn_s
    for found in (clip, live):
        assert (found[times_s < 2] == RIGHT).all()
        assert (found[times_s > over + 0.3] == LEFT).all()
    assert np.abs(times_s[clip == LEFT][0] - (2 + turn_s * 2 / 3)) < 0.3


def test_feet_in_the_air_and_swapped_keypoints_do_not_turn_a_person() -> None:
    keypoints = body(np.zeros(90))
    toes, heels = ([HALPE.names.index(f"{side}_{part}") for side in ("left", "right")] for part in ("big_toe", "heel"))
    keypoints[20:40, toes + heels] = keypoints[20:40, heels + toes]  # as of a runner's lifted feet
    left, right = ([HALPE.names.index(f"{side}_{part}") for part in ("hip", "knee")] for side in ("left", "right"))
    keypoints[50:60, left + right] = keypoints[50:60, right + left]
    clip, live = both(keypoints)
    assert (clip == RIGHT).all()
    assert (live == RIGHT).all()


def test_a_person_walks_the_way_they_face_if_nothing_else_is_seen() -> None:
    keypoints = body(np.full(60, 180.0), COCO)
    keypoints[..., 0] -= np.arange(60)[:, None] * 8
    trunk = [COCO.names.index(f"{side}_{part}") for side in ("left", "right") for part in ("hip", "shoulder")]
    keypoints[:, [row for row in range(17) if row not in trunk], 2] = 0
    clip, live = both(keypoints, COCO)
    assert (clip == LEFT).all()
    assert (live[20:] == LEFT).all()


def test_without_evidence_a_person_faces_right() -> None:
    unseen = body(np.full(5, 180.0))
    unseen[..., 2] = 0
    for keypoints, skeleton in ((unseen, HALPE), (np.zeros((5, 4, 3), np.float32), plain_skeleton(4))):
        assert [found.tolist() for found in both(keypoints, skeleton)] == [[RIGHT] * 5] * 2
    assert facing_of(np.empty(0), unseen[:0], HALPE).shape == (0,)


def test_uneven_times_and_long_absences() -> None:
    degrees = np.repeat([0.0, 180.0], 40)
    times_s = np.sort(np.random.default_rng(0).uniform(0, 3, 40))
    times_s = np.concatenate([times_s, times_s + 60])
    found = facing_of(times_s, body(degrees), HALPE)
    assert found.tolist() == [RIGHT] * 40 + [LEFT] * 40


@pytest.mark.slow
@pytest.mark.parametrize("view", ["side", "oblique"])
def test_true_motions_are_faced_as_they_are(shared: Path, view: str) -> None:
    shown = []
    for motion in load_motions(shared / "mocap" / "cmu60.npz"):
        filmed = film(motion, view)  # type: ignore[arg-type]
        found = facing_of(motion.times_s, filmed.keypoints, motion.skeleton)
        clear = np.abs(filmed.facing) > 0.7
        assert (found * np.sign(filmed.facing) < 0)[clear].mean() < 0.005, motion.name
        figures = compare_angles(motion, joint_angles(filmed.keypoints, motion.skeleton, found))
        shown.append(figures.shown)
    assert min(shown) > 0.4  # in a climb with turns many parts of the body point at the camera
    assert np.mean(shown) > 0.8

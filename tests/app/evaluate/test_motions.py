"""Motions filmed by made cameras: what they show is what the motion is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.core.errors import StanceError
from app.evaluate.motions import NEEDED, SIZE, Motion, film, load_motions


def walk(path: Path) -> Path:
    """A file with one motion: a body that glides 3 m along z in 2 s, its left side towards positive x."""
    names = ("root", *NEEDED, "upperneck", "head")
    heights = {"hipjoint": 900, "femur": 480, "tibia": 80, "foot": 20, "toes": 20, "clavicle": 1400, "humerus": 1100}
    joints = np.zeros((120, len(names), 3))
    for row, name in enumerate(names):
        joints[:, row, 1] = heights.get(name[1:], {"root": 950, "upperneck": 1500, "head": 1650}.get(name, 850))
        joints[:, row, 0] = {"l": 120, "r": -120}[name[0]] if name in NEEDED else 0
        joints[:, row, 2] = {"foot": 120, "toes": 180}.get(name[1:], 0) + np.linspace(0, 3000, 120)
    np.savez(path, names=np.array(names), glide=joints.astype(np.int16))
    return path


@pytest.fixture
def motion(tmp_path: Path) -> Motion:
    return load_motions(walk(tmp_path / "walk.npz"))[0]


def test_body_faces_and_moves_forward(motion: Motion) -> None:
    assert motion.forward == pytest.approx(np.tile([0, 0, 1], (120, 1)))
    assert motion.direction == pytest.approx([0, 0, 1])
    assert motion.in_plane.all()


def test_heel_is_behind_the_ankle_on_the_floor(motion: Motion) -> None:
    heel, ankle = (motion.points[0, motion.skeleton.names.index(f"left_{part}")] for part in ("heel", "ankle"))
    assert heel[2] == pytest.approx(ankle[2] - 0.05, abs=0.005)
    assert heel[1] == pytest.approx(0.02, abs=0.005)


@pytest.mark.parametrize(("view", "facing"), [("side", 1.0), ("oblique", 0.866), ("front", 0.0)])
def test_camera_sees_the_whole_motion_from_its_side(motion: Motion, view: str, facing: float) -> None:
    filmed = film(motion, view)  # type: ignore[arg-type]
    assert ((filmed.truth > 0) & (filmed.truth < SIZE)).all()
    assert np.abs(filmed.facing) == pytest.approx(np.full(120, facing), abs=0.01)
    head, heel = (filmed.truth[60, motion.skeleton.names.index(name), 1] for name in ("head", "left_heel"))
    assert heel > head  # y is down


def test_noise_is_as_stated(motion: Motion) -> None:
    filmed = film(motion, "side")
    found = filmed.keypoints[..., 2] >= 0.3
    legs_are_right = found & ~filmed.swapped[:, None]
    error = (filmed.keypoints[..., :2] - filmed.truth)[legs_are_right]
    assert error.std() == pytest.approx(0.01 * filmed.height_px, rel=0.1)
    assert 1 - found.mean() == pytest.approx(0.02, abs=0.01)


def test_swapped_legs_are_those_of_the_other_side(motion: Motion) -> None:
    filmed = next(made for seed in range(20) if (made := film(motion, "front", seed)).swapped.any())
    left, right = (motion.skeleton.names.index(f"{side}_knee") for side in ("left", "right"))
    frame = int(np.flatnonzero(filmed.swapped)[0])
    other = np.linalg.norm(filmed.keypoints[frame, left, :2] - filmed.truth[frame, right])
    assert other < 0.06 * filmed.height_px or filmed.keypoints[frame, left, 2] < 0.3


def test_film_of_the_same_seed_is_the_same(motion: Motion) -> None:
    assert np.array_equal(film(motion, "side", 3).keypoints, film(motion, "side", 3).keypoints)
    assert not np.array_equal(film(motion, "side", 3).keypoints, film(motion, "side", 4).keypoints)


def test_other_files_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.npz"
    text.write_text("This is no archive.")
    with pytest.raises(StanceError, match=r"text\.npz is no \.npz file of motions"):
        load_motions(text)
    (tmp_path / "cut.npz").write_bytes(b"PK\x03\x04 and nothing else")
    with pytest.raises(StanceError, match=r"cut\.npz is no \.npz file of motions, or is damaged: wanted"):
        load_motions(tmp_path / "cut.npz")
    with pytest.raises(StanceError, match=r"gone\.npz cannot be read: No such file"):
        load_motions(tmp_path / "gone.npz")
    np.savez(tmp_path / "other.npz", names=np.array(["root"]), walk=np.zeros((5, 1, 3)))
    with pytest.raises(StanceError, match=r"other\.npz has no motions: wanted"):
        load_motions(tmp_path / "other.npz")

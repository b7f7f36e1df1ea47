"""Angles in space, compared with those in the plane of true motions and with made positions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.analysis.angles import angle_names, angles
from app.analysis.space_angles import space_angles
from app.core.people import Floats
from app.core.skeleton import load_skeleton
from tests.app.analysis.mocap import filmed

HALPE = load_skeleton("halpe26")


def standing(**moved: tuple[float, float, float]) -> Floats:
    """One frame (1, K, 4) of a body that stands and faces the camera; ``moved`` places keypoints, in meters."""
    places: dict[str, tuple[float, float, float]] = {
        "hip": (0, 0, 0),
        "neck": (0, 0.5, 0),
        "head": (0, 0.75, 0),
        "nose": (0, 0.65, 0.1),
    }
    for side, sign in (("left", 1.0), ("right", -1.0)):
        places |= {
            f"{side}_hip": (sign * 0.1, 0, 0),
            f"{side}_knee": (sign * 0.1, -0.45, 0),
            f"{side}_ankle": (sign * 0.1, -0.9, 0),
            f"{side}_heel": (sign * 0.1, -0.95, -0.06),
            f"{side}_big_toe": (sign * 0.1, -0.95, 0.16),
            f"{side}_small_toe": (sign * 0.13, -0.95, 0.14),
            f"{side}_shoulder": (sign * 0.2, 0.5, 0),
            f"{side}_elbow": (sign * 0.2, 0.2, 0),
            f"{side}_wrist": (sign * 0.2, -0.05, 0),
            f"{side}_eye": (sign * 0.03, 0.68, 0.08),
            f"{side}_ear": (sign * 0.07, 0.66, 0),
        }
    places |= moved
    return np.array([[(*places[name], 0.9) for name in HALPE.names]], np.float32)


def angle_of(points: Floats, name: str) -> float:
    return float(space_angles(points, HALPE, (name,))[0, 0])


@pytest.mark.parametrize("name", ["ankle", "knee", "hip", "shoulder", "elbow"])
def test_a_standing_body_is_at_zero(name: str) -> None:
    assert angle_of(standing(), f"left {name}") == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "moved", "degrees"),
    [
        ("left knee", {"left_ankle": (0.1, -0.45, -0.45)}, 90),  # bent away from the camera: nothing in the picture
        ("left hip", {"left_knee": (0.1, 0, 0.45)}, 90),
        ("left hip", {"left_knee": (0.55, 0, 0)}, 90),  # to the side: as far from the line of the trunk
        ("right elbow", {"right_wrist": (-0.2, 0.2, 0.25)}, 90),
        ("right shoulder", {"right_elbow": (-0.2, 0.5, 0.3)}, 90),
        ("left thigh", {}, -90),
        ("left thigh", {"left_knee": (0.1, 0.0, 0.45)}, 0),
        ("left forearm", {"left_wrist": (0.2, 0.4, 0.2)}, 45),
        ("trunk", {"neck": (0, 0.5, 0.5)}, 45),
        ("pelvis", {"left_hip": (0.1, 0.1, 0), "right_hip": (-0.1, -0.1, 0)}, 45),
        ("pelvis", {"left_hip": (0, 0.1, -0.1), "right_hip": (0, -0.1, 0.1)}, 45),  # seen from the side
    ],
)
def test_parts_that_point_at_the_camera_are_measured(
    name: str, moved: dict[str, tuple[float, float, float]], degrees: float
) -> None:
    assert angle_of(standing(**moved), name) == pytest.approx(degrees, abs=1e-3)


def test_joints_bend_in_space_as_they_do_in_the_plane_of_a_walk(shared: Path) -> None:
    motion = filmed(shared / "mocap" / "cmu60.npz", "02_01").motion
    points = np.concatenate([motion.points, np.ones((*motion.points.shape[:2], 1))], axis=-1).astype(np.float32)
    names = ("right ankle", "left ankle", "right knee", "left knee", "right elbow", "left elbow")
    flat = angles(motion.in_plane_of_motion(), HALPE, names, np.ones(len(points), np.int8))
    difference = np.abs(space_angles(points, HALPE, names) - flat)
    assert np.median(difference, axis=0).max() < 2
    assert flat[:, 2:4].max() > 60


def test_the_direction_of_view_makes_no_difference(shared: Path) -> None:
    motion = filmed(shared / "mocap" / "cmu60.npz", "02_05").motion
    points = np.concatenate([motion.points, np.ones((*motion.points.shape[:2], 1))], axis=-1).astype(np.float32)
    turned, angle = points.copy(), np.radians(70)
    turned[..., [0, 2]] = points[..., [0, 2]] @ [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    names = angle_names(HALPE)
    np.testing.assert_allclose(space_angles(turned, HALPE, names), space_angles(points, HALPE, names), atol=0.05)


def test_what_is_not_seen_is_unknown() -> None:
    points = standing()
    points[0, HALPE.names.index("left_knee"), 3] = 0.1
    assert np.isnan(angle_of(points, "left knee"))
    assert np.isnan(angle_of(points, "left thigh"))
    assert not np.isnan(angle_of(points, "right knee"))
    assert np.isnan(angle_of(points, "left wrist"))  # a skeleton without hands
    assert np.isnan(angle_of(standing(left_knee=(0.1, 0, 0)), "left hip"))  # no length, no direction

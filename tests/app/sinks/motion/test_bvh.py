"""BVH, read back by bvhio and turned into positions again."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import FramePoses
from app.core.skeleton import load_skeleton
from app.evaluate.motions import load_motions
from app.overlay import DrawStyle
from app.sinks import open_sinks
from tests.app.sinks.motion.moving_body import FPS, Values, moving, over_floor, write
from tests.app.sinks.people import blank, header, person, poses

PLACES = {
    "Hips": ("left_hip", "right_hip"),
    "Spine2": ("left_shoulder", "right_shoulder"),
    "Head": ("left_ear", "right_ear"),
    **{
        f"{side}{joint}": (f"{side.lower()}_{name}",)
        for side in ("Left", "Right")
        for joint, name in {
            "UpLeg": "hip",
            "Leg": "knee",
            "Foot": "ankle",
            "Arm": "shoulder",
            "ForeArm": "elbow",
            "Hand": "wrist",
            "HandThumb3": "thumb3",
            "HandIndex1": "forefinger1",
            "HandPinky3": "pinky_finger3",
        }.items()
    },
}
"""The keypoints in whose middle a joint lies."""


def read(path: Path) -> Any:
    return pytest.importorskip("bvhio").readAsHierarchy(str(path))


def positions(root: Any, frame: int) -> dict[str, Values]:
    """The place of each joint of the body in the world in a frame, in meters."""
    root.loadPose(frame)
    return {joint.Name: np.array(joint.PositionWorld, float) / 100 for joint, _, _ in root.layout()}


def expected(points: Values, skeleton: str) -> dict[str, Values]:
    """Where the joints lie (T, 3) for keypoints ``points`` (T, K, 3)."""
    names = load_skeleton(skeleton).names
    return {
        joint: points[:, [names.index(name) for name in places]].mean(axis=1)
        for joint, places in PLACES.items()
        if all(name in names for name in places)
    }


@pytest.mark.parametrize("skeleton", ["halpe26", "wholebody133", "coco17"])
def test_bvhio_finds_the_joints_where_they_were(tmp_path: Path, skeleton: str) -> None:
    points = moving(load_skeleton(skeleton), 40)
    (path,) = write(tmp_path / "out.bvh", skeleton, [{1: one} for one in points])
    body, wanted = read(path), expected(over_floor(points, skeleton), skeleton)
    assert len(wanted) == {"halpe26": 15, "coco17": 15, "wholebody133": 21}[skeleton]
    assert f"Frame Time: {1 / FPS:.8f}\n" in path.read_text()
    for frame in (0, 17, 39):
        found = positions(body, frame)
        for joint, places in wanted.items():
            np.testing.assert_allclose(found[joint], places[frame], atol=0.001, err_msg=joint)


TOLD = {
    "ForeArm": (("wrist", "elbow"), ("forefinger1", "pinky_finger1"), (0, 0, 1)),
    "Arm": (("elbow", "shoulder"), ("wrist", "elbow"), (0, 0, 1)),
    "UpLeg": (("knee", "hip"), ("ankle", "knee"), (0, 0, -1)),
    "Leg": (("ankle", "knee"), ("big_toe", "heel"), (0, 0, 1)),
    "Foot": (("big_toe", "ankle"), ("small_toe", "big_toe"), (1, 0, 0)),
}
"""For each bone the keypoints at its end and start, those of the line that tells its twist, and where that leans."""


@pytest.mark.parametrize("skeleton", ["halpe26", "wholebody133"])
@pytest.mark.parametrize("side", ["Left", "Right"])
def test_limbs_turn_around_themselves_as_the_body_did(tmp_path: Path, skeleton: str, side: str) -> None:
    """Bones of the file, turned by a reader, lean where joints bend and where knuckles and toes were."""
    glm = pytest.importorskip("glm")
    names = load_skeleton(skeleton).names
    points = moving(load_skeleton(skeleton), 40)
    (path,) = write(tmp_path / "out.bvh", skeleton, [{1: one} for one in points])
    body, compared = read(path), 0
    for frame in range(0, 40, 3):
        body.loadPose(frame)
        joints = {joint.Name: joint for joint, _, _ in body.layout()}
        for bone, (ends, line, direction) in TOLD.items():
            if not all(f"{side.lower()}_{name}" in names for name in (*ends, *line)):
                continue
            places = {name: points[frame, names.index(f"{side.lower()}_{name}")] for name in (*ends, *line)}
            axis, told = (places[one] - places[two] for one, two in (ends, line))
            axis /= np.linalg.norm(axis)
            told /= np.linalg.norm(told)
            turned = [direction[0] * (1 if side == "Left" else -1), *direction[1:]]
            leans = np.array(joints[f"{side}{bone}"].RotationWorld * glm.vec3(turned))
            flat = [one - axis * (axis @ one) for one in (leans, told)]
            if np.linalg.norm(flat[1]) < 0.35:
                continue  # a joint that is almost straight
            cosine = flat[0] @ flat[1] / np.linalg.norm(flat[0]) / np.linalg.norm(flat[1])
            assert cosine > np.cos(np.radians(0.5)), (bone, frame)
            compared += 1
    assert compared >= 30


@pytest.mark.parametrize("name", ["01_01", "02_05", "03_01"])
def test_true_motions_come_back_except_for_changes_of_bone_lengths(tmp_path: Path, shared: Path, name: str) -> None:
    motions = {motion.name: motion for motion in load_motions(shared / "mocap" / "cmu60.npz")}
    points = motions[name].points[:200]
    points = points - points[:, [19]]
    (path,) = write(tmp_path / "out.bvh", "halpe26", [{1: one} for one in points])
    body, wanted = read(path), expected(over_floor(points), "halpe26")
    for chain in (("Hips", "LeftUpLeg", "LeftLeg", "LeftFoot"), ("Hips", "Spine2", "RightArm", "RightForeArm")):
        lengths = [np.linalg.norm(wanted[one] - wanted[two], axis=1) for one, two in pairwise(chain)]
        change = np.cumsum([np.abs(one - np.median(one)) for one in lengths], axis=0)
        for frame in (0, 60, 199):
            found = positions(body, frame)
            for number, joint in enumerate(chain[1:]):
                distance = np.linalg.norm(found[joint] - wanted[joint][frame])
                assert distance <= 0.001 + change[number][frame], (joint, frame)


def test_people_have_a_file_each_that_begins_with_the_run(tmp_path: Path) -> None:
    skeleton = load_skeleton("halpe26")
    first, second = moving(skeleton, 30), moving(skeleton, 30, seed=5)
    frames: list[dict[int, Values]] = [
        ({1: first[k]} if k < 20 else {}) | ({2: second[k]} if 10 <= k < 15 or k >= 18 else {}) for k in range(30)
    ]
    style = DrawStyle(threshold=0.3, names={2: "Anna"})
    paths = write(tmp_path / "out.bvh", "halpe26", frames, style=style)
    assert [path.name for path in paths] == ["out_person1.bvh", "out.Anna.bvh"]
    assert "Frames: 20\n" in paths[0].read_text()  # until the person is seen last
    anna = read(paths[1])
    wanted = expected(over_floor(second, frames=[*range(10, 15), *range(18, 30)]), "halpe26")["LeftHand"]
    for frame, row in ((0, 0), (9, 0), (10, 0), (14, 4), (16, 4), (18, 5), (29, 16)):  # before, and away in between
        np.testing.assert_allclose(positions(anna, frame)["LeftHand"], wanted[row], atol=0.001)


def test_a_keypoint_that_is_not_seen_keeps_its_bone_as_it_was(tmp_path: Path) -> None:
    skeleton = load_skeleton("halpe26")
    points = moving(skeleton, 12)
    elbow, wrist = (skeleton.names.index(f"left_{name}") for name in ("elbow", "wrist"))
    points[5:, wrist] = np.nan
    (path,) = write(tmp_path / "out.bvh", "halpe26", [{1: one} for one in points])
    body = read(path)
    lengths = []
    for frame in (4, 11):
        found = positions(body, frame)
        lengths.append(np.linalg.norm(found["LeftHand"] - found["LeftForeArm"]))
        np.testing.assert_allclose(found["LeftForeArm"], over_floor(points)[frame, elbow], atol=0.001)
    assert lengths[0] == pytest.approx(lengths[1], abs=1e-5) == pytest.approx(0.26, abs=1e-3)


def test_a_body_without_depth_or_hips_is_refused(tmp_path: Path) -> None:
    for skeleton, reason in (("halpe26", "needs points in three dimensions: add --lift"), ("hand21", "of the hips")):
        (sink,) = open_sinks([tmp_path / "out.bvh"], header(skeleton), DrawStyle())
        one = person(1, load_skeleton(skeleton))
        if skeleton == "hand21":
            object.__setattr__(one, "points_3d", np.full((21, 4), 0.9, np.float32))
        sink.write(blank(0, 0.0), poses(blank(0, 0.0), one))
        with pytest.raises(StanceError, match=reason):
            sink.close()
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", [".bvh", ".glb"])
def test_a_long_run_without_depth_ends_its_output_early(tmp_path: Path, ending: str) -> None:
    (sink,) = open_sinks([tmp_path / f"out{ending}"], header("halpe26"), DrawStyle())
    one = person(1, load_skeleton("halpe26"))
    frames = [poses(blank(index, index / 25), one) for index in range(101)]
    for frame in frames[:100]:
        sink.write(blank(frame.index, frame.time_s), frame)
    with pytest.raises(StanceError, match="needs points in three dimensions"):
        sink.write(blank(100, 4.0), frames[100])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", [".bvh", ".glb", ".c3d"])
def test_no_file_without_people(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out{ending}"
    (sink,) = open_sinks([path], header("halpe26"), DrawStyle())
    sink.write(blank(0, 0.0), FramePoses(0, 0.0, ()))
    assert path.read_bytes() == b""
    sink.close()
    assert (list(tmp_path.iterdir()), list(sink.paths)) == ([], [])
    assert sink.unwritten == f"The output {path} was not written: no people were found."

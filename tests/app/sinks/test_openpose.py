"""OpenPose's folder of files, also read by other programs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.core.composed_skeleton import compose
from app.core.people import Person
from app.core.skeleton import Skeleton, load_skeleton
from app.sinks import KEYPOINT_FILES
from app.sinks.openpose import BODY_25, OpenPose
from tests.app.sinks.people import blank, header, person, poses


def written(folder: Path, skeleton: str, shift: float = 0.0) -> list[list[float]]:
    """Write one person in one frame and return the keypoints [x, y, score] in the file."""
    head = header(skeleton)
    sink = OpenPose(folder / KEYPOINT_FILES, head)
    frame = blank(7, 0.28)
    sink.write(frame, poses(frame, person(3, head.skeleton, shift)))
    sink.close()
    (path,) = sink.paths
    found = json.loads(path.read_text())
    assert found["version"] == 1.3
    (one,) = found["people"]
    assert one["person_id"] == [3]
    assert one["pose_keypoints_3d"] == one["face_keypoints_3d"] == []
    if skeleton != "wholebody133":
        assert one["face_keypoints_2d"] == one["hand_left_keypoints_2d"] == one["hand_right_keypoints_2d"] == []
    return [one["pose_keypoints_2d"][i : i + 3] for i in range(0, len(one["pose_keypoints_2d"]), 3)]


def test_halpe26_is_written_as_body_25(tmp_path: Path) -> None:
    found = written(tmp_path, "halpe26")
    assert [path.name for path in tmp_path.iterdir()] == ["clip_000000000007_keypoints.json"]
    names = header("halpe26").skeleton.names
    assert [(x, y) for x, y, _ in found] == [(10 * names.index(name), 5 * names.index(name)) for name in BODY_25]
    assert found[0][2] == 0.9
    assert len(found) == 25
    assert BODY_25[8] == "hip"
    assert BODY_25[22] == "right_big_toe"


def test_coco17_gets_a_neck_between_the_shoulders(tmp_path: Path) -> None:
    found = written(tmp_path, "coco17")
    assert len(found) == 18
    names = header("coco17").skeleton.names
    left, right = (10 * names.index(f"{side}_shoulder") for side in ("left", "right"))
    assert found[1] == [(left + right) / 2, (left + right) / 4, 0.9]
    assert found[8][0] == 10 * names.index("right_hip")
    assert found[17][0] == 10 * names.index("left_ear")


def test_added_keypoint_has_the_lower_of_both_scores(tmp_path: Path) -> None:
    head = header("coco17")
    keypoints = np.ones((17, 3), np.float32)
    keypoints[head.skeleton.names.index("left_shoulder"), 2] = 0.25
    sink = OpenPose(tmp_path / KEYPOINT_FILES, head)
    frame = blank(0, 0.0)
    sink.write(frame, poses(frame, Person(1, 1.0, np.zeros(4, np.float32), keypoints)))
    assert json.loads(sink.paths[0].read_text())["people"][0]["pose_keypoints_2d"][3:6] == [1, 1, 0.25]


@pytest.mark.parametrize(("skeleton", "count"), [("wholebody133", 25), ("mpii16", 16), ("hand21", 21)])
def test_other_skeletons(tmp_path: Path, skeleton: str, count: int) -> None:
    assert len(written(tmp_path, skeleton)) == count


def test_empty_frame_has_a_file_named_after_its_image(tmp_path: Path) -> None:
    sink = OpenPose(tmp_path / KEYPOINT_FILES, header(still=True))
    frame = blank(0, 0.0)
    sink.write(frame, poses(frame), "holiday.jpg")
    assert json.loads((tmp_path / "holiday_keypoints.json").read_text())["people"] == []


def test_pose_format_reads_the_folder(tmp_path: Path) -> None:
    openpose = pytest.importorskip("pose_format.utils.openpose")
    head = header("halpe26")
    sink = OpenPose(tmp_path / KEYPOINT_FILES, head)
    for index in range(3):
        frame = blank(index, index / 25)
        sink.write(frame, poses(frame, person(1, head.skeleton), person(2, head.skeleton, shift=index)))
    read = openpose.load_openpose_directory(str(tmp_path), fps=25, width=64, height=48)
    assert read.body.data.shape[:2] == (3, 2)
    wrist = read.header.get_point_index("pose_keypoints_2d", "LWrist")
    at = 10 * head.skeleton.names.index("left_wrist")
    np.testing.assert_allclose(read.body.data[:, 1, wrist, 0], [at, at + 1, at + 2])


def in_space(number: int, skeleton: Skeleton, shift: float = 0.0) -> Person:
    """A person whose keypoint i is also at (i, 2 i, 3 i) meters / 100 from the pelvis, with the score 0.8."""
    rows = np.arange(len(skeleton.names)) / 100
    points = np.stack([rows, 2 * rows, 3 * rows, np.full(len(rows), 0.8)], axis=1).astype(np.float32)
    return replace(person(number, skeleton, shift), points_3d=points)


def test_hands_and_face_are_written_in_openpose_order(tmp_path: Path) -> None:
    head = header("wholebody133")
    sink = OpenPose(tmp_path / KEYPOINT_FILES, head)
    frame = blank(0, 0.0)
    sink.write(frame, poses(frame, in_space(1, head.skeleton)))
    (one,) = json.loads(sink.paths[0].read_text())["people"]
    counts = {"pose": 25, "face": 70, "hand_left": 21, "hand_right": 21}
    assert {part: len(one[f"{part}_keypoints_2d"]) // 3 for part in counts} == counts
    assert {part: len(one[f"{part}_keypoints_3d"]) // 4 for part in counts} == counts
    names = head.skeleton.names
    place = names.index("right_forefinger4")
    assert one["hand_right_keypoints_2d"][8 * 3 : 9 * 3] == [10 * place, 5 * place, 0.9]
    assert one["hand_right_keypoints_3d"][8 * 4 : 9 * 4] == pytest.approx(
        [place / 100, place / 50, 3 * place / 100, 0.8]
    )
    right_eye = [10 * names.index(f"face-{number}") for number in range(36, 42)]
    assert one["face_keypoints_2d"][68 * 3] == sum(right_eye) / 6


def test_the_68_points_of_a_mesh_are_those_nearest_to_them(tmp_path: Path) -> None:
    skeleton = compose(load_skeleton("halpe26"), hands=False, face="mesh").skeleton
    sink = OpenPose(tmp_path / KEYPOINT_FILES, replace(header(), skeleton=skeleton))
    frame = blank(0, 0.0)
    sink.write(frame, poses(frame, person(1, skeleton)))
    (one,) = json.loads(sink.paths[0].read_text())["people"]
    face = one["face_keypoints_2d"]
    assert len(face) == 70 * 3
    chin, tip_of_nose, corner_of_mouth = 8, 30, 48
    for place, landmark in ((chin, 152), (tip_of_nose, 4), (corner_of_mouth, 61)):
        assert face[3 * place] == 10 * skeleton.names.index(f"face_mesh-{landmark}")


def test_a_mesh_has_its_place_in_the_picture_but_none_in_space(tmp_path: Path) -> None:
    """``face_keypoints_2d`` are seen; ``face_keypoints_3d`` have the score 0, as the points of a lifted body have."""
    layout = compose(load_skeleton("halpe26"), hands=True, face="mesh")
    one = in_space(1, layout.skeleton)
    assert one.points_3d is not None
    one.points_3d[layout.face.start : layout.face.stop] = 0
    sink = OpenPose(tmp_path / KEYPOINT_FILES, replace(header(), skeleton=layout.skeleton))
    sink.write(blank(0, 0.0), poses(blank(0, 0.0), one))
    (read,) = json.loads(sink.paths[0].read_text())["people"]
    assert len(read["face_keypoints_2d"]) == 70 * 3
    assert min(read["face_keypoints_2d"][2::3]) == 0.9
    assert read["face_keypoints_3d"] == [0] * 70 * 4
    assert min(read["hand_left_keypoints_3d"][3::4]) == 0.8


def test_pose_format_reads_hands_and_faces(tmp_path: Path) -> None:
    openpose = pytest.importorskip("pose_format.utils.openpose")
    head = header("wholebody133")
    sink = OpenPose(tmp_path / KEYPOINT_FILES, head)
    for index in range(2):
        frame = blank(index, index / 25)
        sink.write(frame, poses(frame, in_space(1, head.skeleton, shift=index)))
    read = openpose.load_openpose_directory(str(tmp_path), fps=25, width=64, height=48)
    assert [len(part.points) for part in read.header.components] == [25, 70, 21, 21]
    root = read.header.get_point_index("hand_left_keypoints_2d", "BASE")
    at = 10 * head.skeleton.names.index("left_hand_root")
    np.testing.assert_allclose(read.body.data[:, 0, root, 0], [at, at + 1])

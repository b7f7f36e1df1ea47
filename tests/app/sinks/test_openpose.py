"""OpenPose's folder of files, also read by other programs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from app.core.people import Person
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
    assert one["face_keypoints_2d"] == one["hand_left_keypoints_2d"] == one["pose_keypoints_3d"] == []
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

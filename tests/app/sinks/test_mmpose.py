"""Files in MMPose's format."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.sinks.mmpose import MMPose
from tests.app.sinks.people import blank, header, person, poses


def test_file_has_mmpose_format_and_is_complete_after_every_frame(tmp_path: Path) -> None:
    path = tmp_path / "out.mmpose.json"
    head = header("halpe26")
    sink = MMPose(path, head)
    assert json.loads(path.read_text())["instance_info"] == []
    for index, ids in enumerate([(4, 9), (), (9,)]):
        frame = blank(index, index / 10)
        sink.write(frame, poses(frame, *(person(one, head.skeleton) for one in ids)))
        assert len(json.loads(path.read_text())["instance_info"]) == index + 1
    sink.close()
    found = json.loads(path.read_text())
    meta = found["meta_info"]
    assert meta["num_keypoints"] == 26
    assert meta["keypoint_id2name"]["9"] == "left_wrist"
    assert meta["keypoint_name2id"]["left_wrist"] == 9
    assert meta["skeleton_links"][0] == [15, 13]
    assert meta["flip_indices"][1] == 2
    assert meta["flip_pairs"][0] == [1, 2]
    frames = found["instance_info"]
    assert [frame["frame_id"] for frame in frames] == [1, 2, 3]
    assert [[one["track_id"] for one in frame["instances"]] for frame in frames] == [[4, 9], [], [9]]
    one = frames[0]["instances"][0]
    assert one["keypoints"][9] == [90, 45]
    assert one["keypoint_scores"] == [0.9] * 26
    assert one["bbox"] == [[1, 2, 31, 42]]
    assert one["bbox_score"] == 0.8765


def test_points_in_three_dimensions_are_additional_fields(tmp_path: Path) -> None:
    head, frame = header(), blank(0, 0.0)
    flat = person(1, head.skeleton)
    points = np.linspace(-1, 1, 17 * 4, dtype=np.float32).reshape(17, 4)
    sink = MMPose(tmp_path / "out.mmpose.json", head)
    sink.write(frame, poses(frame, flat, replace(flat, id=2, points_3d=points)))
    sink.close()
    found = json.loads((tmp_path / "out.mmpose.json").read_text())["instance_info"][0]["instances"]
    assert "keypoints_3d" not in found[0]
    np.testing.assert_allclose(found[1]["keypoints_3d"], points[:, :3], atol=6e-5)
    np.testing.assert_allclose(found[1]["keypoint_scores_3d"], points[:, 3], atol=6e-5)

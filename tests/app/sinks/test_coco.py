"""COCO keypoint results, also read by pycocotools."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.core.composed_skeleton import compose
from app.core.skeleton import load_skeleton
from app.sinks.coco import Coco
from tests.app.sinks.people import blank, header, person, poses


def test_pycocotools_reads_the_file(tmp_path: Path) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    path = tmp_path / "out.json"
    head = header("halpe26", still=True)
    sink = Coco(path, head)
    for i, name in enumerate(["000000000139.jpg", "000000000785.jpg"]):
        frame = blank(i, float(i))
        sink.write(frame, poses(frame, person(1, head.skeleton), person(2, head.skeleton)), name)
    sink.close()
    truth = coco.COCO()
    truth.dataset = {"images": [{"id": 139}, {"id": 785}], "categories": [{"id": 1}], "annotations": []}
    truth.createIndex()
    loaded = truth.loadRes(str(path))
    assert sorted(loaded.getImgIds()) == [139, 785]
    first = loaded.loadAnns(loaded.getAnnIds(imgIds=[139]))[0]
    keypoints = np.array(first["keypoints"]).reshape(17, 3)
    names = load_skeleton("coco17").names
    halpe = head.skeleton.names
    assert keypoints[:, 0].tolist() == [10 * halpe.index(name) for name in names]


def test_video_has_frame_indices_and_track_ids(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    head = header()
    sink = Coco(path, head)
    for i, ids in enumerate([(), (4,), (4, 9)]):
        frame = blank(i, i / 10)
        sink.write(frame, poses(frame, *(person(one, head.skeleton) for one in ids)))
        json.loads(path.read_text())  # valid after every frame
    sink.close()
    people = json.loads(path.read_text())
    assert [(one["image_id"], one["track_id"], one["category_id"]) for one in people] == [
        (1, 4, 1),
        (2, 4, 1),
        (2, 9, 1),
    ]
    assert people[0]["bbox"] == [1, 2, 30, 40]
    assert people[0]["score"] == 0.8765
    assert "file_name" not in people[0]


def test_no_people_give_an_empty_list(tmp_path: Path) -> None:
    Coco(tmp_path / "out.json", header()).close()
    assert json.loads((tmp_path / "out.json").read_text()) == []


def test_other_skeletons_keep_their_keypoints(tmp_path: Path) -> None:
    head = header("mpii16", still=True)
    sink = Coco(tmp_path / "out.json", head)
    frame = blank(5, 5.0)
    sink.write(frame, poses(frame, person(1, head.skeleton)), "holiday.jpg")
    sink.close()
    (one,) = json.loads((tmp_path / "out.json").read_text())
    assert len(one["keypoints"]) == 16 * 3
    assert (one["image_id"], one["file_name"]) == (5, "holiday.jpg")


def test_feet_face_and_hands_are_those_of_coco_wholebody(tmp_path: Path) -> None:
    """Its order of all keypoints is body, feet, face, left hand, right hand."""
    coco = pytest.importorskip("pycocotools.coco")
    head = header("wholebody133")
    one = person(1, head.skeleton)
    one.keypoints[112:, 2] = 0.1
    sink = Coco(tmp_path / "out.json", head)
    sink.write(blank(0, 0.0), poses(blank(0, 0.0), one))
    sink.close()
    truth = coco.COCO()
    truth.dataset = {"images": [{"id": 0}], "categories": [{"id": 1}], "annotations": []}
    truth.createIndex()
    (read,) = truth.loadRes(str(tmp_path / "out.json")).anns.values()
    parts = ["keypoints", "foot_kpts", "face_kpts", "lefthand_kpts", "righthand_kpts"]
    assert [len(read[part]) // 3 for part in parts] == [17, 6, 68, 21, 21]
    found = np.concatenate([np.reshape(read[part], (-1, 3)) for part in parts])
    np.testing.assert_allclose(found, one.keypoints, atol=1e-4)
    valid = {part: read[f"{part}_valid"] for part in ("foot", "face", "lefthand", "righthand")}
    assert valid == {"foot": True, "face": True, "lefthand": True, "righthand": False}


@pytest.mark.parametrize(
    ("body", "feet"), [("coco17", []), ("blazepose33", [0, 2, 3, 5]), ("halpe26", [0, 1, 2, 3, 4, 5])]
)
def test_all_keypoints_of_coco_wholebody_are_there_and_missing_ones_are_0(
    tmp_path: Path, body: str, feet: list[int]
) -> None:
    """Hands without a face, of bodies that have none, some or all of the feet."""
    skeleton = compose(load_skeleton(body), hands=True, face="").skeleton
    sink = Coco(tmp_path / "out.json", replace(header(), skeleton=skeleton))
    sink.write(blank(0, 0.0), poses(blank(0, 0.0), person(1, skeleton)))
    sink.close()
    (read,) = json.loads((tmp_path / "out.json").read_text())
    parts = ["keypoints", "foot_kpts", "face_kpts", "lefthand_kpts", "righthand_kpts"]
    assert [len(read[part]) // 3 for part in parts] == [17, 6, 68, 21, 21]
    foot = np.array(read["foot_kpts"]).reshape(6, 3)
    assert np.flatnonzero(foot[:, 2]).tolist() == feet
    assert not np.delete(foot, feet, axis=0).any()
    assert not any(read["face_kpts"])
    assert read["lefthand_kpts"][0] == 10 * skeleton.names.index("left_hand_root")
    assert [read[f"{part}_valid"] for part in ("face", "lefthand", "righthand")] == [False, True, True]
    assert read["foot_valid"] is bool(feet)


def test_a_body_without_hands_and_face_has_no_fields_for_them(tmp_path: Path) -> None:
    sink = Coco(tmp_path / "out.json", header("halpe26"))
    sink.write(blank(0, 0.0), poses(blank(0, 0.0), person(1, load_skeleton("halpe26"))))
    sink.close()
    assert "foot_kpts" not in (tmp_path / "out.json").read_text()

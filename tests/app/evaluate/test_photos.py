"""Reading annotated photos, and errors for other files."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.skeleton import load_skeleton
from app.evaluate.photos import check_pictures, read_photos
from tests.app.evaluate.annotated import SIZE, annotation, write_folder


def test_boxes_are_read_as_corners(tmp_path: Path) -> None:
    photos = read_photos(*write_folder(tmp_path, [annotation(1, 2), annotation(2, 2, shift=100)]))
    assert [len(photo.people) for photo in photos.photos] == [0, 2]
    assert photos.people == 2
    assert photos.skeleton is load_skeleton("coco17")
    second = photos.photos[1].people[1]
    assert second.box.tolist() == [140, 20, 180, 170]
    assert second.keypoints[0].tolist() == [150, 30, 2]
    assert photos.photos[0].read().shape == (SIZE[1], SIZE[0], 3)


def test_crowds_and_people_without_keypoints_do_not_count(tmp_path: Path) -> None:
    rows = [
        annotation(1, 1),
        annotation(2, 1, iscrowd=1),
        annotation(3, 1, num_keypoints=0, keypoints=[0] * 51),
        annotation(4, 1, category_id=2),
    ]
    photos = read_photos(*write_folder(tmp_path, rows))
    assert photos.people == 1
    assert len(photos.photos[0].annotations) == 3


def test_other_skeleton_comes_from_the_file(tmp_path: Path) -> None:
    category = {
        "id": 1,
        "name": "arm",
        "keypoints": ["left_elbow", "right_elbow", "tail"],
        "skeleton": [[1, 3], [3, 2]],
    }
    row = annotation(1, 1, keypoints=[1, 2, 2, 3, 4, 1, 0, 0, 0])
    del row["num_keypoints"], row["area"]
    photos = read_photos(*write_folder(tmp_path, [row], categories=[category]))
    assert photos.skeleton.names == ("left_elbow", "right_elbow", "tail")
    assert photos.skeleton.limbs == ((0, 2), (2, 1))
    assert photos.skeleton.flip_pairs == ((0, 1),)
    person = photos.photos[0].people[0]
    assert person.labeled == 2
    assert person.area == pytest.approx(0.53 * 40 * 150)


def test_head_box_is_read(tmp_path: Path) -> None:
    photos = read_photos(*write_folder(tmp_path, [annotation(1, 1, bbox_head=[10, 20, 30, 40])]))
    head = photos.photos[0].people[0].head
    assert head is not None
    assert head.tolist() == [10, 20, 40, 60]


def test_other_files_are_refused(tmp_path: Path) -> None:
    pictures, path = write_folder(tmp_path, [annotation(1, 1)])
    whole = json.loads(path.read_text())
    cases: list[tuple[object, str]] = [
        ([1, 2], r"not a COCO keypoints file: it is \[1, 2\]; wanted an object with images and annotations\.$"),
        ({"images": []}, r"not a COCO keypoints file: its field annotations is missing; wanted a list\.$"),
        (
            whole | {"annotations": [{"id": 1, "image_id": 1, "caption": "a dog"}]},
            r"its field annotations\.0\.category_id is missing; wanted a whole number\.$",
        ),
        (whole | {"annotations": [annotation(7, 1, keypoints=[1, 2, 2])]}, "Annotation 7"),
        (whole | {"annotations": [annotation(1, 1, num_keypoints=0)]}, "No person"),
        (
            whole | {"categories": [{"id": 1, "keypoints": ["nose"] * 17, "skeleton": [[1, 99]]}]},
            "not a COCO keypoints",
        ),
    ]
    for content, wanted in cases:
        path.write_text(json.dumps(content))
        with pytest.raises(StanceError, match=wanted):
            read_photos(pictures, path)
    path.write_text("{")
    with pytest.raises(StanceError, match="not a COCO keypoints file: its JSON text is damaged or cut off"):
        read_photos(pictures, path)
    with pytest.raises(StanceError, match=r"elsewhere\.json"):
        read_photos(pictures, tmp_path / "elsewhere.json")
    with pytest.raises(StanceError, match="nowhere"):
        read_photos(tmp_path / "nowhere", path)


def test_missing_picture_is_named(tmp_path: Path) -> None:
    pictures, path = write_folder(tmp_path, [annotation(1, 1)])
    (pictures / "000000000002.jpg").unlink()
    photos = read_photos(pictures, path)
    with pytest.raises(StanceError, match=r"000000000002\.jpg is missing"):
        check_pictures(photos)
    check_pictures(photos.only({1}))


def test_picture_of_another_size_is_named(tmp_path: Path) -> None:
    pictures, path = write_folder(tmp_path, [annotation(1, 1)])
    assert cv2.imwrite(str(pictures / "000000000001.jpg"), np.zeros((30, 20, 3), np.uint8))
    with pytest.raises(StanceError, match=r"000000000001\.jpg is 20×30: wanted 320×240"):
        read_photos(pictures, path).photos[0].read()

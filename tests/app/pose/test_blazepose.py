"""BlazePose compared with MediaPipe's own results (tests/golden/mediapipe), and as a stage of the pipeline."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Frame, FramePoses
from app.core.settings import Settings
from app.core.skeleton import load_skeleton
from app.detection.detector import Detect, open_detector
from app.network_answers import NetworkAnswers
from app.pipeline import make_pipeline
from app.pose.blazepose import BlazePose
from app.pose.model import Candidates
from app.pose.open_model import open_pose_model
from app.pose.rotated_region import Regions
from app.zoo.fetch import locate
from tests.app.pose.test_rotated_region import in_pixels, load

COCO = load_skeleton("coco17")


@pytest.fixture(scope="module")
def model() -> BlazePose:
    opened = open_pose_model(locate("blazepose-full"), "cpu")
    assert isinstance(opened, BlazePose)
    return opened


@pytest.fixture(scope="module")
def detector() -> Detect:
    return open_detector(locate("blazepose-detector"), "cpu")


@pytest.fixture(scope="module")
def wanted() -> dict[str, Any]:
    return load("photos_pose")


@pytest.fixture(scope="module")
def photos(shared: Path, wanted: dict[str, Any]) -> list[Any]:
    folder = shared / "data" / "coco-val-dev" / "images"
    return [cv2.imread(str(folder / f"{number:012d}.jpg")) for number in wanted["image_id"]]


def test_landmarks_in_given_regions_equal_the_original(
    model: BlazePose, photos: list[Any], wanted: dict[str, Any]
) -> None:
    regions = Regions(in_pixels(wanted["roi"], wanted["image_wh"]))
    errors, meters = [], []
    for row, photo in enumerate(photos):
        looked = model.look(photo, regions[np.array([row])])
        seen = wanted["landmarks"][row, :, 3] > 0.5
        apart = np.linalg.norm(looked.poses[0, :, :2] - wanted["landmarks"][row, :, :2], axis=1)
        errors.append(apart[seen] / regions.sizes[row] * 256)
        np.testing.assert_allclose(looked.poses[0, seen, 2], wanted["landmarks"][row, seen, 3], atol=0.03)
        world = wanted["world"][row] * [1, -1, -1]
        world -= world[[23, 24]].mean(axis=0)
        meters.append(np.linalg.norm(looked.points_3d[0, :, :3] - world, axis=1))
    crop_pixels = np.concatenate(errors)
    assert np.median(crop_pixels) < 0.1
    assert np.percentile(crop_pixels, 95) < 0.5
    assert np.max(meters) < 0.01


def test_people_are_found_as_well_as_by_the_original(
    model: BlazePose, detector: Detect, photos: list[Any], wanted: dict[str, Any], shared: Path
) -> None:
    truth = json.loads((shared / "parity3" / "solutions" / "truth.json").read_text())
    annotations = json.loads((shared / "data" / "coco-val-dev" / "annotations.json").read_text())["annotations"]
    by_id = {annotation["id"]: annotation for annotation in annotations}
    images = dict(zip(wanted["image_id"].tolist(), photos, strict=True))
    similarities, near = [], []
    for image_id, annotation_id, *_ in truth["per_person"]:
        annotation = by_id[annotation_id]
        found = detector(images[image_id], 0.5)
        people = model.estimate([Frame(0, 0.0, images[image_id])], Candidates.from_detections(found)).poses
        keypoints = np.array(annotation["keypoints"], np.float64).reshape(17, 3)
        labelled = keypoints[:, 2] > 0
        squares = ((people[:, truth["index_map"], :2] - keypoints[:, :2]) ** 2).sum(axis=2)[:, labelled]
        variances = (2 * np.array(COCO.sigmas)[labelled]) ** 2 * annotation["area"]
        oks = np.exp(-squares / 2 / variances).mean(axis=1)
        similarities.append(oks.max())
        near.extend(np.sqrt(squares[oks.argmax()]) < 0.1 * max(annotation["bbox"][2:]))
    assert len(near) == 354
    assert np.mean(similarities) >= 0.80
    assert np.mean(near) >= 0.86


def test_a_further_look_stays_with_the_person_in_the_box(model: BlazePose, shared: Path) -> None:
    folder = shared / "data" / "coco-val-dev"
    annotations = json.loads((folder / "annotations.json").read_text())["annotations"]
    (annotation,) = [one for one in annotations if one["id"] == 2207720]  # a woman beside a taller man
    left, top, width, height = annotation["bbox"]
    box = np.array([[left, top, left + width, top + height]], np.float32)
    image = cv2.imread(str(folder / "images" / f"{annotation['image_id']:012d}.jpg"))
    found = model.estimate(
        [Frame(0, 0.0, np.asarray(image, np.uint8))], Candidates.from_boxes(box, np.ones(1, np.float32))
    )
    true = np.array(annotation["keypoints"], np.float64).reshape(17, 3)
    rows = [model.skeleton.names.index(name) for name in COCO.names]
    apart = np.linalg.norm(found.poses[0, rows, :2] - true[:, :2], axis=1)[true[:, 2] > 0]
    assert np.median(apart) < 0.1 * height


def test_a_turned_person_has_the_same_pose(model: BlazePose, photos: list[Any], wanted: dict[str, Any]) -> None:
    regions = Regions(in_pixels(wanted["roi"], wanted["image_wh"]))[np.array([4])]
    height = photos[4].shape[0]
    upright = model.look(photos[4], regions)
    x, y, size, angle = regions.rows[0]
    turned = Regions(np.array([[height - 1 - y, x, size, angle + np.pi / 2]], np.float32))
    lying = model.look(np.ascontiguousarray(np.rot90(photos[4], -1)), turned)
    back = np.stack([lying.poses[0, :, 1], height - 1 - lying.poses[0, :, 0]], axis=1)
    np.testing.assert_allclose(back, upright.poses[0, :, :2], atol=0.5)
    world = lying.points_3d[0, :, :3]
    np.testing.assert_allclose(
        np.stack([-world[:, 1], world[:, 0], world[:, 2]], axis=1), upright.points_3d[0, :, :3], atol=0.01
    )


def test_a_region_is_followed_from_frame_to_frame(model: BlazePose, detector: Detect, shared: Path) -> None:
    frames = clip(shared, "single_person_balance_4views_540x960.mp4", 14, step=4)
    answers = NetworkAnswers()
    pipeline = make_pipeline(detector, model, Settings(smooth="none", max_people=1))
    first, again = (list(answers.pipeline(pipeline).process_all(frames)) for _ in range(2))
    assert [len(poses.people) for poses in first] == [1] * len(frames)
    assert {person.id for poses in first for person in poses.people} == {1}
    for poses in first:
        points = poses.people[0].points_3d
        assert points is not None
        np.testing.assert_allclose(points[[23, 24], :3].mean(axis=0), 0, atol=1e-3)
        assert points[0, 1] > points[[27, 28], 1].max()  # the nose is above the feet
    assert flat(first) == flat(again)


def test_nobody_is_left_after_a_cut_to_an_empty_room(model: BlazePose, detector: Detect, shared: Path) -> None:
    frames = clip(shared, "single_person_balance_4views_540x960.mp4", 3, step=4)
    empty = [Frame(3 + i, 0.2 + i / 15, np.full_like(frames[0].image, 90)) for i in range(2)]
    pipeline = make_pipeline(detector, model, Settings())
    found = list(pipeline.process_all([*frames, *empty]))
    assert [len(poses.people) for poses in found[:3]] == [1, 1, 1]
    assert [len(poses.people) for poses in found[3:]] == [0, 0]


def test_the_heatmap_lies_on_the_keypoint(model: BlazePose, photos: list[Any], wanted: dict[str, Any]) -> None:
    pose = wanted["landmarks"][13]  # a person who stands
    box = np.array([[*pose[:, :2].min(axis=0), *pose[:, :2].max(axis=0)]], np.float32)
    (heatmap,) = model.heatmap(photos[13], box, 12)
    row, column = np.unravel_index(heatmap.cells.argmax(), heatmap.cells.shape)
    place = heatmap.matrix @ [column, row, 1]
    assert np.linalg.norm(place - pose[12, :2]) < 0.06 * (box[0, 3] - box[0, 1])


def test_another_network_with_its_card_is_refused(rtmpose_s: Path, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    network = onnx.load(str(rtmpose_s))
    card = {"kind": "pose-blazepose", "name": "other", "picture": {"size": [192, 256]}}
    network.metadata_props.add(key="stance.card", value=json.dumps(card))
    onnx.save(network, str(tmp_path / "other.onnx"))
    with pytest.raises(StanceError, match=r"other\.onnx outputs .* not those of a pose network of MediaPipe"):
        open_pose_model(tmp_path / "other.onnx", "cpu")


def clip(shared: Path, name: str, count: int, step: int) -> list[Frame]:
    capture = cv2.VideoCapture(str(shared / "data" / "videos" / name))
    images = [capture.read()[1] for _ in range(count * step)][::step]
    return [Frame(number, number * step / 60, np.asarray(image, np.uint8)) for number, image in enumerate(images)]


def flat(frames: Sequence[FramePoses]) -> list[Any]:
    return [
        (person.id, person.score, person.box.tolist(), person.keypoints.tolist(), np.asarray(person.points_3d).tolist())
        for poses in frames
        for person in poses.people
    ]

"""One-stage networks: every output format against a slow literal reference, and how files without a card are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
import pytest
from onnx import helper

from app.core.errors import StanceError
from app.core.people import Frame
from app.detection.detector import open_detector
from app.inference.model_card import METADATA_KEY, InputSpec, Provenance, read_card, write_card
from app.inference.one_stage_card import OneStageCard
from app.inference.session import Threads
from app.pose.model import Candidates
from app.pose.open_model import open_pose_model
from app.pose.people_formats import read_people
from tests.app.pose import one_stage_networks as networks
from tests.app.pose.one_stage_networks import SIDE

POSE_METADATA = {"author": "Ultralytics", "task": "pose", "names": "{0: 'person'}", "license": "AGPL-3.0"}
IMAGES = [(96, 64), (50, 70), (64, 64)]
NOTHING = Candidates.from_boxes(np.empty((0, 4), np.float32), np.empty(0, np.float32))

Row = tuple[list[float], float, list[list[float]]]  # box, score, keypoints: all in input pixels

FORMATS: dict[str, tuple[Callable[[], Mapping[str, Any]], dict[str, str]]] = {
    "ultralytics": (lambda: {"output0": networks.raw()}, {}),
    "ultralytics, three classes": (
        lambda: {"output0": networks.raw(5, 3, 1)},
        POSE_METADATA | {"kpt_shape": "[5, 3]", "names": "{0: 'cat', 1: 'person', 2: 'dog'}"},
    ),
    "ultralytics-nms": (lambda: {"output0": networks.final()}, {}),
    "ultralytics-nms, class 2": (
        lambda: {"output0": networks.final(4, 2)},
        POSE_METADATA | {"kpt_shape": "[4, 3]", "names": "{0: 'cat', 1: 'dog', 2: 'person'}"},
    ),
    "rtmo": (networks.rtmo, {}),
    "detr": (networks.detr, {}),
    "detr with scores": (lambda: networks.detr(columns=3), {}),
    "detr-logits": (networks.logits, {}),
}


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Intersection over union of two boxes."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return width * height / (sum(areas) - width * height)


def literal_rows(outputs: Mapping[str, Any], kind: str, keypoints: int, person: int) -> list[Row]:
    """All people in ``outputs``, read value by value, before scores and overlaps are looked at."""
    rows: list[Row] = []
    if kind == "ultralytics":
        table = outputs["output0"][0]
        first = len(table) - 3 * keypoints
        for anchor in range(table.shape[1]):
            x, y, width, height = (float(table[i, anchor]) for i in range(4))
            points = [[float(table[first + 3 * k + j, anchor]) for j in range(3)] for k in range(keypoints)]
            box = [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
            rows.append((box, float(table[4 + person, anchor]), points))
    elif kind == "ultralytics-nms":
        for row in outputs["output0"][0].tolist():
            if row[5] == person:
                rows.append((row[:4], row[4], [row[6 + 3 * k : 9 + 3 * k] for k in range(keypoints)]))
    elif kind == "rtmo":
        for det, points in zip(outputs["dets"][0].tolist(), outputs["keypoints"][0].tolist(), strict=True):
            rows.append((det[:4], det[4], points))
    else:
        rows = detr_rows(outputs, kind, keypoints, person)
    return rows


def detr_rows(outputs: Mapping[str, Any], kind: str, keypoints: int, person: int) -> list[Row]:
    rows: list[Row] = []
    if kind == "detr":
        scores, labels, poses = (outputs[name][0].tolist() for name in ("scores", "labels", "keypoints"))
    else:
        scores = [1 / (1 + np.exp(-row[person])) for row in outputs["pred_logits"][0].tolist()]
        labels = [person] * len(scores)
        poses = [[row[2 * k : 2 * k + 2] for k in range(keypoints)] for row in outputs["pred_keypoints"][0].tolist()]
    for score, label, pose in zip(scores, labels, poses, strict=True):
        if label != person:
            continue
        points = [[p[0] * SIDE, p[1] * SIDE, p[2] if len(p) == 3 else score] for p in pose]
        low, high = ([pick(p[axis] for p in points) for axis in (0, 1)] for pick in (min, max))
        margin = 0.06 * max(high[0] - low[0], high[1] - low[1])
        rows.append(([low[0] - margin, low[1] - margin, high[0] + margin, high[1] + margin], score, points))
    return rows


def literal_people(rows: list[Row], card: OneStageCard, width: int, height: int) -> list[Row]:
    """The people that are left, best first, in pixels of an image of this size."""
    kept: list[Row] = []
    for row in sorted((row for row in rows if row[1] >= 0.03), key=lambda row: -row[1]):
        if card.output != "ultralytics" or all(overlap(row[0], other[0]) <= 0.7 for other in kept):
            kept.append(row)
    scale = min(SIDE / width, SIDE / height)
    scales, shift = [scale, scale], [0, 0]
    if card.letterbox == "stretch":
        scales = [SIDE / width, SIDE / height]
    elif card.letterbox == "centre":
        shift = [(SIDE - round(width * scale)) // 2, (SIDE - round(height * scale)) // 2]
    limits = (width, height)
    found: list[Row] = []
    for box, score, points in kept:
        corners = [min(max((box[i] - shift[i % 2]) / scales[i % 2], 0), limits[i % 2]) for i in range(4)]
        moved = [[(p[0] - shift[0]) / scales[0], (p[1] - shift[1]) / scales[1], p[2]] for p in points]
        if corners[2] - corners[0] >= 2 and corners[3] - corners[1] >= 2:
            found.append((corners, score, moved))
    return found


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_equals_a_literal_reference(name: str, tmp_path: Path) -> None:
    make, metadata = FORMATS[name]
    outputs = make()
    model: Any = open_pose_model(networks.write(tmp_path / "net.onnx", outputs, metadata=metadata), "cpu")
    card = model.card
    kind = name.partition(",")[0].partition(" ")[0]
    assert (card.output, model.info.proposals, model.info.has_flip_test) == (kind, "self", False)
    keypoints = len(model.info.skeleton.names)
    for width, height in IMAGES:
        image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
        found = model.estimate([Frame(0, 0.0, image)], NOTHING)
        wanted = literal_people(literal_rows(outputs, kind, keypoints, card.person), card, width, height)
        assert len(found) == len(wanted) > 1
        for row, (box, score, points) in enumerate(wanted):
            np.testing.assert_allclose(found.boxes[row], box, atol=1e-3)
            np.testing.assert_allclose(found.scores[row], score, atol=1e-6)
            np.testing.assert_allclose(found.poses[row], points, atol=1e-3)
        assert found.assigned_tracks == [None] * len(wanted)


@pytest.mark.parametrize(
    ("name", "color", "std", "letterbox", "assumed"),
    [
        ("ultralytics", "rgb", (255.0,) * 3, "centre", ("color", "std", "person", "skeleton")),
        ("ultralytics, three classes", "rgb", (255.0,) * 3, "centre", ("skeleton",)),
        ("ultralytics-nms, class 2", "rgb", (255.0,) * 3, "centre", ("skeleton",)),
        ("rtmo", "bgr", (1.0,) * 3, "corner", ("color", "mean", "std", "skeleton")),
        ("detr", "rgb", (255.0,) * 3, "stretch", ("color", "mean", "std", "person", "skeleton")),
    ],
)
def test_files_without_a_card_are_told_by_their_outputs(
    name: str, color: str, std: Any, letterbox: str, assumed: tuple[str, ...], tmp_path: Path
) -> None:
    make, metadata = FORMATS[name]
    card: Any = open_pose_model(networks.write(tmp_path / "net.onnx", make(), metadata=metadata), "cpu").card
    assert (card.name, card.picture.size, card.picture.color, card.picture.std) == ("net", (SIDE, SIDE), color, std)
    assert (card.letterbox, card.pad, card.provenance.assumed) == (letterbox, 114, assumed)
    assert card.provenance.licence == metadata.get("license", "")
    assert read_card(write_card(card), "net.onnx") == card


def test_the_normalization_of_a_vision_transformer_is_imagenets(tmp_path: Path) -> None:
    path = networks.write(tmp_path / "net.onnx", networks.detr(), metadata={"note": "backbone.patch_embed.weight"})
    card: Any = open_pose_model(path, "cpu").card
    assert card.picture.mean == (123.675, 116.28, 103.53)


def test_a_rtmo_with_one_person_is_not_taken_for_a_top_down_network(tmp_path: Path) -> None:
    outputs = {name: values[:, :1] for name, values in networks.rtmo().items()}
    assert open_pose_model(networks.write(tmp_path / "net.onnx", outputs), "cpu").card.output == "rtmo"


def test_invalid_coordinates_and_empty_boxes_are_dropped(tmp_path: Path) -> None:
    outputs = networks.rtmo()
    outputs["keypoints"][0, 0, 3] = np.nan, 5, 0.9
    outputs["keypoints"][0, 0, 4, 2] = 1.5
    outputs["dets"][0, 1] = 10, 10, 11, 50, 0.9
    model = open_pose_model(networks.write(tmp_path / "net.onnx", outputs), "cpu")
    found = model.estimate([Frame(0, 0.0, np.zeros((SIDE, SIDE, 3), np.uint8))], NOTHING)
    assert len(found) == 2
    assert not found.poses[0, 3].any()
    assert found.poses[0, 4, 2] == 1


def test_detectors_are_not_taken_for_one_stage_networks(tmp_path: Path) -> None:
    cases: list[tuple[str, int, dict[str, str]]] = [
        ("voc.onnx", 24, {}),
        ("person.onnx", 5, {}),
        ("classes.onnx", 56, POSE_METADATA | {"task": "detect"}),
    ]
    for name, rows, metadata in cases:
        path = networks.write(
            tmp_path / name, {"y": np.zeros((1, rows, networks.ANCHORS), np.float32)}, metadata=metadata
        )
        with pytest.raises(StanceError, match="is not a pose model"):
            open_pose_model(path, "cpu")
        assert open_detector(path, "cpu").card.head == "ultralytics"


def test_a_one_stage_network_is_refused_as_a_detector(tmp_path: Path) -> None:
    path = networks.write(
        tmp_path / "net.onnx", {"output0": networks.raw()}, metadata=POSE_METADATA | {"kpt_shape": "[17, 3]"}
    )
    with pytest.raises(StanceError, match="is a pose model, not a detector: use it with --pose"):
        open_detector(path, "cpu")


@pytest.mark.parametrize("output", [networks.raw(), networks.final()], ids=["raw", "final"])
def test_a_one_stage_network_without_metadata_is_no_detector_either(output: Any, tmp_path: Path) -> None:
    path = networks.write(tmp_path / "net.onnx", {"output0": output})
    assert open_pose_model(path, "cpu").info.proposals == "self"
    with pytest.raises(StanceError, match=r"net\.onnx is a pose model, not a detector: use it with --pose"):
        open_detector(path, "cpu")


def test_a_network_of_any_input_size_runs_at_the_usual_one_or_at_the_requested_one(tmp_path: Path) -> None:
    path = networks.write_variable(tmp_path / "net.onnx")
    usual: Any = open_pose_model(path, "cpu")
    assert usual.card.picture.size == (640, 640)
    assert "size" in usual.card.provenance.assumed
    chosen: Any = open_pose_model(path, "cpu", crop=(96, 64))
    assert chosen.card.picture.size == (96, 64)
    assert chosen.card.provenance.chosen == ("size",)
    image = np.zeros((64, 96, 3), np.uint8)
    image[..., 2] = 200
    assert len(chosen.estimate([Frame(0, 0.0, image)], NOTHING)) == 1


def test_a_fixed_input_is_called_input_and_not_crop(tmp_path: Path) -> None:
    path = networks.write(tmp_path / "net.onnx", {"output0": networks.raw()})
    with pytest.raises(StanceError, match=r"The input size of net\.onnx is 64x64, but 96x64 was requested: wanted no"):
        open_pose_model(path, "cpu", crop=(96, 64))


def test_a_run_uses_all_cores_because_one_image_cannot_be_split(tmp_path: Path) -> None:
    path = networks.write(tmp_path / "net.onnx", networks.rtmo())
    assert open_pose_model(path, "cpu").network.threads == Threads()


def test_a_card_in_the_file_is_used_and_checked(tmp_path: Path) -> None:
    path = networks.write(tmp_path / "net.onnx", {"output0": networks.raw()})
    card = OneStageCard("mine", InputSpec((SIDE, SIDE)), "ultralytics", "coco17", "corner", provenance=Provenance())

    def save(stated: OneStageCard) -> None:
        model = onnx.load(str(path))
        helper.set_model_props(model, {METADATA_KEY: write_card(stated)})
        onnx.save(model, str(path))

    save(card)
    assert open_pose_model(path, "cpu").card == card
    for wrong, message in (
        (msgspec.structs.replace(card, skeleton="halpe26"), "wanted people in ultralytics format, 26 keypoints each"),
        (msgspec.structs.replace(card, output="rtmo"), "wanted people in rtmo format"),
        (msgspec.structs.replace(card, person=1), "wanted people in ultralytics format"),
        (msgspec.structs.replace(card, picture=InputSpec((32, 32))), "but its model card says"),
    ):
        save(wrong)
        with pytest.raises(StanceError, match=message):
            open_pose_model(path, "cpu")
    save(card)
    with pytest.raises(StanceError, match="but 96x64 was requested"):
        open_pose_model(path, "cpu", crop=(96, 64))


def test_real_outputs_of_yolo11_are_read_as_its_own_code_reads_them(shared: Path) -> None:
    """The 32 best anchors of three images: of each, what a literal reading gives, in the same order."""
    with np.load(shared / "parity3" / "weights" / "yolo11n_pose.npz") as kept:
        outputs = kept["top32_out"]
    card = OneStageCard("yolo11n-pose", InputSpec((640, 640), std=(255.0,) * 3), "ultralytics", "coco17")
    for output in outputs:
        found = read_people([output[None]], card, 0.001)
        wanted: list[Row] = []
        for row in sorted(literal_rows({"output0": output[None]}, "ultralytics", 17, 0), key=lambda row: -row[1]):
            if row[1] >= 0.001 and all(overlap(row[0], other[0]) <= 0.7 for other in wanted):
                wanted.append(row)
        assert len(found.scores) == len(wanted) > 0
        for index, (box, score, points) in enumerate(wanted):
            np.testing.assert_allclose(found.boxes[index], box, atol=1e-3)
            np.testing.assert_allclose(found.scores[index], score, atol=1e-6)
            np.testing.assert_allclose(found.poses[index], points, atol=1e-3)

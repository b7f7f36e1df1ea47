"""Detectors: every supported output format, with real networks on photos and with small synthetic networks."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from app.core.errors import StanceError
from app.detection.detector import WholeFrame, open_detector
from app.inference.model_card import METADATA_KEY, DetectorCard, InputSpec, PoseCard, SimCC, write_card
from app.tracking.tracker import iou


def photo(shared: Path, number: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A photo and the true boxes (x0 y0 x1 y1) of the people in it who are neither tiny nor a crowd."""
    folder = shared / "data" / "coco-val-dev"
    truth = json.loads((folder / "annotations.json").read_text())
    xywh = np.array(
        [a["bbox"] for a in truth["annotations"] if a["image_id"] == number and not a["iscrowd"] and a["area"] > 96**2],
        np.float32,
    )
    picture = cv2.imread(str(folder / "images" / f"{number:012d}.jpg"))
    assert picture is not None
    return picture.astype(np.uint8), np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)


@pytest.mark.parametrize(
    ("file", "head"),
    [("rtmdet_nano_person", "dets"), ("yolox_nano_416", "yolox"), ("person_detector_192", "yolox")],
)
def test_shared_detectors_find_the_people_of_a_photo(shared: Path, file: str, head: str) -> None:
    detector = open_detector(shared / "models" / f"{file}.onnx", "cpu")
    assert detector.card.head == head
    for number in (885, 163257):
        picture, people = photo(shared, number)
        found = detector(picture, 0.3)
        assert len(people)
        for person in people:
            assert iou(person, found).max() > 0.6
        assert (np.diff(found[:, 4]) <= 0).all()


def test_default_detector_finds_the_people_of_a_photo(shared: Path, yolox_tiny: Path) -> None:
    detector = open_detector(yolox_tiny, "cpu")
    assert (detector.card.head, detector.card.picture.color, detector.card.letterbox) == ("dets", "bgr", "corner")
    picture, people = photo(shared, 885)
    assert all(iou(person, detector(picture, 0.3)).max() > 0.7 for person in people)


def test_rtmdet_and_yolox_are_distinguished_without_a_card(shared: Path, yolox_tiny: Path, tmp_path: Path) -> None:
    """Both have the same outputs but need different normalization; the files are not those of the catalogue."""
    for source, mean in (
        (shared / "models" / "rtmdet_nano_person.onnx", (103.53, 116.28, 123.675)),
        (yolox_tiny, (0.0, 0.0, 0.0)),
    ):
        model = onnx.load(source)
        model.doc_string = "another file of the same network"
        other = tmp_path / source.name
        onnx.save(model, other)
        card = open_detector(other, "cpu").card
        assert card.picture.mean == mean
        assert "color" in card.provenance.assumed


PEOPLE = np.array([[10, 20, 50, 100, 0.9], [60, 20, 90, 110, 0.8], [12, 22, 52, 101, 0.7]], np.float32)
"""Three boxes in a 128x128 detector; the third one is a duplicate of the first."""


def constant_model(path: Path, answer: NDArray[np.float32], metadata: dict[str, str]) -> Path:
    """A network with input 128x128 and the constant output ``answer``."""
    zero = numpy_helper.from_array(np.zeros((1,), np.float32), "zero")
    value = numpy_helper.from_array(answer, "value")
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=0),
            helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
            helper.make_node("Add", ["value", "nothing"], ["output0"]),
        ],
        "made",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 128, 128])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, list(answer.shape))],
        [zero, value],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    for key, text in metadata.items():
        model.metadata_props.add(key=key, value=text)
    onnx.save(model, path)
    return path


def ultralytics_raw(classes: int, person: int) -> NDArray[np.float32]:
    """(1, 4 + classes, 336): the three people somewhere among the cells of a 128x128 input."""
    answer = np.zeros((1, 4 + classes, 336), np.float32)
    for cell, (x0, y0, x1, y1, score) in zip((7, 100, 300), PEOPLE, strict=True):
        answer[0, :4, cell] = [(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0]
        answer[0, 4 + person, cell] = score
    answer[0, 4 + (person + 1) % classes, 200] = 0.99
    return answer


def ultralytics_rows(person: int) -> NDArray[np.float32]:
    """(1, 300, 6): two people and a dog, best first."""
    answer = np.zeros((1, 300, 6), np.float32)
    answer[0, 0] = [5, 5, 100, 100, 0.95, person + 1]
    answer[0, 1] = [*PEOPLE[0], person]
    answer[0, 2] = [*PEOPLE[1], person]
    return answer


@pytest.mark.parametrize("inside", [False, True], ids=["raw", "nms inside"])
@pytest.mark.parametrize("person", [0, 2])
def test_ultralytics_exports(tmp_path: Path, inside: bool, person: int) -> None:
    names = {0: "cat", 1: "cup", 2: "dog", 3: "sofa"} | {person: "person"}
    metadata = {"author": "Ultralytics", "task": "detect", "names": str(names), "imgsz": "[128, 128]", "stride": "32"}
    answer = ultralytics_rows(person) if inside else ultralytics_raw(4, person)
    detector = open_detector(constant_model(tmp_path / "yolo.onnx", answer, metadata), "cpu")
    assert detector.card.head == ("ultralytics-nms" if inside else "ultralytics")
    # A picture of 256x128 is scaled by a half and sits in the middle: 32 rows of padding above.
    found = detector(np.zeros((128, 256, 3), np.uint8), 0.3)
    wanted = (PEOPLE[:2, :4] - [0, 32, 0, 32]) * 2
    np.testing.assert_allclose(found[:, :4], np.clip(wanted, 0, [256, 128, 256, 128]), atol=1e-3)
    np.testing.assert_allclose(found[:, 4], PEOPLE[:2, 4], atol=1e-6)


def test_raw_yolox_without_metadata(tmp_path: Path) -> None:
    answer = np.zeros((1, 336, 6), np.float32)
    # Stride 8, row 4, column 5 of 16: centre ((0.5 + 5) * 8, (0.25 + 4) * 8), size exp(1) * 8 by exp(2) * 8.
    answer[0, 4 * 16 + 5] = [0.5, 0.25, 1.0, 2.0, 0.9, 0.8]
    detector = open_detector(constant_model(tmp_path / "x.onnx", answer, {}), "cpu")
    (box,) = detector(np.zeros((128, 128, 3), np.uint8), 0.3)
    width, height = np.exp(1) * 8, np.exp(2) * 8
    wanted = [44 - width / 2, 34 - height / 2, 44 + width / 2, 34 + height / 2, 0.72]
    np.testing.assert_allclose(box, wanted, atol=1e-3)


def test_the_card_in_the_file_is_used(tmp_path: Path) -> None:
    card = DetectorCard(name="mine", picture=InputSpec(size=(128, 128)), head="ultralytics-nms", person=5)
    path = constant_model(tmp_path / "own.onnx", ultralytics_rows(5), {METADATA_KEY: write_card(card)})
    detector = open_detector(path, "cpu")
    assert detector.card == card
    assert len(detector(np.zeros((128, 128, 3), np.uint8), 0.3)) == 2


@pytest.mark.parametrize(
    ("metadata", "wanted"),
    [
        ({"author": "Ultralytics", "task": "segment", "names": "{0: 'person'}"}, "task 'segment'"),
        ({"author": "Ultralytics", "task": "detect", "names": "{0: 'cat'}"}, "no class 'person'"),
        ({"author": "Ultralytics", "names": "__import__('os').system('true')"}, "no class 'person'"),
        ({METADATA_KEY: "{not json"}, "card"),
        (
            {METADATA_KEY: write_card(PoseCard("p", InputSpec((128, 128)), SimCC(), "coco17"))},
            "pose model, not a detector",
        ),
        (
            {METADATA_KEY: write_card(DetectorCard("d", InputSpec((64, 64)), "yolox"))},
            "128x128, but its model card says 64x64",
        ),
    ],
)
def test_unusable_files_are_refused_in_one_sentence(tmp_path: Path, metadata: dict[str, str], wanted: str) -> None:
    path = constant_model(tmp_path / "odd.onnx", ultralytics_rows(0), metadata)
    with pytest.raises(StanceError, match=wanted) as raised:
        open_detector(path, "cpu")
    assert "\n" not in str(raised.value)


def test_a_pose_network_is_refused(shared: Path) -> None:
    with pytest.raises(StanceError, match="--pose"):
        open_detector(shared / "models" / "tinypose_128x96.onnx", "cpu")


def test_without_a_detector_the_whole_frame_is_one_person() -> None:
    np.testing.assert_array_equal(WholeFrame()(np.zeros((40, 70, 3), np.uint8), 0.3), [[0, 0, 70, 40, 1]])

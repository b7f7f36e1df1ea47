"""Checkpoints become files that answer as the originals do and that the app runs, or no files at all."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from app.card import Heatmap, Keypoints, PoseCard, read_card
from app.estimate.crop import normalise
from app.estimate.estimator import open_estimator
from app.people import Image
from app.sources.file import VideoFile
from app.zoo.catalogue import sha256_of

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")
onnx = pytest.importorskip("onnx", reason="the exporter needs onnx")

from export import convert, verify  # noqa: E402
from export.crops import check_crops  # noqa: E402
from tests.conftest import GOLDEN  # noqa: E402
from tests.golden_weights import rule, save  # noqa: E402

Command = Callable[..., tuple[int, str, str]]
BOXES = np.array([[40, 30, 300, 460], [200, 100, 420, 400], [5, 5, 635, 475]], np.float32)


@pytest.fixture(scope="module")
def picture() -> Image:
    """Soft and noisy, as photographs are."""
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
        ("hrnet_w32.k17", "original", "pose_hrnet_w32_256x192.pth", "official_hrnet_w32_256x192", "HRNet-W32"),
        ("resnet50.k17", "mmpose0", "mine.pth", "mmpose0_resnet50_256x192", "SimpleBaseline ResNet-50"),
        ("hrnetv2_w18.k21", "mmpose1", "hand.pt", "mmpose1_hrnetv2_w18_hand21_256x256", "HRNetV2-W18"),
    ],
)
def test_a_checkpoint_becomes_a_file_that_answers_as_the_original(
    tmp_path: Path, command: Command, picture: Image, arch: str, dialect: str, file: str, case: str, name: str
) -> None:
    target = tmp_path / "out.onnx"
    code, told, wrong = command("pose", save(tmp_path / file, arch, dialect), "-o", target)
    assert (code, wrong) == (0, "")
    assert name in told
    assert "Largest difference to PyTorch" in told
    onnx.checker.check_model(str(target), full_check=True)
    assert [path.name for path in tmp_path.iterdir() if path.name not in (file, "out.onnx")] == []

    about = json.loads((GOLDEN / "networks" / "cases.json").read_text())[case]
    fed = rule.fixed_input(about["batch"], *about["input_hw"], about["input_seed"])
    network = verify.open_on_cpu(target, fed[:1].shape)
    with np.load(GOLDEN / "networks" / f"{case}.npz") as golden:
        wanted = golden["output"]
        assert np.abs(network.run([fed])[0] - wanted).max() <= 1e-4 * np.abs(wanted).max()
    assert network.run([np.concatenate([fed[:1]] * 5)])[0].shape[0] == 5

    estimator = open_estimator(target, "cpu", flip_test=True)
    keypoints = int(arch.rpartition("k")[2])
    assert estimator(picture, BOXES).shape == (3, keypoints, 3)
    card = card_in(target)
    assert card.provenance.network == name
    assert card.provenance.source == file
    assert card.provenance.sha256 == sha256_of(tmp_path / file)


def test_a_result_that_is_not_the_same_network_is_not_kept(
    small_checkpoint: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.onnx"
    target.write_bytes(b"what was here before")
    monkeypatch.setattr(verify, "EXACT", -1.0)
    code, _, wrong = command("pose", small_checkpoint, "-o", target)
    assert code == 2
    assert wrong.startswith("The converted network differs from the original by")
    assert wrong.count("\n") == 1
    assert target.read_bytes() == b"what was here before"
    assert [path.name for path in tmp_path.iterdir()] == ["out.onnx"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-o", "no/such/folder/out.onnx"], "folder that exists"),
        (["-o", "out.pth"], "ending in .onnx"),
        (["--half", "--int8", "."], "not both"),
        (["--opset", "99"], "Opset 99"),
        (["--int8", "no-such-folder"], "There is no folder"),
        (["--input", "100x100"], "multiples of 32"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    small_checkpoint: Path,
    tmp_path: Path,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, wrong = command("pose", small_checkpoint, *arguments)
    assert code == 2
    assert told in wrong
    assert wrong.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_checkpoint_is_told_in_one_line(tmp_path: Path, command: Command) -> None:
    (tmp_path / "page.pth").write_text("<html>")
    code, _, wrong = command("pose", tmp_path / "page.pth", "-o", tmp_path / "out.onnx")
    assert (code, wrong.count("\n")) == (2, 1)
    assert "web page" in wrong


def test_an_older_opset_is_written(small_checkpoint: Path, tmp_path: Path, command: Command) -> None:
    assert command("pose", small_checkpoint, "-o", tmp_path / "old.onnx", "--opset", 13)[0] == 0
    assert onnx.load(tmp_path / "old.onnx").opset_import[0].version == 13


def test_half_the_precision_takes_half_the_room(
    small_checkpoint: Path, small: Path, tmp_path: Path, command: Command
) -> None:
    code, told, _ = command("pose", small_checkpoint, "-o", tmp_path / "half.onnx", "--half")
    assert code == 0
    assert "Maps change by 0.00" in told
    assert "Keypoints move by: median" in told
    assert (tmp_path / "half.onnx").stat().st_size < 0.55 * small.stat().st_size
    network = verify.open_on_cpu(tmp_path / "half.onnx", (1, 3, 256, 192))
    assert {tensor.type for tensor in network.inputs + network.outputs} == {"tensor(float)"}
    assert card_in(tmp_path / "half.onnx").provenance.precision == "float16"


def test_int8_is_calibrated_on_people_in_pictures(
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
    code, told, wrong = command("pose", small_checkpoint, "-o", tmp_path / "int8.onnx", "--int8", folder)
    assert (code, wrong) == (0, "")
    assert "Calibrating INT8 on" in told
    assert (tmp_path / "int8.onnx").stat().st_size < 0.75 * small.stat().st_size
    assert card_in(tmp_path / "int8.onnx").provenance.precision == "int8"
    assert open_estimator(tmp_path / "int8.onnx", "cpu")(picture, BOXES).shape == (3, 17, 3)

    empty = tmp_path / "empty"
    empty.mkdir()
    assert "has no pictures" in command("pose", small_checkpoint, "-o", tmp_path / "x.onnx", "--int8", empty)[2]
    cv2.imwrite(str(empty / "grey.png"), np.full((200, 200, 3), 127, np.uint8))
    assert "Nobody is seen" in command("pose", small_checkpoint, "-o", tmp_path / "x.onnx", "--int8", empty)[2]
    assert not (tmp_path / "x.onnx").exists()


def test_a_network_that_a_bad_calibration_has_spoilt_is_not_kept(
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
    monkeypatch.setattr(convert, "normalise", lambda crops, picture: 0.01 * normalise(crops, picture))
    code, _, wrong = command("pose", small_checkpoint, "-o", tmp_path / "int8.onnx", "--int8", folder)
    assert (code, wrong.count("\n")) == (2, 1)
    assert wrong.startswith("The converted network is another one: its maps change by")
    assert not (tmp_path / "int8.onnx").exists()


def test_a_place_is_certain_where_no_other_peak_is_nearly_as_high(small: Path) -> None:
    card = card_in(small)
    maps = np.zeros((1, 5, 64, 48), np.float32)
    maps[0, :, 20, 10] = 1.0
    maps[0, 1, 50, 40] = 0.8  # another place
    maps[0, 2, 23, 8] = 0.9  # the flank of the same peak
    maps[0, 3] *= 0.1  # not seen at all
    maps[0, 4] *= 0.4  # low beside the others
    assert verify.certain(card, [maps]).tolist() == [[True, False, True, False, False]]


def test_noise_is_a_part_of_the_magnitude() -> None:
    before = np.array([[3.0, 4.0]])
    assert verify.noise([before], [before * 1.1]) == pytest.approx(0.1)
    assert verify.noise([before], [before]) == 0


def test_a_fused_network_runs_like_any_other(
    small_checkpoint: Path, small: Path, tmp_path: Path, command: Command, picture: Image
) -> None:
    assert command("pose", small_checkpoint, "-o", tmp_path / "fused.onnx", "--fused")[0] == 0
    card = card_in(tmp_path / "fused.onnx")
    assert card.picture.raw
    assert card.codec == Keypoints()
    plain, fused = open_estimator(small, "cpu"), open_estimator(tmp_path / "fused.onnx", "cpu")
    assert fused(picture, BOXES) == pytest.approx(plain(picture, BOXES), abs=1e-3)
    fused.flip_test = True
    assert np.isfinite(fused(picture, BOXES)).all()


def test_fused_and_half_go_together(small_checkpoint: Path, tmp_path: Path, command: Command, picture: Image) -> None:
    assert command("pose", small_checkpoint, "-o", tmp_path / "both.onnx", "--fused", "--half")[0] == 0
    card = card_in(tmp_path / "both.onnx")
    assert (card.picture.raw, card.provenance.precision) == (True, "float16")
    assert open_estimator(tmp_path / "both.onnx", "cpu")(picture, BOXES).shape == (3, 17, 3)


def test_checking_needs_no_network_connection(stance_home: Path, small: Path) -> None:
    crops, what = check_crops(card_in(small))
    assert len(crops) >= 3
    assert "made-up" in what


def test_info_tells_the_card_in_words_and_as_json(small: Path, command: Command) -> None:
    code, words, _ = command("info", small)
    assert code == 0
    for told in ("17 keypoints (coco17)", "192x256", "SimpleBaseline ResNet-18", "assumed", "small_256x192.pth"):
        assert told in words
    code, text, _ = command("info", small, "--json")
    assert read_card(text, "json") == card_in(small)


def test_info_guesses_for_a_file_without_a_card(small: Path, tmp_path: Path, command: Command) -> None:
    model: Any = onnx.load(small)
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "foreign.onnx")
    code, words, _ = command("info", tmp_path / "foreign.onnx")
    assert code == 0
    assert "assumed" in words
    assert "color" in words
    assert command("info", tmp_path / "none.onnx")[0] == 2
    assert isinstance(card_in(small).codec, Heatmap)

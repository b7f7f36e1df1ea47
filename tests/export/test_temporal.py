"""DCPose: a network that takes crops of three frames is converted, and the app feeds it with the frames in order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cli import headless
from app.core.people import Frame
from app.core.settings import RunOptions, Settings
from app.engine import Engine, Result
from app.inference.model_card import Heatmap
from app.inference.temporal_card import TemporalCard
from app.pose.crop import box_region, crop_people, to_input
from app.pose.model import Candidates
from app.pose.open_model import open_pose_model
from app.pose.temporal import TemporalEstimator
from app.sinks.jsonl_reader import read_recording
from tests.plugins.clips import run, write_clip

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")

from export.__main__ import main  # noqa: E402
from export.architecture import infer_architecture  # noqa: E402
from export.info import card_of, describe_card  # noqa: E402
from export.plans.dcpose import DCPosePlan  # noqa: E402
from export.plans.hrnet import HRNetPlan  # noqa: E402
from models.dcpose import DCPoseShape, Step  # noqa: E402
from models.deform_conv import deform_conv  # noqa: E402
from models.head import Head  # noqa: E402
from models.hrnet import Stage  # noqa: E402
from models.resnet import Bottleneck  # noqa: E402
from tests.golden_weights import save_state  # noqa: E402

Command = Callable[..., tuple[int, str, str]]
BOX = np.array([[20, 10, 140, 170], [60, 40, 200, 230]], np.float32)
PLAN = DCPosePlan(
    HRNetPlan(8, Stage(1, (8,), (1,), Bottleneck), (Stage(1, (8, 16), (1, 1)),), Head(17), merged=False, rows=1),
    DCPoseShape(17, (Step(68, 5, 9),), (Step(51, 4, 17),), (Step(26, 4, 8), Step(8, 3, 12)), 2),
)
"""A small network."""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    return save_state(tmp_path_factory.mktemp("dcpose") / "dcpose_128x96.pth", dict(PLAN.build().state_dict()))


@pytest.fixture(scope="module")
def converted(checkpoint: Path) -> Path:
    target = checkpoint.with_name("dcpose.onnx")
    assert main(["pose", str(checkpoint), "-o", str(target)]) == 0
    return target


def noise_frames(count: int = 3) -> list[Frame]:
    random = np.random.default_rng(4)
    return [Frame(index, index / 25, random.integers(0, 255, (240, 220, 3), np.uint8)) for index in range(count)]


def test_sizes_are_read_from_the_weights(checkpoint: Path) -> None:
    state: dict[str, Any] = torch.load(checkpoint)
    assert infer_architecture({name: tuple(weight.shape) for name, weight in state.items()}, "dcpose").plan == PLAN


def test_card_says_which_frames_are_needed(converted: Path) -> None:
    card = card_of(converted)
    assert isinstance(card, TemporalCard)
    assert (card.history, card.picture.size, card.picture.color) == ((1, 1), (96, 128), "rgb")
    assert (card.codec, card.skeleton, card.provenance.network) == (Heatmap(), "coco17", "DCPose HRNet-W8")
    assert "three crops, 1 frame before and 1 after" in describe_card(card, converted)


def test_the_app_feeds_the_frames_in_the_order_of_the_network(converted: Path, checkpoint: Path) -> None:
    model = open_pose_model(converted, "cpu")
    assert isinstance(model, TemporalEstimator)
    assert model.info.history == (1, 1)
    frames, card = noise_frames(), model.card
    centers, extents = box_region(BOX, card.picture.size, card.padding)
    crops = [
        to_input(crop_people(frame.image, centers, extents, card.picture, card.udp), card.picture) for frame in frames
    ]
    network = PLAN.build().eval()
    network.load_state_dict(torch.load(checkpoint))
    with torch.inference_mode():
        inputs = torch.from_numpy(np.concatenate([crops[1], crops[0], crops[2]], axis=1))
        wanted = network(inputs, torch.ones(1, 2))[1].numpy()
    outputs, _, _ = model._outputs([frames[place].image for place in (1, 0, 2)], BOX, flip_test=False)
    np.testing.assert_allclose(outputs[0], wanted, atol=1e-4 * np.abs(wanted).max())
    estimated = model.estimate(frames, Candidates.from_boxes(BOX, np.ones(2, np.float32)))
    reversed_frames = model.estimate(frames[::-1], Candidates.from_boxes(BOX, np.ones(2, np.float32)))
    assert estimated.poses.shape == (2, 17, 3)
    assert np.abs(estimated.poses - reversed_frames.poses).max() > 1e-3
    assert len(model.heatmap(frames[1].image, BOX, 0)) == 2
    assert model.estimate(frames, Candidates.from_boxes(BOX[:0], np.empty(0, np.float32))).poses.shape == (0, 17, 3)


def test_flip_test_of_a_symmetric_picture_is_symmetric(converted: Path) -> None:
    model = open_pose_model(converted, "cpu", flip_test=True)
    image = np.random.default_rng(2).integers(0, 255, (240, 100, 3), np.uint8)
    frames = [Frame(index, 0.0, np.concatenate([image, image[:, ::-1]], axis=1)) for index in range(3)]
    box = Candidates.from_boxes(np.array([[20, 0, 180, 240]], np.float32), np.ones(1, np.float32))
    poses = model.estimate(frames, box).poses[0]
    assert np.isfinite(poses).all()
    order = model.info.skeleton.flip_order
    np.testing.assert_allclose(poses[:, 2], poses[order, 2], atol=0.05)


def test_files_are_analysed_with_look_ahead(converted: Path, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "levels.mp4", [20, 90, 160, 220])
    settings = Settings(pose=str(converted), detector="none", device="cpu", smooth="none")
    recording = run(settings, clip, tmp_path / "out.jsonl")
    assert [poses.index for poses in recording.poses] == [0, 1, 2, 3]


class Camera:
    """A live source of six frames of noise: each comes when the one two before it has left the engine, not later."""

    name, size, fps, frames, duration_s = "camera", (220, 240), 25.0, None, None
    live, still = True, False

    def __init__(self) -> None:
        self.published = threading.Semaphore(2)
        self._frames = iter(noise_frames(6))

    def read(self) -> Frame | None:
        assert self.published.acquire(timeout=120), "a frame waits for more than the next one"
        return next(self._frames, None)

    def frame_name(self, index: int) -> str:
        return ""

    def close(self) -> None:
        self.published.release()


def test_a_camera_is_one_frame_late_and_the_summary_says_so(
    converted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    camera = Camera()

    class Counted(Engine):
        def __init__(self, *given: Any, on_result: Callable[[Result], None], **named: Any) -> None:
            def published(result: Result) -> None:
                on_result(result)
                camera.published.release()

            super().__init__(*given, on_result=published, **named)

    monkeypatch.setattr(headless, "open_source", lambda *_, **__: camera)
    monkeypatch.setattr(headless, "Engine", Counted)
    settings = Settings(pose=str(converted), detector="none", device="cpu", smooth="none")
    assert headless.run_headless(settings, RunOptions("0", (tmp_path / "out.jsonl",))) == 0
    assert [poses.index for poses in read_recording(tmp_path / "out.jsonl").poses] == [0, 1, 2, 3, 4, 5]
    output, errors = capsys.readouterr()
    name = card_of(converted).name
    assert f"late by 1 frame: {name} needs later ones too\n" in output
    assert f"{name} also needs later frames (1): live pictures are shown that much later." in errors


@pytest.mark.parametrize("flag", ["--fused", "--int8"])
def test_forms_for_single_crops_are_refused(checkpoint: Path, tmp_path: Path, command: Command, flag: str) -> None:
    flags = [flag, tmp_path] if flag == "--int8" else [flag]
    code, _, error = command("pose", checkpoint, "-o", tmp_path / "out.onnx", *flags)
    assert code == 2
    assert f"takes crops of three frames, for which {flag} is not made" in error


def test_old_operator_sets_are_refused(checkpoint: Path, tmp_path: Path, command: Command) -> None:
    code, _, error = command("pose", checkpoint, "-o", tmp_path / "out.onnx", "--opset", "15")
    assert code == 2
    assert "has operators that opset 15 lacks: wanted --opset 16 or newer" in error


@pytest.mark.slow
def test_fp16_is_checked(checkpoint: Path, tmp_path: Path, command: Command) -> None:
    code, output, error = command("pose", checkpoint, "-o", tmp_path / "half.onnx", "--half")
    assert (code, error) == (0, "")
    assert "Heatmaps change by 0.00" in output
    card = card_of(tmp_path / "half.onnx")
    assert card.provenance.precision == "float16"
    assert open_pose_model(tmp_path / "half.onnx", "cpu").info.history == (1, 1)


@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 3)])
def test_deformable_convolution_without_offsets_is_a_convolution(stride: int, dilation: int) -> None:
    torch.manual_seed(1)
    x, weight, bias = torch.randn(2, 6, 9, 11), torch.randn(5, 6, 3, 3), torch.randn(5)
    wanted = torch.nn.functional.conv2d(x, weight, bias, stride, dilation, dilation)
    offsets = torch.zeros(2, 2 * 3 * 9, *wanted.shape[2:])
    given = deform_conv(x, weight, bias, offsets, None, stride, dilation, dilation)
    torch.testing.assert_close(given, wanted, atol=1e-4, rtol=1e-4)


def test_deformable_convolution_follows_offsets_and_masks() -> None:
    torch.manual_seed(2)
    x, weight = torch.randn(1, 2, 8, 8), torch.randn(3, 2, 1, 1)
    offsets = torch.zeros(1, 4, 8, 8)
    offsets[:, 0], offsets[:, 1] = 1, -2  # the first channel one row down and two columns to the left
    masks = torch.full((1, 2, 8, 8), 0.5)
    moved = torch.zeros_like(x)
    moved[:, 0, :7, 2:] = x[:, 0, 1:, :6]
    moved[:, 1] = x[:, 1]
    wanted = torch.nn.functional.conv2d(moved * 0.5, weight)
    torch.testing.assert_close(deform_conv(x, weight, None, offsets, masks), wanted, atol=1e-5, rtol=1e-5)

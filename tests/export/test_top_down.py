"""Small networks of every top-down architecture, converted and run in the app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from app.core.errors import StanceError
from app.detection.detector import WholeFrame
from app.inference.model_card import PoseCard
from app.pose.top_down import open_estimator

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")

from export.architecture import infer_architecture, load  # noqa: E402
from export.checkpoint import Checkpoint  # noqa: E402
from export.info import card_of  # noqa: E402
from export.options import ConvertOptions, resolve_options  # noqa: E402
from export.plans import vipnas  # noqa: E402
from export.plans.mmpose_heads import HeatmapHeadPlan, RegressionHeadPlan  # noqa: E402
from export.plans.token_pose import TokenPosePlan  # noqa: E402
from export.plans.top_down import TopDownPlan  # noqa: E402
from models.head import Head  # noqa: E402
from models.vipnas_mobilenet import SearchedBlock  # noqa: E402
from tests.export.top_down_networks import DECONVS, RESNET18, VARIANTS, state_of  # noqa: E402
from tests.golden_weights import save_state  # noqa: E402

Command = Callable[..., tuple[int, str, str]]

CONVERTED = ("rtmpose", "vitpose", "rle", "prtr")
"""Variants that are converted in every run; the others are converted in slow runs only."""


@pytest.mark.parametrize("name", VARIANTS)
def test_sizes_are_read_from_the_weights(name: str) -> None:
    plan = VARIANTS[name].plan
    with torch.device("meta"):
        shapes = {key: tuple(weight.shape) for key, weight in plan.build().state_dict().items()}
    assert infer_architecture(shapes, name).plan == plan


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in CONVERTED else pytest.mark.slow) for name in VARIANTS]
)
def test_converted_network_runs_in_the_app(tmp_path: Path, command: Command, name: str) -> None:
    variant = VARIANTS[name]
    dialect = "mmpose1" if isinstance(variant.plan, TopDownPlan) else "original"
    path = save_state(tmp_path / "mine.pth", state_of(variant.plan), dialect)
    code, output, error = command("pose", path, "-o", tmp_path / "mine.onnx", *variant.flags)
    assert (code, error) == (0, "")
    assert variant.plan.name in output
    card = card_of(tmp_path / "mine.onnx")
    assert isinstance(card, PoseCard)
    assert (card.picture.size, card.picture.color, card.codec) == (variant.size, "rgb", variant.codec)
    estimator = open_estimator(tmp_path / "mine.onnx", "cpu", flip_test=True)
    poses = estimator(np.zeros((200, 160, 3), np.uint8), np.array([[10, 10, 100, 190]] * 3, np.float32))
    assert poses.shape == (3, variant.plan.maps, 3)
    assert np.isfinite(poses).all()


def test_lite_hrnet_can_be_fused(tmp_path: Path, command: Command) -> None:
    path = save_state(tmp_path / "mine.pth", state_of(VARIANTS["lite-hrnet"].plan), "mmpose1")
    code, output, error = command("pose", path, "-o", tmp_path / "mine.onnx", "--fused")
    assert (code, error) == (0, "")
    assert "Fusing moves keypoints by" in output


@pytest.mark.parametrize(
    ("name", "flags", "reason"),
    [
        ("rtmpose", ("--input", "192x256"), "wanted 192x224, for which its weights are made"),
        ("rtmpose", ("--decode", "dark"), "outputs no heatmaps"),
        ("rtmpose", ("--heads", "2"), "cannot have 2 attention heads"),
        pytest.param("vitpose", ("--int8", "images"), "no convolutions that INT8 makes faster", marks=pytest.mark.slow),
        ("vitpose", ("--heads", "7"), "wanted --heads with a divisor of 96"),
        ("deeppose", ("--fused",), "only their decoding can be fused"),
        ("deeppose", ("--debias",), "is no integral regression: wanted no --beta and no --debias"),
        ("ipr", ("--beta", "0"), "wanted a number above 0, up to 1000"),
    ],
)
def test_flags_that_do_not_fit_are_refused(
    tmp_path: Path,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    flags: tuple[str, ...],
    reason: str,
) -> None:
    path = save_state(tmp_path / "mine.pth", state_of(VARIANTS[name].plan), "mmpose1")
    (tmp_path / "images").mkdir()
    picture = np.random.default_rng(0).integers(0, 255, (300, 200, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "images" / "one.png"), picture)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("export.crops.open_detector", lambda *_: WholeFrame())
    code, _, error = command("pose", path, "-o", tmp_path / "mine.onnx", *flags)
    assert code == 2
    assert reason in error
    assert not (tmp_path / "mine.onnx").exists()


def test_names_of_the_authors_of_vitpose_are_read() -> None:
    plan = VARIANTS["vitpose"].plan
    names = {
        "backbone.layers.": "backbone.blocks.",
        ".ln1.": ".norm1.",
        ".ln2.": ".norm2.",
        "ffn.layers.0.0.": "mlp.fc1.",
        "ffn.layers.1.": "mlp.fc2.",
        "backbone.ln1.": "backbone.last_norm.",
        "backbone.norm1.": "backbone.last_norm.",
        "class_pos_embed": "pos_embed",
        "projection": "proj",
        "head.": "keypoint_head.",
    }
    shapes = {}
    for key, weight in state_of(plan).items():
        for own, theirs in names.items():
            key = key.replace(own, theirs)
        shapes[key] = tuple(weight.shape)
    found = infer_architecture(shapes, "vitpose")
    assert (found.plan, found.dialect) == (plan, "mmpose 0.x")


def test_flow_of_rle_tells_deviations_from_keypoints() -> None:
    plan = TopDownPlan(RESNET18, RegressionHeadPlan(14, 4))
    shapes = {key: tuple(weight.shape) for key, weight in state_of(plan).items()}
    assert infer_architecture(shapes, "rle").plan == TopDownPlan(RESNET18, RegressionHeadPlan(28))
    shapes |= {"head.loss_module.flow_model.s.0.0.weight": (64, 2)}
    found = infer_architecture(shapes, "rle")
    assert found.plan == plan
    assert "head.loss_module.flow_model.s.0.0.weight" not in found.names


def test_number_of_attention_heads_changes_the_output() -> None:
    plan = VARIANTS["vitpose-simple"].plan
    state = state_of(plan)
    networks = [plan.build(heads=heads).eval() for heads in ("1", "4")]
    inputs = torch.rand(1, 3, 128, 128)
    outputs = []
    for network in networks:
        network.load_state_dict(state)
        with torch.inference_mode():
            outputs.append(network(inputs))
    assert (outputs[0] - outputs[1]).abs().max() > 1e-4


def test_integral_regression_is_debiased_by_flag_or_file_name(tmp_path: Path) -> None:
    plan = VARIANTS["ipr-hrnetv2"].plan
    state = state_of(plan)
    shapes = {key: tuple(weight.shape) for key, weight in state.items()}
    found = infer_architecture(shapes, "ipr")

    def choices(name: str, **flags: Any) -> Any:
        checkpoint = Checkpoint(tmp_path / name, "", "", state)
        return resolve_options(checkpoint, found, ConvertOptions(**flags)).choices

    assert choices("ipr_res50.pth") == {"fusing": "bilinear", "beta": "1", "debias": "no"}
    assert choices("ipr_res50_debias.pth") == {"fusing": "bilinear", "beta": "10", "debias": "yes"}
    assert choices("mine.pth", beta=2.5, debias=True) == {"fusing": "bilinear", "beta": "2.5", "debias": "yes"}
    outputs = []
    for chosen in ({"beta": "1", "debias": "no"}, {"beta": "1", "debias": "yes"}, {"beta": "8", "debias": "no"}):
        network = load(state, found, "ipr", **chosen)
        with torch.inference_mode():
            outputs.append(network(torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(0)))[0])
    assert not torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])


def test_neighboring_stages_of_a_vipnas_may_have_the_same_width() -> None:
    blocks = [SearchedBlock(32, 16, 3, 4), SearchedBlock(48, 16, 3, 4), *(SearchedBlock(64, 24, k, 4) for k in (3, 5))]
    stages = tuple((block,) * 2 for block in (*blocks, SearchedBlock(64, 24, 5, 8), SearchedBlock(64, 24, 5, 8, 4)))
    plan = TopDownPlan(vipnas.ViPNASMobileNetPlan(8, stages), HeatmapHeadPlan(Head(17, deconvs=DECONVS)))
    shapes = {key: tuple(weight.shape) for key, weight in state_of(plan).items()}
    assert infer_architecture(shapes, "vipnas").plan == plan


def test_blocks_that_are_not_known_name_the_nearest_architectures() -> None:
    shapes = {key: tuple(weight.shape) for key, weight in state_of(VARIANTS["simcc-hrnet"].plan).items()}
    shapes = {key.replace("conv1.weight", "attn.weight"): shape for key, shape in shapes.items() if "stage" in key}
    shapes |= {"backbone.layer1.0.conv1.weight": (8, 8, 3, 3), "head.final_layer.weight": (17, 8, 1, 1)}
    with pytest.raises(StanceError, match=r"no architecture that Stance supports; nearest by names: .*HRNet"):
        infer_architecture(shapes, "net.pth")


def test_patches_fill_the_heatmap_of_a_tokenpose() -> None:
    plan = VARIANTS["tokenpose"].plan
    assert isinstance(plan, TokenPosePlan)
    wide = replace(plan, shape=replace(plan.shape, patch=(2, 1), patches=384))
    shapes = {key: tuple(weight.shape) for key, weight in state_of(wide).items()}
    assert infer_architecture(shapes, "tokenpose").plan in (
        wide,
        replace(wide, shape=replace(wide.shape, patch=(1, 2))),
    )

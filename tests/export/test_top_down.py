"""Small networks of every top-down architecture, of other sizes than the published, converted and run in the app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import cv2
import numpy as np
import pytest

from app.core.errors import StanceError
from app.detection.detector import WholeFrame
from app.inference.model_card import Heatmap, PoseCard, Queries, Regression, SimCC
from app.pose.top_down import open_estimator

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")

from export.architecture import infer_architecture, load  # noqa: E402
from export.checkpoint import Checkpoint  # noqa: E402
from export.info import card_of  # noqa: E402
from export.options import ConvertOptions, resolve_options  # noqa: E402
from export.plans import (  # noqa: E402
    csp_next,
    hrformer,
    lite_hrnet,
    mobilenet_v2,
    prtr,
    residual_variants,
    shufflenet,
    swin,
    transpose,
    vgg,
    vipnas,
    vision_transformer,
)
from export.plans.hrnet import Branches  # noqa: E402
from export.plans.hrnet_heads import HRNetBackbonePlan  # noqa: E402
from export.plans.mmpose_heads import (  # noqa: E402
    HeatmapHeadPlan,
    IntegralHeadPlan,
    RegressionHeadPlan,
    RTMHeadPlan,
    SimCCHeadPlan,
)
from export.plans.plan import Plan  # noqa: E402
from export.plans.resnet import ResNetBackbone  # noqa: E402
from export.plans.simple_baseline import ResNetPlan  # noqa: E402
from export.plans.token_pose import StemPlan, TokenPosePlan  # noqa: E402
from export.plans.top_down import TopDownPlan  # noqa: E402
from models.csp_next import CSPStage  # noqa: E402
from models.head import Head, Layer  # noqa: E402
from models.hrformer import FormerStage  # noqa: E402
from models.hrnet import Stage  # noqa: E402
from models.lite_hrnet import LiteStage, LiteStem  # noqa: E402
from models.prtr import QueryShape  # noqa: E402
from models.residual_variants import VariantLayer  # noqa: E402
from models.resnet import BasicBlock, Bottleneck  # noqa: E402
from models.rtm_head import RTMHeadShape  # noqa: E402
from models.shufflenet import ShuffleStage  # noqa: E402
from models.swin import SwinStage  # noqa: E402
from models.token_pose import TokenShape  # noqa: E402
from models.transpose import EncoderShape  # noqa: E402
from models.vipnas_mobilenet import SearchedBlock  # noqa: E402
from models.vipnas_resnet import ContextLayer  # noqa: E402
from models.vision_transformer import TransformerShape  # noqa: E402
from tests.golden_weights import save_state  # noqa: E402

Command = Callable[..., tuple[int, str, str]]


class Variant(NamedTuple):
    """A network, and what its card has to say: size (width, height) and codec."""

    plan: Plan
    size: tuple[int, int]
    codec: Any
    flags: tuple[str, ...] = ()


RESNET18 = ResNetBackbone(ResNetPlan(BasicBlock, (1, 1, 1, 1), 8))
FIRST = Stage(1, (8,), (1,), Bottleneck)
DECONVS = (Layer(16, 4),) * 3


def branches(width: int, number: int, rows: int) -> Branches:
    stages = tuple(
        Stage(1, tuple(width * 2**branch for branch in range(count)), (1,) * count) for count in range(2, number + 1)
    )
    return Branches(8, FIRST, stages, rows)


def variant(
    kind: Literal["plain", "calibrated", "split"],
    stem: tuple[int, ...] = (8,),
    groups: int = 1,
    squeezed: int = 0,
    radix: int = 1,
    pooled: bool = False,
) -> residual_variants.VariantPlan:
    layers = ((8, 16, 2), (12, 24, 1), (16, 32, 1))
    return residual_variants.VariantPlan(
        stem, tuple(VariantLayer(kind, *sizes, groups, squeezed, radix) for sizes in layers), pooled
    )


HEATMAPS = HeatmapHeadPlan(Head(17, deconvs=(Layer(8, 4),) * 2))


VARIANTS: dict[str, Variant] = {
    "rtmpose": Variant(
        TopDownPlan(
            csp_next.CSPNeXtPlan(
                (4, 4, 8),
                (CSPStage(16, 8, 1), CSPStage(24, 12, 2), CSPStage(32, 16, 1, 3), CSPStage(48, 24, 2, pooled=24)),
            ),
            RTMHeadPlan(RTMHeadShape(21, 5, 42, 40, 24, 56, (288, 336))),
        ),
        (192, 224),
        SimCC(1.5),
    ),
    "vitpose": Variant(
        TopDownPlan(
            vision_transformer.VisionTransformerPlan(TransformerShape(96, 2, 12, 160, 16, 108, classed=True)),
            HeatmapHeadPlan(Head(16, deconvs=(Layer(24, 4), Layer(16, 4)))),
        ),
        (144, 192),
        Heatmap("udp"),
    ),
    "vitpose-simple": Variant(
        TopDownPlan(
            vision_transformer.VisionTransformerPlan(TransformerShape(64, 1, 1, 96, 16, 64)),
            HeatmapHeadPlan(Head(14, 3), 4),
        ),
        (128, 128),
        Heatmap("udp"),
        ("--heads", "4", "--input", "128x128"),
    ),
    "deeppose": Variant(TopDownPlan(RESNET18, RegressionHeadPlan(16)), (256, 256), Regression()),
    "rle": Variant(TopDownPlan(RESNET18, RegressionHeadPlan(17, 4)), (192, 256), Regression()),
    "ipr": Variant(
        TopDownPlan(RESNET18, IntegralHeadPlan(Head(17, deconvs=DECONVS), (32, 24))), (96, 128), Regression()
    ),
    "simcc": Variant(
        TopDownPlan(RESNET18, SimCCHeadPlan(Head(17, deconvs=DECONVS), 48 * 32, (384, 576))),
        (128, 192),
        SimCC(3.0, refine="none"),
    ),
    "simcc-mobilenet": Variant(
        TopDownPlan(
            mobilenet_v2.MobileNetV2Plan(8, tuple(((8, 8 + 4 * n), (16, 8 + 4 * n)) for n in range(7)), 64),
            SimCCHeadPlan(Head(17), 6 * 4, (256, 384), wrapped=False),
        ),
        (128, 192),
        SimCC(2.0, refine="none"),
    ),
    "mobilenet": Variant(
        TopDownPlan(
            mobilenet_v2.MobileNetV2Plan(16, tuple(((16, 16), (32, 16)) for _ in range(7)), 64),
            HeatmapHeadPlan(Head(16, deconvs=DECONVS)),
        ),
        (256, 256),
        Heatmap(),
    ),
    "vipnas-resnet": Variant(
        TopDownPlan(
            vipnas.ViPNASResNetPlan(
                8, tuple(ContextLayer(16, 16, 2, kernel, 4, context) for kernel, context in ((3, 4), (5, 0), (7, 8)))
            ),
            HeatmapHeadPlan(Head(17, deconvs=(Layer(8, 4, groups=4), Layer(8, 4, groups=2)))),
        ),
        (192, 256),
        Heatmap(),
    ),
    "vipnas-mobilenet": Variant(
        TopDownPlan(
            vipnas.ViPNASMobileNetPlan(
                8,
                tuple(
                    (SearchedBlock(2 * width, width, 3 + 2 * (width % 3), 4, width % 3 and 4),) * 2
                    for width in (12, 16, 20, 24, 28, 32)
                ),
            ),
            HeatmapHeadPlan(Head(17, deconvs=(Layer(16, 4, groups=16),) * 3)),
        ),
        (192, 256),
        Heatmap(),
    ),
    "lite-hrnet": Variant(
        TopDownPlan(
            lite_hrnet.LiteHRNetPlan(
                LiteStem(16, 8, 12, 8),
                (LiteStage(1, (20, 40), 1, 5, (3, 6)), LiteStage(2, (20, 40, 80), 2, 9, (3, 6, 12))),
            ),
            HeatmapHeadPlan(Head(17)),
        ),
        (192, 256),
        Heatmap(),
    ),
    "naive-lite-hrnet": Variant(
        TopDownPlan(
            lite_hrnet.LiteHRNetPlan(
                LiteStem(16, 8, 12, 8), (LiteStage(1, (10, 20), 2), LiteStage(2, (10, 20, 40), 1)), iterative=False
            ),
            HeatmapHeadPlan(Head(14)),
        ),
        (192, 256),
        Heatmap(),
    ),
    "simcc-hrnet": Variant(
        TopDownPlan(HRNetBackbonePlan(branches(8, 4, 1)), SimCCHeadPlan(Head(17), 768, (288, 384), wrapped=False)),
        (96, 128),
        SimCC(3.0, refine="none"),
    ),
    "rle-hrnet": Variant(
        TopDownPlan(HRNetBackbonePlan(branches(8, 4, 1)), RegressionHeadPlan(17, 4)), (192, 256), Regression()
    ),
    "ipr-hrnetv2": Variant(
        TopDownPlan(
            HRNetBackbonePlan(branches(8, 3, 3), merged=True), IntegralHeadPlan(Head(21), (32, 32), wrapped=False)
        ),
        (128, 128),
        Regression(),
        ("--beta", "10", "--debias"),
    ),
    "swin": Variant(
        TopDownPlan(
            swin.SwinPlan(4, 5, (SwinStage(8, 2, 2, 16), SwinStage(16, 3, 4, 24), SwinStage(32, 1, 4, 32))), HEATMAPS
        ),
        (192, 256),
        Heatmap(),
    ),
    "hrformer": Variant(
        TopDownPlan(
            hrformer.HRFormerPlan(
                Branches(
                    8,
                    FIRST,
                    (
                        FormerStage(1, (8, 16), (1, 2), BasicBlock, (1, 2), (7, 5), (16, 24)),
                        FormerStage(2, (8, 16, 32), (1, 1, 2), BasicBlock, (2, 2, 4), (7, 5, 3), (16, 24, 32)),
                    ),
                    1,
                )
            ),
            HeatmapHeadPlan(Head(16)),
        ),
        (256, 256),
        Heatmap(),
    ),
    "resnet-v1d": Variant(TopDownPlan(variant("plain", (4, 4, 8), pooled=True), HEATMAPS), (192, 256), Heatmap()),
    "resnext": Variant(TopDownPlan(variant("plain", groups=4), HEATMAPS), (192, 256), Heatmap()),
    "se-resnet": Variant(TopDownPlan(variant("plain", squeezed=3), HEATMAPS), (192, 256), Heatmap()),
    "scnet": Variant(TopDownPlan(variant("calibrated"), RegressionHeadPlan(17)), (192, 256), Regression()),
    "resnest": Variant(
        TopDownPlan(variant("split", (4, 4, 8), groups=2, squeezed=6, radix=2, pooled=True), HEATMAPS),
        (192, 256),
        Heatmap(),
    ),
    "shufflenet": Variant(
        TopDownPlan(
            shufflenet.ShuffleNetV1Plan(6, (ShuffleStage(24, 2), ShuffleStage(48, 1)), 3, 1),
            HeatmapHeadPlan(Head(16, deconvs=(Layer(16, 4),))),
        ),
        (256, 256),
        Heatmap(),
    ),
    "shufflenet-v2": Variant(
        TopDownPlan(shufflenet.ShuffleNetV2Plan(6, (ShuffleStage(12, 2), ShuffleStage(20, 1)), 32), HEATMAPS),
        (192, 256),
        Heatmap(),
    ),
    "vgg": Variant(
        TopDownPlan(vgg.VGGPlan(((8,), (8, 12), (16, 16, 16)), normalized=False), HEATMAPS), (192, 256), Heatmap()
    ),
    "alexnet": Variant(TopDownPlan(vgg.AlexNetPlan((8, 12, 16, 12, 8)), HEATMAPS), (192, 256), Heatmap()),
    "transpose-r": Variant(
        transpose.TransPosePlan(
            ResNetPlan(Bottleneck, (1, 2), 8), EncoderShape(48, 2, 8, 64, 192), Head(17, deconvs=(Layer(16, 4),))
        ),
        (96, 128),
        Heatmap("dark"),
    ),
    "transpose-h": Variant(
        transpose.TransPosePlan(branches(8, 3, 1), EncoderShape(24, 1, 1, 32, 768), Head(16)),
        (96, 128),
        Heatmap("dark"),
    ),
    "tokenpose": Variant(
        TokenPosePlan(StemPlan(8, FIRST), TokenShape(17, (2, 2), 192, 32, 2, 8, 40, 48, 0, 768)),
        (96, 128),
        Heatmap("dark"),
    ),
    "tokenpose-t": Variant(
        TokenPosePlan(None, TokenShape(14, (8, 8), 192, 32, 2, 16, 32, 48, 64, 768)), (96, 128), Heatmap("dark")
    ),
    "tokenpose-b": Variant(
        TokenPosePlan(branches(8, 3, 1), TokenShape(16, (4, 4), 64, 48, 3, 8, 48, 32, 0, 1024, learned=True)),
        (128, 128),
        Heatmap("dark"),
    ),
    "tokenpose-l": Variant(
        TokenPosePlan(branches(8, 3, 1), TokenShape(17, (4, 3), 64, 24, 2, 8, 24, 32, 0, 768, 3)),
        (96, 128),
        Heatmap("dark"),
    ),
    "prtr": Variant(
        prtr.PRTRPlan(
            prtr.FeaturesPlan(branches(8, 4, 4), (4, 8, 12, 16), 64), 64, QueryShape(32, 8, 48, 1, 2, 30, 18)
        ),
        (96, 128),
        Queries(),
        ("--input", "96x128"),
    ),
    "prtr-resnet": Variant(
        prtr.PRTRPlan(ResNetPlan(BasicBlock, (1, 1, 1, 1), 8), 64, QueryShape(16, 8, 24, 1, 1, 20, 17, 2)),
        (288, 384),
        Queries(),
    ),
}
"""The networks by name."""

CONVERTED = ("rtmpose", "vitpose", "rle", "prtr")
"""Variants that are converted in every run; the others are converted in slow runs only."""


def state_of(plan: Plan) -> dict[str, Any]:
    torch.manual_seed(0)
    return dict(plan.build().state_dict())


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

"""Small networks of every top-down architecture, of other sizes than the published."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import pytest

from app.inference.model_card import Heatmap, Queries, Regression, SimCC

torch = pytest.importorskip("torch", reason="the exporter needs PyTorch")

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


def state_of(plan: Plan) -> dict[str, Any]:
    torch.manual_seed(0)
    return dict(plan.build().state_dict())

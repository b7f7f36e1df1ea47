"""Small networks of further backbones and heads give the outputs of MMPose 1.3.2 (``tests/golden/mmpose_small.json``).

Each was built by MMPose and filled by ``rule2.fill`` with the name of the case; every ``step``-th number is stored.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

import numpy as np
import pytest

from tests.conftest import GOLDEN

torch = pytest.importorskip("torch", reason="the networks need PyTorch")

from export.architecture import infer_architecture, load  # noqa: E402
from export.plans.cpm import CPMPlan  # noqa: E402
from export.plans.hourglass import HourglassPlan  # noqa: E402
from export.plans.hrformer import HRFormerPlan  # noqa: E402
from export.plans.hrnet import Branches  # noqa: E402
from export.plans.hrnet_heads import HRNetBackbonePlan  # noqa: E402
from export.plans.lite_hrnet import LiteHRNetPlan  # noqa: E402
from export.plans.mmpose_heads import (  # noqa: E402
    HeatmapHeadPlan,
    IntegralHeadPlan,
    RegressionHeadPlan,
    SimCCHeadPlan,
)
from export.plans.mspn import MSPNPlan  # noqa: E402
from export.plans.plan import Plan  # noqa: E402
from export.plans.residual_variants import VariantPlan  # noqa: E402
from export.plans.shufflenet import ShuffleNetV1Plan, ShuffleNetV2Plan  # noqa: E402
from export.plans.swin import SwinPlan  # noqa: E402
from export.plans.top_down import BackbonePlan, TopDownPlan  # noqa: E402
from export.plans.vgg import AlexNetPlan, VGGPlan  # noqa: E402
from models.cpm import Layers  # noqa: E402
from models.head import Head, Layer  # noqa: E402
from models.hourglass import Levels  # noqa: E402
from models.hrformer import FormerStage  # noqa: E402
from models.hrnet import Stage  # noqa: E402
from models.lite_hrnet import LiteStage, LiteStem  # noqa: E402
from models.mspn import Unit  # noqa: E402
from models.residual_variants import VariantLayer  # noqa: E402
from models.resnet import BasicBlock, Bottleneck  # noqa: E402
from models.shufflenet import ShuffleStage  # noqa: E402
from models.swin import SwinStage  # noqa: E402
from tests.golden_networks import rule2  # noqa: E402

RELATIVE = 2e-5
"""Of the largest magnitude of an output; twice the difference that rounding makes in the most sensitive network."""
STORED: dict[str, dict[str, Any]] = json.loads((GOLDEN / "mmpose_small.json").read_text())
CHOICES = {"ipr-debias": {"beta": "4", "debias": "yes"}}


def heatmaps(backbone: BackbonePlan, keypoints: int = 17, deconvs: tuple[int, ...] = (8, 6)) -> TopDownPlan:
    return TopDownPlan(backbone, HeatmapHeadPlan(Head(keypoints, deconvs=tuple(Layer(maps, 4) for maps in deconvs))))


def variant(
    kind: Any,
    widths: int = 8,
    groups: int = 1,
    squeezed: tuple[int, ...] = (0,) * 4,
    radix: int = 1,
    deep: bool = False,
) -> TopDownPlan:
    layers = tuple(
        VariantLayer(kind, widths * 2**number, 32 * 2**number, blocks, groups, squeezed[number], radix)
        for number, blocks in enumerate((3, 4, 6, 3))
    )
    return heatmaps(VariantPlan((4, 4, 8) if deep else (8,), layers, pooled=deep))


STAGES = tuple(Stage(1, (8, 16, 32, 64)[:count], (1,) * count) for count in (2, 3, 4))
HRNET = HRNetBackbonePlan(Branches(64, Stage(1, (64,), (1,), Bottleneck), STAGES, 1))
FORMERS = tuple(
    FormerStage(
        *(1, STAGES[n].planes, (1,) * (n + 2), BasicBlock),
        heads=(1, 2, 4, 8)[: n + 2],
        windows=(7, 5, 3, 3)[: n + 2],
        hidden=tuple(2 * width for width in STAGES[n].planes),
    )
    for n in range(3)
)
HRFORMER = HRFormerPlan(Branches(64, Stage(1, (64,), (1,), Bottleneck), FORMERS, 1))
STEM = LiteStem(16, 8, 16, 8)

PLANS: dict[str, Plan] = {
    "resnet-v1d": variant("plain", deep=True),
    "resnext": variant("plain", widths=16, groups=4),
    "se-resnet": variant("plain", squeezed=(2, 4, 8, 16)),
    "scnet": variant("calibrated", widths=4),
    "resnest": variant("split", squeezed=(32, 32, 32, 32), radix=2, deep=True),
    "shufflenet": heatmaps(
        ShuffleNetV1Plan(12, (ShuffleStage(120, 4), ShuffleStage(240, 8), ShuffleStage(480, 4)), 3, 1)
    ),
    "shufflenet-v2": heatmaps(
        ShuffleNetV2Plan(24, (ShuffleStage(48, 4), ShuffleStage(96, 8), ShuffleStage(192, 4)), 1024)
    ),
    "vgg": heatmaps(VGGPlan(((64,), (128,), (256,) * 2, (512,) * 2, (512,) * 2), normalized=True)),
    "alexnet": heatmaps(AlexNetPlan((64, 192, 384, 256, 256))),
    "swin": heatmaps(
        SwinPlan(4, 5, tuple(SwinStage(8 << n, blocks, 1 << n, 16 << n) for n, blocks in enumerate((2, 2, 2, 1))))
    ),
    "hrformer": heatmaps(HRFORMER, deconvs=()),
    "naive-lite-hrnet": heatmaps(
        LiteHRNetPlan(STEM, (LiteStage(1, (12, 24), 2), LiteStage(2, (12, 24, 48), 1, 10, (1, 3, 6))), iterative=False),
        deconvs=(),
    ),
    "lite-hrnet-not-fused": heatmaps(
        LiteHRNetPlan(STEM, (LiteStage(1, (10, 20), 1, fused=False), LiteStage(1, (10, 20, 40), 2))), 14, ()
    ),
    "hourglass-deconvolutions": HourglassPlan(
        128, Levels((256, 24, 32), (1, 2, 1)), 2, Head(14, 3, (Layer(8, 4), Layer(6, 3))), 20
    ),
    "cpm-head": CPMPlan(
        Layers((128, 128, 128, 32, 512, 512), (9, 9, 9, 5, 9, 1)),
        Layers((128,) * 3, (9,) * 3),
        (Layers((16,) * 3, (11,) * 3),),
        (8, 5),
        14,
        Head(16),
    ),
    "rsn-refined": MSPNPlan(
        64, ((Unit(64, (20,)), Unit(128, (20, 40)), Unit(256, (40,))),) * 2, 16, 17, 3, refined=True
    ),
    "ipr-debias": TopDownPlan(HRNET, IntegralHeadPlan(Head(17), (16, 16), wrapped=False)),
    "ipr-deconvolution": TopDownPlan(HRNET, IntegralHeadPlan(Head(17, deconvs=(Layer(6, 4),)), (32, 32))),
    "simcc-hrnet": TopDownPlan(HRNET, SimCCHeadPlan(Head(17), 256, (128, 128), wrapped=False)),
    "rle-hrnet": TopDownPlan(HRNET, RegressionHeadPlan(17, 4)),
}


HEADS = ("multi_deconv_layers.", "multi_final_layers.", "predict_layers.")
"""Parts of the networks of several stages that MMPose has in the head."""


def mmpose_name(own: str) -> str:
    """The name that MMPose gives to a weight of a plan's network."""
    if own.startswith(("backbone.", "head.")):
        return own
    return f"head.{own}" if own.startswith(HEADS) else f"backbone.{own}"


@pytest.mark.parametrize("name", PLANS)
def test_network_output_matches_mmpose(name: str) -> None:
    stored, plan = STORED[name], PLANS[name]
    built = {mmpose_name(own): weight for own, weight in plan.build().state_dict().items()}
    shapes = {key: tuple(weight.shape) for key, weight in built.items()}
    listed = "\n".join(f"{key} {list(shape)}" for key, shape in sorted(shapes.items()))
    assert zlib.crc32(listed.encode()) == stored["weights"], "other names or shapes than MMPose's"
    found = infer_architecture(shapes, name)
    assert found.plan == plan
    filled = rule2.fill(list(shapes.items()), name, stored["spec"])
    state = built | {key: torch.as_tensor(array) for key, array in filled.items()}
    network = load(state, found, name, **CHOICES.get(name, {}))
    with torch.inference_mode():
        given = network(torch.from_numpy(rule2.image_input(1, stored["side"], stored["side"])))
    outputs = [given] if isinstance(given, torch.Tensor) else list(given)
    for row, output in zip(stored["outputs"], outputs, strict=True):
        assert list(output.shape) == row["shape"]
        difference = np.abs(output.flatten()[:: row["step"]].numpy() - np.asarray(row["values"], np.float32)).max()
        assert difference <= RELATIVE * row["largest"]

"""ViPNAS (Xu et al., CVPR 2021): a searched ResNet and a searched MobileNetV3."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby

from export.plans.mmpose_heads import HeatmapHeadPlan
from export.plans.shapes import Shapes, UnknownArchitecture, conv, count, require
from export.plans.top_down import BackbonePlan, LayeredPlan, TopDownPlan, kind
from models.head import Head, Layer
from models.vipnas_mobilenet import STRIDES, SearchedBlock, ViPNASMobileNet
from models.vipnas_resnet import ContextLayer, ViPNASResNet


@dataclass(frozen=True, slots=True)
class ViPNASResNetPlan(LayeredPlan):
    """The arguments of the searched ResNet."""

    stem: int
    layers: tuple[ContextLayer, ...]

    @property
    def name(self) -> str:
        """ViPNAS ResNet."""
        return "ViPNAS ResNet"

    def build(self, **choices: str) -> ViPNASResNet:
        """The backbone; it has no choices."""
        return ViPNASResNet(self.stem, self.layers)


@dataclass(frozen=True, slots=True)
class ViPNASMobileNetPlan(BackbonePlan):
    """The arguments of the searched MobileNetV3."""

    stem: int
    stages: tuple[tuple[SearchedBlock, ...], ...]

    @property
    def name(self) -> str:
        """ViPNAS MobileNetV3."""
        return "ViPNAS MobileNetV3"

    @property
    def features(self) -> int:
        """Number of channels of the features."""
        return self.stages[-1][-1].outputs

    def build(self, **choices: str) -> ViPNASMobileNet:
        """The backbone; it has no choices."""
        return ViPNASMobileNet(self.stem, self.stages)


def read_resnet(shapes: Shapes) -> ViPNASResNetPlan:
    """The plan of the searched ResNet; raises UnknownArchitecture if the ``shapes`` are not of it."""
    require(shapes, "layer1.0.conv3")
    grouped = conv(shapes, "layer1.0.conv2")
    if grouped[0] == grouped[1] and not any(".attention." in name for name in shapes):
        raise UnknownArchitecture("neither groups nor a global context")
    layers = tuple(_context_layer(shapes, f"layer{number + 1}") for number in range(count(shapes, "layer", start=1)))
    return ViPNASResNetPlan(conv(shapes, "conv1")[0], layers)


def _context_layer(shapes: Shapes, prefix: str) -> ContextLayer:
    inner, per_group, kernel, _ = conv(shapes, f"{prefix}.0.conv2")
    context = f"{prefix}.0.attention.channel_add_conv.0"
    return ContextLayer(
        inner,
        conv(shapes, f"{prefix}.0.conv3")[0],
        count(shapes, f"{prefix}."),
        kernel,
        inner // per_group,
        conv(shapes, context)[0] if f"{context}.weight" in shapes else 0,
    )


def read_mobilenet(shapes: Shapes) -> ViPNASMobileNetPlan:
    """The plan of the searched MobileNetV3; raises UnknownArchitecture if the ``shapes`` are not of it."""
    require(shapes, "conv1.conv", "layer1.depthwise_conv", "layer1.linear_conv")
    blocks = [_searched_block(shapes, f"layer{number + 1}") for number in range(count(shapes, "layer", start=1))]
    # A stage begins where the blocks change; only the first of a stage may lack the widening convolution.
    stages = tuple(tuple(stage) for _, stage in groupby(blocks, key=lambda block: replace(block, widened=True)))
    if len(stages) != len(STRIDES):
        raise UnknownArchitecture("{count} layers, wanted {wanted}", count=len(stages), wanted=len(STRIDES))
    return ViPNASMobileNetPlan(conv(shapes, "conv1.conv")[0], stages)


def _searched_block(shapes: Shapes, prefix: str) -> SearchedBlock:
    hidden, per_group, kernel, _ = conv(shapes, f"{prefix}.depthwise_conv.conv")
    squeezed = f"{prefix}.se.conv1.conv"
    return SearchedBlock(
        hidden,
        conv(shapes, f"{prefix}.linear_conv.conv")[0],
        kernel,
        hidden // per_group,
        conv(shapes, squeezed)[0] if f"{squeezed}.weight" in shapes else 0,
        f"{prefix}.expand_conv.conv.weight" in shapes,
    )


def _usual_stages() -> tuple[tuple[SearchedBlock, ...], ...]:
    """Those of the published network."""
    stages, inputs = [], 16
    for expansion, outputs, number, kernel, groups, squeezed in (
        (1, 16, 1, 3, 8, True),
        (5, 24, 4, 7, 120, True),
        (4, 40, 4, 7, 20, False),
        (5, 80, 4, 5, 100, True),
        (5, 112, 4, 7, 280, True),
        (6, 160, 4, 5, 240, True),
    ):
        hidden = outputs * expansion
        block = SearchedBlock(hidden, outputs, kernel, groups, hidden // 4 if squeezed else 0, hidden != inputs)
        stages.append((block,) * number)
        inputs = outputs
    return tuple(stages)


RESNET = kind(
    "ViPNAS ResNet",
    ("layer1.0.conv3.weight", "attention.conv_mask"),
    read_resnet,
    TopDownPlan(
        ViPNASResNetPlan(
            48,
            (
                ContextLayer(80, 80, 4, 3, 16, 16),
                ContextLayer(160, 160, 6, 5, 16),
                ContextLayer(304, 304, 7, 5, 16, 19),
                ContextLayer(608, 608, 3, 5, 16, 38),
            ),
        ),
        HeatmapHeadPlan(Head(17, deconvs=(Layer(144, 4, groups=16),) * 3)),
    ),
)
MOBILENET = kind(
    "ViPNAS MobileNetV3",
    ("layer1.depthwise_conv.conv.weight", "layer1.linear_conv"),
    read_mobilenet,
    TopDownPlan(
        ViPNASMobileNetPlan(16, _usual_stages()),
        HeatmapHeadPlan(Head(17, deconvs=(Layer(160, 4, groups=160),) * 3)),
    ),
)

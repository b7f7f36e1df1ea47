"""MobileNetV2 (Sandler et al., CVPR 2018) as MMPose's backbone."""

from __future__ import annotations

from dataclasses import dataclass

from export.plans.mmpose_heads import HeatmapHeadPlan
from export.plans.shapes import Shapes, UnknownArchitecture, conv, count, require
from export.plans.top_down import BackbonePlan, TopDownPlan, kind
from models.head import Head, Layer
from models.mobilenet_v2 import STRIDES, MobileNetV2, Widths

USUAL = ((1, 16, 1), (6, 24, 2), (6, 32, 3), (6, 64, 4), (6, 96, 3), (6, 160, 3), (6, 320, 1))
"""Expansion, width and number of blocks of each layer of the published network."""


@dataclass(frozen=True, slots=True)
class MobileNetV2Plan(BackbonePlan):
    """The arguments of a MobileNetV2."""

    stem: int
    layers: tuple[tuple[Widths, ...], ...]
    outputs: int

    @property
    def name(self) -> str:
        """MobileNetV2, with its factor of width if that is not 1."""
        factor = self.stem / 32
        return "MobileNetV2" if factor == 1 else f"MobileNetV2 x{factor:g}"

    @property
    def features(self) -> int:
        """Number of channels of the features."""
        return self.outputs

    def build(self, **choices: str) -> MobileNetV2:
        """The backbone; it has no choices."""
        return MobileNetV2(self.stem, self.layers, self.outputs)


def read(shapes: Shapes) -> MobileNetV2Plan:
    """The plan of a MobileNetV2; raises UnknownArchitecture if the ``shapes`` are of none."""
    require(shapes, "conv1.conv", "layer1.0.conv.0.conv", "conv2.conv")
    number = count(shapes, "layer", start=1)
    if number != len(STRIDES):
        raise UnknownArchitecture("{count} layers, wanted {wanted}", count=number, wanted=len(STRIDES))
    layers = tuple(_blocks(shapes, f"layer{index + 1}") for index in range(number))
    return MobileNetV2Plan(conv(shapes, "conv1.conv")[0], layers, conv(shapes, "conv2.conv")[0])


def _blocks(shapes: Shapes, prefix: str) -> tuple[Widths, ...]:
    blocks = []
    for number in range(count(shapes, f"{prefix}.")):
        last = count(shapes, f"{prefix}.{number}.conv.") - 1
        outputs, hidden, _, _ = conv(shapes, f"{prefix}.{number}.conv.{last}.conv")
        blocks.append((hidden, outputs))
    return tuple(blocks)


def _usual_layers() -> tuple[tuple[Widths, ...], ...]:
    layers, inputs = [], 32
    for expansion, width, number in USUAL:
        widths = [inputs] + [width] * (number - 1)
        layers.append(tuple((before * expansion, width) for before in widths))
        inputs = width
    return tuple(layers)


KIND = kind(
    "MobileNetV2",
    ("layer1.0.conv.0.conv.weight", "layer7.0.conv.0.conv"),
    read,
    TopDownPlan(MobileNetV2Plan(32, _usual_layers(), 1280), HeatmapHeadPlan(Head(17, deconvs=(Layer(256, 4),) * 3))),
)

"""VGG and AlexNet as MMPose's backbones."""

from __future__ import annotations

from dataclasses import dataclass

from export.plans.mmpose_heads import HeatmapHeadPlan
from export.plans.shapes import Shapes, UnknownArchitecture, conv, require
from export.plans.top_down import BackbonePlan, TopDownPlan, kind
from models.alexnet import KERNELS, PLACES, AlexNet
from models.head import Head, Layer
from models.vgg import VGG

CLASSIFIER_LAYERS = 3
"""The linear layers that count in the name of a VGG, and that a backbone has not."""


@dataclass(frozen=True, slots=True)
class VGGPlan(BackbonePlan):
    """The arguments of a VGG."""

    stages: tuple[tuple[int, ...], ...]
    normalized: bool

    @property
    def name(self) -> str:
        """The usual name, such as VGG-16 BN."""
        depth = sum(map(len, self.stages)) + CLASSIFIER_LAYERS
        return f"VGG-{depth}{' BN' if self.normalized else ''}"

    @property
    def stride(self) -> int:
        """Size of the image divided by that of the features."""
        return 2 ** len(self.stages)

    @property
    def features(self) -> int:
        """Number of channels of the features."""
        return self.stages[-1][-1]

    def build(self, **choices: str) -> VGG:
        """The backbone; it has no choices."""
        return VGG(self.stages, self.normalized)


@dataclass(frozen=True, slots=True)
class AlexNetPlan(BackbonePlan):
    """The arguments of an AlexNet."""

    widths: tuple[int, ...]

    @property
    def name(self) -> str:
        """AlexNet."""
        return "AlexNet"

    @property
    def features(self) -> int:
        """Number of channels of the features."""
        return self.widths[-1]

    def build(self, **choices: str) -> AlexNet:
        """The backbone; it has no choices."""
        return AlexNet(self.widths)


def read_vgg(shapes: Shapes) -> VGGPlan:
    """The plan of a VGG; raises UnknownArchitecture if the ``shapes`` are of none."""
    require(shapes, "features.0.conv")
    stages: list[list[int]] = [[]]
    for number in range(sum(name.endswith(".conv.weight") for name in shapes) * 2):
        if f"features.{number}.conv.weight" in shapes:
            stages[-1].append(conv(shapes, f"features.{number}.conv")[0])
        elif stages[-1]:  # the number of a pooling
            stages.append([])
    return VGGPlan(tuple(map(tuple, filter(None, stages))), "features.0.bn.weight" in shapes)


def read_alexnet(shapes: Shapes) -> AlexNetPlan:
    """The plan of an AlexNet; raises UnknownArchitecture if the ``shapes`` are of none."""
    found = [conv(shapes, f"features.{place}") for place in PLACES]
    if tuple(shape[2] for shape in found) != KERNELS:
        raise UnknownArchitecture("other kernels than those of {name}", name="AlexNet")
    return AlexNetPlan(tuple(shape[0] for shape in found))


HEAD = HeatmapHeadPlan(Head(17, deconvs=(Layer(256, 4),) * 3))
WIDTHS = tuple((width,) * number for width, number in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)))
KIND = kind(
    "VGG",
    ("features.0.conv.weight", "features.1.conv"),
    read_vgg,
    TopDownPlan(VGGPlan(WIDTHS, normalized=True), HEAD),
)
ALEXNET = kind(
    "AlexNet",
    ("features.0.weight", "features.10.weight"),
    read_alexnet,
    TopDownPlan(AlexNetPlan((64, 192, 384, 256, 256)), HEAD),
)

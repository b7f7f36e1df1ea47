"""ResNets with other blocks, as MMPose's backbones: ResNetV1d, ResNeXt, SE-ResNet, SCNet and ResNeSt."""

from __future__ import annotations

from dataclasses import dataclass

from export.plans.mmpose_heads import HeatmapHeadPlan
from export.plans.shapes import Shapes, UnknownArchitecture, conv, count, require
from export.plans.simple_baseline import BOTTLENECK_DEPTHS
from export.plans.top_down import LayeredPlan, TopDownPlan, kind
from models.head import Head, Layer
from models.residual_variants import VariantLayer, VariantResNet


@dataclass(frozen=True, slots=True)
class VariantPlan(LayeredPlan):
    """The arguments of a ``VariantResNet``."""

    stem: tuple[int, ...]
    layers: tuple[VariantLayer, ...]
    pooled: bool

    @property
    def name(self) -> str:
        """The usual name, such as SE-ResNet-50."""
        blocks = tuple(layer.blocks for layer in self.layers)
        return f"{self._family}-{BOTTLENECK_DEPTHS.get(blocks, blocks)}"

    @property
    def _family(self) -> str:
        first = self.layers[0]
        if first.kind != "plain":
            return "SCNet" if first.kind == "calibrated" else "ResNeSt"
        next_ = "ResNeXt" if first.groups > 1 else "ResNetV1d" if self.pooled else "ResNet"
        return f"SE-{next_}" if first.squeezed else next_

    def build(self, **choices: str) -> VariantResNet:
        """The backbone; it has no choices."""
        return VariantResNet(self.stem, self.layers, self.pooled)


def read(shapes: Shapes) -> VariantPlan:
    """The plan of such a backbone; raises UnknownArchitecture if the ``shapes`` are of another one.

    A plain ResNet is another one, and so is ViPNAS's with its global context.
    """
    require(shapes, "layer1.0.conv3")
    if any(".attention." in name for name in shapes):
        raise UnknownArchitecture("blocks with a global context")
    deep = "stem.0.conv.weight" in shapes
    stem = tuple(conv(shapes, f"stem.{number}.conv")[0] for number in range(count(shapes, "stem."))) if deep else ()
    layers = tuple(_layer(shapes, f"layer{number + 1}") for number in range(count(shapes, "layer", start=1)))
    pooled = len(shapes.get("layer2.0.downsample.1.weight", ())) == 4
    plain = all(layer.kind == "plain" and layer.groups == 1 and not layer.squeezed for layer in layers)
    if plain and not deep and not pooled:
        raise UnknownArchitecture("the blocks of a plain ResNet")
    return VariantPlan(stem or (conv(shapes, "conv1")[0],), layers, pooled)


def _layer(shapes: Shapes, prefix: str) -> VariantLayer:
    block, blocks = f"{prefix}.0", count(shapes, f"{prefix}.")
    outputs = conv(shapes, f"{block}.conv3")[0]
    squeezed = f"{block}.se_layer.conv1.conv"
    hidden = conv(shapes, squeezed)[0] if f"{squeezed}.weight" in shapes else 0
    if f"{block}.scconv.k3.0.weight" in shapes:
        return VariantLayer("calibrated", conv(shapes, f"{block}.conv1")[0], outputs, blocks, 1, hidden)
    if f"{block}.conv2.fc1.weight" in shapes:
        inner = conv(shapes, f"{block}.conv1")[0]
        wide, per_group, _, _ = conv(shapes, f"{block}.conv2.conv")
        reduced, per_part, _, _ = conv(shapes, f"{block}.conv2.fc1")
        radix, groups = wide // inner, inner // per_part
        if radix * inner != wide or radix * groups * per_group != inner:
            raise UnknownArchitecture("split attention of {wide} channels", wide=wide)
        return VariantLayer("split", inner, outputs, blocks, groups, reduced, radix)
    inner, per_group, kernel, _ = conv(shapes, f"{block}.conv2")
    if kernel != 3:
        raise UnknownArchitecture("a convolution of {side}x{side} in the blocks", side=kernel)
    return VariantLayer("plain", inner, outputs, blocks, inner // per_group, hidden)


KIND = kind(
    "ResNet variants",
    ("layer1.0.conv3.weight", "final_layer"),
    read,
    TopDownPlan(
        VariantPlan(
            (64,),
            tuple(
                VariantLayer("plain", 128 * 2**number, 256 * 2**number, blocks, 32)
                for number, blocks in enumerate((3, 4, 6, 3))
            ),
            pooled=False,
        ),
        HeatmapHeadPlan(Head(17, deconvs=(Layer(256, 4),) * 3)),
    ),
)
"""ResNeXt-50 (32 groups of 4) stands for them."""

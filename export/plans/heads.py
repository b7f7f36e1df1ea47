"""Reads residual layers and heatmap heads, which several architectures share."""

from __future__ import annotations

from export.plans.shapes import Shapes, UnknownArchitecture, conv, count, vector
from models.head import DECONV_PADDING, Head, Layer
from models.hrnet import Stage
from models.resnet import BasicBlock, Block, Bottleneck


def residual(shapes: Shapes, prefix: str) -> Stage:
    """A sequence of residual blocks, described as a stage with one branch."""
    block: Block = Bottleneck if f"{prefix}.0.conv3.weight" in shapes else BasicBlock
    return Stage(1, (conv(shapes, f"{prefix}.0.conv1")[0],), (count(shapes, f"{prefix}."),), block)


def head(shapes: Shapes) -> Head:
    """The deconvolutions, the convolutions and the final convolution."""
    final = conv(shapes, "final_layer")
    deconvs = _layers(shapes, "deconv_layers")
    for layer in deconvs:
        if layer.kernel not in DECONV_PADDING:
            raise UnknownArchitecture("a deconvolution of {side}x{side}", side=layer.kernel)
    return Head(final[0], final[2], deconvs, _layers(shapes, "conv_layers"), "final_layer.bias" in shapes)


def head_inputs(shapes: Shapes) -> int:
    """Number of input channels of the head."""
    if "deconv_layers.0.weight" in shapes:
        return conv(shapes, "deconv_layers.0")[0]
    return conv(shapes, "conv_layers.0" if "conv_layers.0.weight" in shapes else "final_layer")[1]


def _layers(shapes: Shapes, part: str) -> tuple[Layer, ...]:
    """The layers of ``part``; their indices are three apart: convolution, batch norm, ReLU."""
    layers: list[Layer] = []
    while f"{part}.{3 * len(layers)}.weight" in shapes:
        name = f"{part}.{3 * len(layers)}"
        shape = conv(shapes, name)
        # A deconvolution's weights show the outputs of one group only; its batch norm shows all.
        maps = vector(shapes, f"{part}.{3 * len(layers) + 1}.weight") if part == "deconv_layers" else shape[0]
        groups = maps // shape[1] if part == "deconv_layers" else 1
        layers.append(Layer(maps, shape[2], f"{name}.bias" in shapes, max(groups, 1)))
    return tuple(layers)

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
    convs = _layers(shapes, "conv_layers")
    return Head(final[0], final[2], _deconvs(shapes, "deconv_layers"), convs, "final_layer.bias" in shapes)


def stage_head(shapes: Shapes) -> Head:
    """The head of each stage: its deconvolutions and the final convolution."""
    final = conv(shapes, "multi_final_layers.0")
    deconvs = _deconvs(shapes, "multi_deconv_layers.0")
    return Head(final[0], final[2], deconvs, bias="multi_final_layers.0.bias" in shapes)


def _deconvs(shapes: Shapes, part: str) -> tuple[Layer, ...]:
    deconvs = _layers(shapes, part)
    for layer in deconvs:
        if layer.kernel not in DECONV_PADDING:
            raise UnknownArchitecture("a deconvolution of {side}x{side}", side=layer.kernel)
    return deconvs


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
        deconv = "deconv_layers" in part
        maps = vector(shapes, f"{part}.{3 * len(layers) + 1}.weight") if deconv else shape[0]
        groups = maps // shape[1] if deconv else 1
        layers.append(Layer(maps, shape[2], f"{name}.bias" in shapes, max(groups, 1)))
    return tuple(layers)

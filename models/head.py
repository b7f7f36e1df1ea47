"""The head that turns features into heatmaps: deconvolutions, then convolutions, then one map a keypoint.

SimpleBaseline brought the deconvolutions (Xiao et al., ECCV 2018); MMPose puts convolutions between for HRNetV2.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

DECONV_PADDING = {4: (1, 0), 3: (1, 1), 2: (0, 0)}
"""Padding and output padding with which a deconvolution of that kernel doubles the size exactly."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a head: its number of maps and its kernel."""

    maps: int
    kernel: int
    bias: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """``maps`` heatmaps by a last convolution of ``kernel``, after ``deconvs`` that double the size and ``convs``."""

    maps: int
    kernel: int = 1
    deconvs: tuple[Layer, ...] = ()
    convs: tuple[Layer, ...] = ()
    bias: bool = True


def deconv_layers(inputs: int, layers: tuple[Layer, ...]) -> nn.Sequential:
    """Deconvolution, batch norm and ReLU for each of ``layers``."""
    steps: list[nn.Module] = []
    for layer in layers:
        padding, output_padding = DECONV_PADDING[layer.kernel]
        steps += [
            nn.ConvTranspose2d(inputs, layer.maps, layer.kernel, 2, padding, output_padding, bias=layer.bias),
            nn.BatchNorm2d(layer.maps),
            nn.ReLU(),
        ]
        inputs = layer.maps
    return nn.Sequential(*steps)


def conv_layers(inputs: int, layers: tuple[Layer, ...]) -> nn.Sequential:
    """Convolution, batch norm and ReLU for each of ``layers``."""
    steps: list[nn.Module] = []
    for layer in layers:
        conv = nn.Conv2d(inputs, layer.maps, layer.kernel, 1, (layer.kernel - 1) // 2, bias=layer.bias)
        steps += [conv, nn.BatchNorm2d(layer.maps), nn.ReLU()]
        inputs = layer.maps
    return nn.Sequential(*steps)


def head_layers(inputs: int, head: Head) -> tuple[nn.Sequential, nn.Sequential, nn.Conv2d]:
    """``deconv_layers``, ``conv_layers`` and ``final_layer`` of a network whose features have ``inputs`` maps."""
    deconvs = deconv_layers(inputs, head.deconvs)
    inputs = head.deconvs[-1].maps if head.deconvs else inputs
    convs = conv_layers(inputs, head.convs)
    inputs = head.convs[-1].maps if head.convs else inputs
    return deconvs, convs, nn.Conv2d(inputs, head.maps, head.kernel, 1, (head.kernel - 1) // 2, bias=head.bias)

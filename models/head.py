"""The head that turns features into heatmaps: deconvolutions, then convolutions, then a final convolution.

The deconvolutions come from SimpleBaseline (Xiao et al., ECCV 2018); MMPose adds the convolutions for HRNetV2.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

DECONV_PADDING = {4: (1, 0), 3: (1, 1), 2: (0, 0)}
"""(padding, output padding) by kernel size, with which a stride-2 deconvolution exactly doubles height and width."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One hidden layer of a head.

    ``maps`` is the number of output channels, ``kernel`` the side of the square kernel, ``bias`` whether it has one,
    ``groups`` the number of groups of channels that are convolved separately.
    """

    maps: int
    kernel: int
    bias: bool = False
    groups: int = 1


@dataclass(frozen=True, slots=True)
class Head:
    """The layers of a head.

    ``deconvs`` come first and each double height and width; ``convs`` follow and keep the size. The final convolution
    has ``maps`` output channels and a square kernel of side ``kernel``.
    """

    maps: int
    kernel: int = 1
    deconvs: tuple[Layer, ...] = ()
    convs: tuple[Layer, ...] = ()
    bias: bool = True


def deconv_layers(inputs: int, layers: tuple[Layer, ...]) -> nn.Sequential:
    """Deconvolution, batch norm and ReLU for each layer.

    The module maps (N, inputs, H, W) to (N, maps of the last layer, H * 2^L, W * 2^L) for L layers.
    """
    steps: list[nn.Module] = []
    for layer in layers:
        deconv = nn.ConvTranspose2d(
            inputs, layer.maps, layer.kernel, 2, *DECONV_PADDING[layer.kernel], groups=layer.groups, bias=layer.bias
        )
        steps += [deconv, nn.BatchNorm2d(layer.maps), nn.ReLU()]
        inputs = layer.maps
    return nn.Sequential(*steps)


def conv_layers(inputs: int, layers: tuple[Layer, ...]) -> nn.Sequential:
    """Convolution, batch norm and ReLU for each layer.

    The module maps (N, inputs, H, W) to (N, maps of the last layer, H, W).
    """
    steps: list[nn.Module] = []
    for layer in layers:
        conv = nn.Conv2d(inputs, layer.maps, layer.kernel, 1, (layer.kernel - 1) // 2, bias=layer.bias)
        steps += [conv, nn.BatchNorm2d(layer.maps), nn.ReLU()]
        inputs = layer.maps
    return nn.Sequential(*steps)


def head_layers(inputs: int, head: Head) -> tuple[nn.Sequential, nn.Sequential, nn.Conv2d]:
    """The head of a network whose features are (N, inputs, H, W).

    Returns (deconv_layers, conv_layers, final_layer), to be applied in this order; the result is
    (N, head.maps, H * 2^L, W * 2^L) for L deconvolutions.
    """
    deconvs = deconv_layers(inputs, head.deconvs)
    inputs = head.deconvs[-1].maps if head.deconvs else inputs
    convs = conv_layers(inputs, head.convs)
    inputs = head.convs[-1].maps if head.convs else inputs
    return deconvs, convs, nn.Conv2d(inputs, head.maps, head.kernel, 1, (head.kernel - 1) // 2, bias=head.bias)


class StageHeads(nn.Module):
    """One head for each stage of a network, without convolutions between (MMPose's ``CPMHead``)."""

    def __init__(self, inputs: int, head: Head, stages: int) -> None:
        super().__init__()
        inner = head.deconvs[-1].maps if head.deconvs else inputs
        padding = (head.kernel - 1) // 2
        self.multi_deconv_layers = nn.ModuleList(deconv_layers(inputs, head.deconvs) for _ in range(stages))
        self.multi_final_layers = nn.ModuleList(
            nn.Conv2d(inner, head.maps, head.kernel, 1, padding, bias=head.bias) for _ in range(stages)
        )

    def heatmaps(self, number: int, x: Tensor) -> Tensor:
        """Features (N, inputs, H, W) of stage ``number`` to (N, maps, H * 2^L, W * 2^L) for L deconvolutions."""
        return self.multi_final_layers[number](self.multi_deconv_layers[number](x))


class HeatmapHead(nn.Module):
    """The head as a module of its own: features to heatmaps (MMPose's ``HeatmapHead``).

    ``upsampling`` is the factor of the simple decoder of ViTPose (Xu et al., NeurIPS 2022): ReLU and bilinear
    upsampling before the first layer; 1 for none.
    """

    def __init__(self, inputs: int, head: Head, upsampling: int = 1) -> None:
        super().__init__()
        self.deconv_layers, self.conv_layers, self.final_layer = head_layers(inputs, head)
        self.upsampling = upsampling

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, maps, H * 2^L, W * 2^L) for L deconvolutions, times the upsampling."""
        if self.upsampling > 1:
            x = functional.relu(x)
            x = functional.interpolate(x, scale_factor=self.upsampling, mode="bilinear", align_corners=False)
        return self.final_layer(self.conv_layers(self.deconv_layers(x)))

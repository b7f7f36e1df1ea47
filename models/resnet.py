"""Residual blocks and the ResNet backbone (He et al., CVPR 2016), as pose networks use them."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

Style = Literal["pytorch", "caffe"]
"""Position of a bottleneck's stride: in its 3x3 convolution (PyTorch), or in the first 1x1 convolution (Caffe)."""


class BasicBlock(nn.Module):
    """Two 3x3 convolutions with a shortcut."""

    expansion = 1

    def __init__(self, inputs: int, planes: int, stride: int = 1, style: Style = "pytorch") -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU()
        self.downsample = shortcut(inputs, planes, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, planes, H / stride, W / stride)."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """A 1x1, a 3x3 and a 1x1 convolution with a shortcut; the output has 4 x ``planes`` channels."""

    expansion = 4

    def __init__(self, inputs: int, planes: int, stride: int = 1, style: Style = "pytorch") -> None:
        super().__init__()
        first, second = (stride, 1) if style == "caffe" else (1, stride)
        outputs = planes * self.expansion
        self.conv1 = nn.Conv2d(inputs, planes, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, second, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        self.downsample = shortcut(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, 4 * planes, H / stride, W / stride)."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


Block = type[BasicBlock] | type[Bottleneck]


def shortcut(inputs: int, outputs: int, stride: int) -> nn.Sequential | None:
    """The 1x1 projection for a block that changes the shape; None for an identity shortcut."""
    if stride == 1 and inputs == outputs:
        return None
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))


def residual_layer(
    block: Block, inputs: int, planes: int, blocks: int, stride: int = 1, style: Style = "pytorch"
) -> nn.Sequential:
    """A sequence of ``blocks`` residual blocks, the first with ``stride``.

    The module maps (N, inputs, H, W) to (N, planes * block.expansion, H / stride, W / stride).
    """
    first = block(inputs, planes, stride, style)
    outputs = planes * block.expansion
    return nn.Sequential(first, *(block(outputs, planes, 1, style) for _ in range(blocks - 1)))


class ResNet(nn.Module):
    """The backbone without classifier: an image to features of a 32nd of its height and width.

    Args:
        block: The residual block, ``BasicBlock`` or ``Bottleneck``.
        blocks: Number of blocks in each of the four layers; (3, 4, 6, 3) with bottlenecks is ResNet-50.
        width: Planes of the first layer; each further layer doubles them.
        style: Position of the stride in a bottleneck.
    """

    def __init__(self, block: Block, blocks: tuple[int, ...], width: int = 64, style: Style = "pytorch") -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs = width
        for number, count in enumerate(blocks):
            planes = width * 2**number
            layer = residual_layer(block, inputs, planes, count, 1 if number == 0 else 2, style)
            self.add_module(f"layer{number + 1}", layer)
            inputs = planes * block.expansion
        self.features_out = inputs

    def features(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, ``features_out``, H / 32, W / 32) with four layers."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for name, layer in self.named_children():
            if name.startswith("layer"):
                x = layer(x)
        return x

    def forward(self, x: Tensor) -> Tensor:
        """The features; networks that are more than a backbone go on from there."""
        return self.features(x)

"""VGG (Simonyan and Zisserman, ICLR 2015) as a backbone, with MMPose's names."""

from __future__ import annotations

from torch import Tensor, nn


class VGG(nn.Module):
    """A crop to features of a 32nd of its size with five stages, each of which ends in a pooling.

    Args:
        stages: The output channels of the 3x3 convolutions of each stage.
        normalized: Batch normalization follows each convolution.
    """

    def __init__(self, stages: tuple[tuple[int, ...], ...], normalized: bool = True) -> None:
        super().__init__()
        inputs, steps = 3, list[nn.Module]()
        for stage in stages:
            for outputs in stage:
                steps.append(_Convolution(inputs, outputs, normalized))
                inputs = outputs
            steps.append(nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*steps)
        self.features_out = inputs

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, ``features_out``, H / 32, W / 32)."""
        return self.features(x)


class _Convolution(nn.Module):
    """A 3x3 convolution with bias, batch normalization if ``normalized``, and a ReLU."""

    def __init__(self, inputs: int, outputs: int, normalized: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, 1, 1)
        self.bn = nn.BatchNorm2d(outputs) if normalized else nn.Identity()
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.bn(self.conv(x)))

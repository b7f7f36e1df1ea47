"""AlexNet (Krizhevsky et al., NeurIPS 2012) as a backbone, with the names of MMPose."""

from __future__ import annotations

from torch import Tensor, nn

KERNELS = (11, 5, 3, 3, 3)
"""Sides of the kernels of the five convolutions."""
PLACES = (0, 3, 6, 8, 10)
"""Numbers of the convolutions among all layers."""
POOLED = (0, 1, 4)
"""The convolutions after which the size is halved by a pooling."""


class AlexNet(nn.Module):
    """A crop to features of about a 36th of its size; ``widths`` are the output channels of the five convolutions."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        inputs, steps = 3, list[nn.Module]()
        for number, (outputs, side) in enumerate(zip(widths, KERNELS, strict=True)):
            stride, padding = (1, side // 2) if number else (4, 2)
            steps += [nn.Conv2d(inputs, outputs, side, stride, padding), nn.ReLU()]
            steps += [nn.MaxPool2d(3, 2)] if number in POOLED else []
            inputs = outputs
        self.features = nn.Sequential(*steps)
        self.features_out = inputs

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, ``features_out``, h, w): 7x5 cells of a crop of 256x192."""
        return self.features(x)

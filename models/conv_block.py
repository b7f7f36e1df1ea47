"""A convolution with batch normalization and activation: MMCV's ``ConvModule``, and squeeze and excitation."""

from __future__ import annotations

from torch import Tensor, nn


class ConvBlock(nn.Module):
    """Convolution without bias that keeps the size at stride 1, batch norm, then ``activation`` (None: linear)."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 1,
        stride: int = 1,
        groups: int = 1,
        activation: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(outputs)
        self.activation = activation or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""
        return self.activation(self.bn(self.conv(x)))


class SqueezeExcitation(nn.Module):
    """Scales every channel by a weight computed from the means of all (Hu et al., CVPR 2018; MMPose's ``SELayer``).

    ``inner`` is the number of hidden channels, ``gate`` the activation of the weights.
    """

    def __init__(self, channels: int, inner: int, gate: nn.Module) -> None:
        super().__init__()
        self.conv1 = nn.ModuleDict({"conv": nn.Conv2d(channels, inner, 1)})
        self.conv2 = nn.ModuleDict({"conv": nn.Conv2d(inner, channels, 1)})
        self.relu = nn.ReLU()
        self.gate = gate

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) to the same shape."""
        means = x.mean(dim=(2, 3), keepdim=True)
        return x * self.gate(self.conv2["conv"](self.relu(self.conv1["conv"](means))))

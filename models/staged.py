"""The last of the outputs of a network of several stages: its prediction."""

from __future__ import annotations

from torch import Tensor, nn


class LastOutput(nn.Module):
    """``network`` with its last output alone."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to the last output."""
        return self.network(x)[-1]

"""A backbone and a head under the names that MMPose gives them."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


class TopDown(nn.Module):
    """Applies ``head`` to the features of ``backbone``: a crop (N, 3, H, W) to whatever the head outputs."""

    def __init__(self, backbone: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head

    def forward(self, x: Tensor) -> Any:
        """(N, 3, H, W) to the output of the head: one tensor, or a tuple of several."""
        return self.head(self.backbone(x))

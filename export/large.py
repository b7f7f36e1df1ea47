"""Networks whose weights do not fit into one ONNX file, such as ViTPose-H: they are written in FP16 at once."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from app.core.errors import StanceError
from app.core.people import Floats
from export.verify import Arrays

LIMIT = 2_000_000_000
"""Bytes of weights that fit into an ONNX file, which ends at 2 GiB."""


class InHalf(nn.Module):
    """``network`` with FP16 weights and arithmetic, float32 input and output; the network itself is changed."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network.half()

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """What the network gives, always as a tuple."""
        given = self.network(x.half())
        return tuple(output.float() for output in ((given,) if isinstance(given, Tensor) else given))


def is_large(network: nn.Module, half: bool, origin: str) -> bool:
    """Whether ``network``, from the file ``origin``, can only be written in FP16.

    Raises StanceError if it is too large for the form: FP32, or FP16 (``half``) where even that does not fit.
    """
    size = sum(tensor.numel() * 4 for tensor in network.state_dict().values() if tensor.is_floating_point())
    if size > 2 * LIMIT or (size > LIMIT and not half):
        raise StanceError(
            "{file} has {size:.1f} GB of weights, and an ONNX file holds 2 GB: wanted {wanted}.",
            file=origin,
            size=size / 1e9,
            wanted="--half" if size <= 2 * LIMIT else "a smaller network",
        )
    return size > LIMIT


def original_outputs(network: nn.Module, inputs: Floats) -> Arrays:
    """The outputs of PyTorch's ``network`` for ``inputs`` (N, 3, H, W), computed one by one."""
    rows = []
    with torch.inference_mode():
        for one in np.split(inputs, len(inputs)):
            given = network(torch.from_numpy(one))
            rows.append([output.numpy() for output in ((given,) if isinstance(given, Tensor) else given)])
    return [np.concatenate(parts) for parts in zip(*rows, strict=True)]

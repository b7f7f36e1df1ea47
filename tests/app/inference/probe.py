"""Inputs for the small network that devices are tried with."""

from __future__ import annotations

import numpy as np

from app.inference.devices import unavailable_reason
from app.inference.onnx_model import OnnxModel

HAS_CUDA = not unavailable_reason("cuda")


def sample(network: OnnxModel) -> list[np.ndarray]:
    """One image of ones."""
    return [np.ones((1, 3, 16, 16), np.float32)]

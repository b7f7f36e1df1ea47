"""Which object of a pipeline runs which network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.inference.model_card import ModelCard
from app.inference.onnx_model import OnnxModel


@dataclass(frozen=True, slots=True)
class NetworkUse:
    """One network of a pipeline: the object that ``runs`` it, as its attribute ``network``, and its card."""

    runs: Any
    card: ModelCard

    @property
    def network(self) -> OnnxModel:
        """The network."""
        network: OnnxModel = self.runs.network
        return network

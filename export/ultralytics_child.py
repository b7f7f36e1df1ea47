"""The process in which Ultralytics opens a detector: ``detector.pt`` in the working folder to ``detector.onnx``.

It takes batches of pictures from ``inputs.npz`` and leaves what PyTorch answers to them in ``outputs.npz``, and in
``report.json`` what the file says of itself.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from ultralytics.models import YOLO

from export.trace import trace


def run(opset: int) -> None:
    """Convert for pictures of the size that ``inputs.npz`` has."""
    model: Any = YOLO("detector.pt")
    network = model.model
    report = {
        "task": model.task,
        "names": list(model.names.values()),
        "licence": "AGPL-3.0",
        "network": Path(str(network.yaml.get("yaml_file", "Ultralytics"))).stem,
        "head": type(network.model[-1]).__name__,
    }
    if model.task == "detect":
        if hasattr(network, "end2end"):
            network.end2end = True  # final rows, where the model has such a head
        network = network.float().fuse().eval().requires_grad_(False)
        with np.load("inputs.npz") as inputs:
            batches = {name: torch.from_numpy(inputs[name]) for name in inputs.files}
        answers = {name: _first(network(batch)) for name, batch in batches.items()}
        np.savez("outputs.npz", **{name: answer.numpy() for name, answer in answers.items()})  # type: ignore[arg-type]
        onnx.save(_graph(network, next(iter(batches.values()))[:1], opset), "detector.onnx")
    Path("report.json").write_text(json.dumps(report), encoding="utf-8")


def _graph(network: Any, example: Tensor, opset: int) -> onnx.ModelProto:
    """``network`` for any number of pictures of the size of ``example``."""
    for module in network.modules():
        if hasattr(module, "export"):
            module.export, module.format = True, "onnx"
    network(example)  # the cells' places are known from here on, and become constants
    return trace(_Boxes(network), example, "images", "boxes", opset)


class _Boxes(nn.Module):
    """A detector that answers with its boxes and scores alone."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        """Boxes and scores of ``pictures`` (N, 3, H, W)."""
        return _first(self.network(pictures))


def _first(answer: Any) -> Tensor:
    """What is detected; behind it some models give what they are trained on."""
    while isinstance(answer, list | tuple):
        answer = answer[0]
    return answer


def _end_with_parent() -> None:
    """Whoever waits for the answer holds the other end of the standard input."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    run(int(sys.argv[1]))

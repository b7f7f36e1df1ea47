"""Child process in which Ultralytics converts ``detector.pt`` in the working folder to ``detector.onnx``.

It reads batches (N, 3, side, side) from ``inputs.npz`` and writes PyTorch's outputs for them to ``outputs.npz``, and
the model's task, class names and licence to ``report.json``.
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
    """Convert for the input size of the batches in ``inputs.npz``, with ONNX operator set ``opset``."""
    model: Any = YOLO("detector.pt")
    network = model.model
    report = {
        "task": model.task,
        "names": list(model.names.values()),
        "licence": "AGPL-3.0",
        "network": Path(str(network.yaml.get("yaml_file", "Ultralytics"))).stem,
        "head": type(network.model[-1]).__name__,
        "keypoints": list(network.model[-1].kpt_shape) if model.task == "pose" else None,
    }
    if model.task in ("detect", "pose"):
        if hasattr(network, "end2end"):
            network.end2end = True  # final detection rows, if the model has an end-to-end head
        network = network.float().fuse().eval().requires_grad_(False)
        with np.load("inputs.npz") as inputs:
            batches = {name: torch.from_numpy(inputs[name]) for name in inputs.files}
        answers = {name: _first(network(batch)) for name, batch in batches.items()}
        np.savez("outputs.npz", **{name: answer.numpy() for name, answer in answers.items()})  # type: ignore[arg-type]
        onnx.save(_graph(network, next(iter(batches.values()))[:1], opset), "detector.onnx")
    Path("report.json").write_text(json.dumps(report), encoding="utf-8")


def _graph(network: Any, example: Tensor, opset: int) -> onnx.ModelProto:
    """``network`` as a graph for batches of any size with the height and width of ``example``."""
    for module in network.modules():
        if hasattr(module, "export"):
            module.export, module.format = True, "onnx"
    network(example)  # computes the anchor positions, which then become constants
    return trace(_Boxes(network), example, "images", "boxes", opset)


class _Boxes(nn.Module):
    """A detector or pose model that outputs only its boxes, scores and poses."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        """(N, 3, H, W) to boxes and scores: (N, 4 + classes, anchors), or final rows (N, rows, 6).

        The values of a pose follow each of them.
        """
        return _first(self.network(pictures))


def _first(answer: Any) -> Tensor:
    """The detections; some models return training outputs after them."""
    while isinstance(answer, list | tuple):
        answer = answer[0]
    return answer


def _end_with_parent() -> None:
    """Exit when the standard input closes: the parent process holds its other end."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    run(int(sys.argv[1]))

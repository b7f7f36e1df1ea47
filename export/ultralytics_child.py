"""The process in which Ultralytics converts a detector: ``detector.pt`` in the working folder to ``detector.onnx``.

Beside it lie ``report.json`` (task, class names, licence, shape of the answer) and ``answers.npz``: inputs with what
PyTorch answers.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from ultralytics.models import YOLO


def run(side: int, opset: int) -> None:
    """Convert for pictures of ``side`` x ``side``."""
    model: Any = YOLO("detector.pt")
    report: dict[str, object] = {
        "task": model.task,
        "names": list(model.names.values()),
        "licence": "AGPL-3.0",
        "network": Path(str(model.model.yaml.get("yaml_file", "Ultralytics"))).stem,
    }
    if model.task == "detect":
        model.export(format="onnx", imgsz=side, opset=opset, simplify=False, dynamic=False, nms=False, device="cpu")
        inputs = _inputs(side)
        outputs = _answers(inputs)
        report["shape"] = outputs.shape
        np.savez("answers.npz", inputs=inputs, outputs=outputs)
    Path("report.json").write_text(json.dumps(report), encoding="utf-8")


def _inputs(side: int) -> np.ndarray:
    """A soft picture and noise (2, 3, side, side), 0..1."""
    random = np.random.default_rng(0)
    soft = cv2.resize(random.random((8, 8, 3)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    noise = random.random((side, side, 3)).astype(np.float32)
    return np.clip(np.stack([soft, noise]), 0, 1).transpose(0, 3, 1, 2).copy()


def _answers(inputs: np.ndarray) -> np.ndarray:
    """What PyTorch answers, in the form that is exported."""
    model: Any = YOLO("detector.pt")
    network = model.model.float()
    if hasattr(network, "end2end"):
        network.end2end = True  # as nms=False asks of the exporter, where the model has such a head
    network = network.fuse().eval()
    for module in network.modules():
        if hasattr(module, "export"):
            module.export, module.format = True, "onnx"
    with torch.inference_mode():
        answers = [network(torch.from_numpy(picture[None])) for picture in inputs]
    return np.concatenate([(a[0] if isinstance(a, list | tuple) else a).numpy() for a in answers])


if __name__ == "__main__":
    run(int(sys.argv[1]), int(sys.argv[2]))

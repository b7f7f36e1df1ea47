"""Untrained detectors in Ultralytics' format, made by Ultralytics in a child process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

MAKE = """
import sys, torch
from ultralytics import YOLO
for path in sys.argv[1:]:
    name = path.rpartition("/")[2].removesuffix(".pt")
    model = YOLO(f"{name}.yaml")
    torch.manual_seed(0)
    network, head = model.model.train(), model.model.model[-1]
    # Scores between 0 and 1 that depend on the picture; batch normalization takes its statistics from these inputs.
    for branch in ("cv2", "cv3", "one2one_cv2", "one2one_cv3"):
        for layers in getattr(head, branch, []):
            layers[-1].weight.data *= 0.5
            layers[-1].bias.data.zero_()
            layers[-1].bias.data[0] = 0.1  # class 0, person, scores highest
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = None
    soft = torch.nn.functional.interpolate(torch.rand(4, 3, 6, 6), 160, mode="bicubic").clip(0, 1)
    with torch.no_grad():
        network(torch.cat([soft, torch.rand(4, 3, 160, 160)]))
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_var *= 1.4  # slightly smaller activations than measured
    model.save(path)
"""


def save(folder: Path, *names: str) -> None:
    """Write ``NAME.pt`` into ``folder`` for each of ``names`` (such as yolo11n)."""
    paths = [str(folder / f"{name}.pt") for name in names]
    settings = os.environ | {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false", "YOLO_CONFIG_DIR": str(folder)}
    subprocess.run([sys.executable, "-c", MAKE, *paths], check=True, env=settings, capture_output=True, cwd=folder)

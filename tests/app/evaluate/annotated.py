"""A small annotated folder: pictures of noise and a COCO keypoints file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from app.core.skeleton import load_skeleton

SIZE = (320, 240)
STANDING = [(50 + 3 * (i % 5), 30 + 8 * i) for i in range(17)]
"""Seventeen keypoints of a person in the box 40 20 80 160."""


def annotation(number: int, image: int, shift: int = 0, **changes: Any) -> dict[str, Any]:
    """A person whose keypoints are all visible, ``shift`` pixels to the right of ``STANDING``."""
    keypoints = [value for x, y in STANDING for value in (x + shift, y, 2)]
    whole = {
        "id": number,
        "image_id": image,
        "category_id": 1,
        "bbox": [40 + shift, 20, 40, 150],
        "area": 6000,
        "iscrowd": 0,
        "num_keypoints": 17,
        "keypoints": keypoints,
    }
    return whole | changes


def write_folder(folder: Path, annotations: list[dict[str, Any]], images: int = 2, **changes: Any) -> tuple[Path, Path]:
    """Write ``images`` pictures and a file with ``annotations``; returns the picture folder and the file."""
    pictures = folder / "pictures"
    pictures.mkdir()
    noise = np.random.default_rng(0)
    names = [f"{number:012}.jpg" for number in range(1, images + 1)]
    for name in names:
        picture = noise.integers(0, 255, (SIZE[1], SIZE[0], 3)).astype(np.uint8)
        assert cv2.imwrite(str(pictures / name), picture)
    skeleton = load_skeleton("coco17")
    file: dict[str, Any] = {
        "images": [
            {"id": number, "file_name": name, "width": SIZE[0], "height": SIZE[1]}
            for number, name in enumerate(names, 1)
        ],
        "annotations": annotations,
        "categories": [{"id": 1, "name": "person", "keypoints": list(skeleton.names), "skeleton": []}],
    }
    path = folder / "people.json"
    path.write_text(json.dumps(file | changes))
    return pictures, path

"""COCO keypoint results, readable by pycocotools' ``loadRes``, with track ids."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.core.people import Frame, FramePoses, Person, mark_fields
from app.core.skeleton import load_skeleton
from app.sinks import Header
from app.sinks.json_array import JsonArrayFile
from app.sinks.picture_names import numbers_of

PERSON_CATEGORY = 1


class Coco:
    """Writes ``path`` as one JSON list of people, which is complete after every frame.

    From a skeleton that contains COCO's 17 keypoints these are written in COCO's order, from others all keypoints.
    ``image_id`` is the number in an image's file name (000000000139.jpg: 139) if all images have such names with
    different numbers, else the frame's index. People with one of ``names`` (by id) have it as ``name``.
    """

    def __init__(self, path: Path, header: Header, names: Mapping[int, str] = MappingProxyType({})) -> None:
        self.paths = [path]
        self._names = names
        coco_indices = header.skeleton.subset(load_skeleton("coco17"))
        self._keypoints = list(range(len(header.skeleton.names))) if coco_indices is None else coco_indices
        self._numbered = numbers_of(header.pictures) is not None
        self._people = JsonArrayFile(path)

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame's people. Raises StanceError if the file cannot be written."""
        stem = Path(name).stem
        head: dict[str, Any] = {"image_id": int(stem) if self._numbered and stem.isdecimal() else poses.index}
        if name:
            head["file_name"] = name
        self._people.add(
            [json.dumps(head | self._person(person), separators=(",", ":"), allow_nan=False) for person in poses.people]
        )

    def close(self) -> None:
        """Close the file; idempotent."""
        self._people.close()

    def _person(self, person: Person) -> dict[str, Any]:
        x0, y0, x1, y1 = person.box.tolist()
        return {
            "category_id": PERSON_CATEGORY,
            "keypoints": [
                value
                for x, y, score in person.keypoints[self._keypoints].tolist()
                for value in (round(x, 2), round(y, 2), round(score, 4))
            ],
            "score": round(float(person.score), 4),
            "bbox": [round(x0, 2), round(y0, 2), round(x1 - x0, 2), round(y1 - y0, 2)],
            "track_id": person.id,
            **({"name": self._names[person.id]} if person.id in self._names else {}),
            **mark_fields(person, [[number] for number in self._keypoints]),
        }

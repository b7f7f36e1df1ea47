"""COCO keypoint results, as pycocotools' ``loadRes`` reads them, with track ids."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.people import Frame, FramePoses, Person
from app.sinks import Header
from app.sinks.growing import GrowingList
from app.skeleton import load_skeleton

PERSON_CATEGORY = 1


class Coco:
    """Writes ``path`` as one JSON list of people, which is whole after every frame.

    A skeleton that has COCO's 17 keypoints gives these, in COCO's order; any other gives its own. ``image_id`` is
    the number that a picture's file name is (000000000139.jpg: 139), else the frame's index.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.paths = [path]
        body = header.skeleton.subset(load_skeleton("coco17"))
        self._keypoints = list(range(len(header.skeleton.names))) if body is None else body
        self._people = GrowingList(path)

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame's people. Raises StanceError where the disk refuses."""
        stem = Path(name).stem
        head: dict[str, Any] = {"image_id": int(stem) if stem.isdecimal() else poses.index}
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
                part
                for x, y, score in person.keypoints[self._keypoints].tolist()
                for part in (round(x, 2), round(y, 2), round(score, 4))
            ],
            "score": round(float(person.score), 4),
            "bbox": [round(x0, 2), round(y0, 2), round(x1 - x0, 2), round(y1 - y0, 2)],
            "track_id": person.id,
        }

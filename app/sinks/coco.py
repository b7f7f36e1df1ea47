"""COCO keypoint results, as pycocotools' ``loadRes`` reads them, with track ids."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.people import Frame, FramePoses, Person
from app.sinks import Header, writing
from app.skeleton import load_skeleton

PERSON_CATEGORY = 1
END = b"\n]\n"


class Coco:
    """Writes ``path`` as one JSON list of people; it is whole after every frame, so neither a kill nor a full disk
    spoils it.

    A skeleton that has COCO's 17 keypoints gives these, in COCO's order; any other gives its own. ``image_id`` is
    the number that a picture's file name is (000000000139.jpg: 139), else the frame's index.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self._path = path
        body = header.skeleton.subset(load_skeleton("coco17"))
        self._keypoints = list(range(len(header.skeleton.names))) if body is None else body
        self._end = 1
        with writing(path):
            self._file = path.open("wb", buffering=0)
            self._put(b"[" + END)

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame's people. Raises StanceError where the disk refuses."""
        if not poses.people:
            return
        stem = Path(name).stem
        head: dict[str, Any] = {"image_id": int(stem) if stem.isdecimal() else poses.index}
        if name:
            head["file_name"] = name
        people = ",\n".join(
            json.dumps(head | self._person(person), separators=(",", ":"), allow_nan=False) for person in poses.people
        )
        text = (("\n" if self._end == 1 else ",\n") + people).encode()
        with writing(self._path):
            self._file.seek(self._end)
            try:
                self._put(text + END)
            except OSError:
                with suppress(OSError):
                    self._file.seek(self._end)
                    self._put(END)
                    self._file.truncate()
                raise
        self._end += len(text)

    def close(self) -> None:
        """Close the file; idempotent."""
        with writing(self._path):
            self._file.close()

    def _put(self, data: bytes) -> None:
        while data:
            data = data[self._file.write(data) :]

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

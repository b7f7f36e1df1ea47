"""JSON lines: a head, then one line a frame, each readable as soon as it is written."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

from app.people import Frame, FramePoses, Person
from app.sinks import Header, writing
from app.sinks.held import Held

FORMAT = "stance/1"


class JsonLines:
    """Writes ``path`` line by line; a kill loses the line that was being written and no other.

    Pixels are rounded to 1/100, scores to 1/10000, times to a microsecond.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.paths = [path]
        self._path = path
        self._held = Held(path)
        with writing(path):
            # A name of bytes that are no text is told as far as it is one.
            self._file = path.open("w", encoding="utf-8", errors="replace", newline="\n", buffering=1)
        self._line(head(header))

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame's line. Raises StanceError where the disk refuses."""
        line: dict[str, Any] = {"frame": poses.index, "time_s": round(poses.time_s, 6)}
        if name:
            line["name"] = name
        self._line(line | {"people": [_person(person) for person in poses.people]})
        self._held.settle()

    def close(self) -> None:
        """Close the file; idempotent."""
        with closing(self._held), writing(self._path):
            self._file.close()

    def _line(self, value: dict[str, Any]) -> None:
        with writing(self._path):
            self._file.write(json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n")


def head(header: Header) -> dict[str, Any]:
    """The first line."""
    return {
        "format": FORMAT,
        "source": header.source,
        "size": list(header.size),
        "fps": None if header.fps is None else round(header.fps, 6),
        "skeleton": {"names": list(header.skeleton.names), "limbs": [list(limb) for limb in header.skeleton.limbs]},
        "pose_model": header.pose_model,
        "detector": header.detector,
        "device": {"requested": header.device_requested, "actual": header.device_actual},
    }


def _person(person: Person) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": person.id,
        "score": round(float(person.score), 4),
        "box": [round(float(value), 2) for value in person.box],
        "keypoints": [[round(x, 2), round(y, 2), round(score, 4)] for x, y, score in person.keypoints.tolist()],
    }
    return told if person.state == "estimated" else told | {"state": person.state}

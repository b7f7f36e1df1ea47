"""JSON lines: a header, then one line per frame, each readable as soon as it is written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.analysis.facing import WORDS
from app.core.people import Floats, Frame, FramePoses, Person, mark_fields
from app.sinks import Header, writing
from app.sinks.disk_time import waiting_for_disk
from app.sinks.film_clock import FilmClock
from app.sinks.output_lock import OutputLock

FORMAT = "stance/1"
NAMES, FACING = "names", "facing"
"""Keys of what the user has said about people."""
PIXELS, SCORES = 100.0, 10_000.0
"""Parts of a pixel, and of a meter or a score of 1, to which values are rounded."""
NO_NAMES: Mapping[int, str] = MappingProxyType({})
KEYPOINT_PARTS = np.array([PIXELS, PIXELS, SCORES])

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


class JsonLines:
    """Writes ``path`` line by line; a kill loses only the line that was being written.

    Pixels are rounded to 1/100, meters and scores to 1/10000, times to 1 microsecond. Times of a live source are those
    of the recording, which starts at 0; the source's own time is in ``source_s``. ``names`` are those of people, by id.
    Names and sides that the user changes meanwhile are in further lines, of which the last one holds for the whole
    file.
    """

    def __init__(self, path: Path, header: Header, names: Mapping[int, str] = NO_NAMES) -> None:
        self.paths = [path]
        self._path = path
        self._lines = FrameLines(header, names)
        self._lock = OutputLock(path)
        with self._lock.creating(), writing(path):
            # Bytes of a file name that are not valid text are replaced.
            self._file = path.open("w", encoding="utf-8", errors="replace", newline="\n", buffering=1)
            self._write_line(self._lines.head)

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame's line. Raises StanceError if the file cannot be written."""
        self._write_given()
        self._write_line(self._lines.frame(poses, name))
        self._lock.sync()

    def add_line(self, line: str) -> None:
        """Write a further line, which is no frame. Raises StanceError if the file cannot be written."""
        self._write_line(line)

    def close(self) -> None:
        """Close the file; idempotent."""
        with closing(self._lock), writing(self._path), closing(self._file):
            if not self._file.closed:
                self._write_given()

    def _write_given(self) -> None:
        """Write the names and sides in a line, if the user has changed them."""
        if line := self._lines.changed():
            self._write_line(line)

    def _write_line(self, line: str) -> None:
        with waiting_for_disk(), writing(self._path):
            self._file.write(line + "\n")


class FrameLines:
    """The lines of a run, without line breaks, for a file or for other programs.

    ``names`` are those of people, by id; they and the sides in ``header`` may change at any time.
    """

    def __init__(self, header: Header, names: Mapping[int, str] = NO_NAMES) -> None:
        self._header = header
        self._names = names
        self._given = given(header, names)
        self._clock = FilmClock(header.fps) if header.live else None

    @property
    def head(self) -> str:
        """The first line, with the present names and sides."""
        return _encode(head(self._header, self._names))

    def changed(self) -> str:
        """A line with the names and sides if the user has changed them since the last call, else an empty text."""
        found = given(self._header, self._names)
        if found == self._given:
            return ""
        self._given = found
        return _encode({NAMES: {}, FACING: {}} | found)

    def frame(self, poses: FramePoses, name: str = "") -> str:
        """The line of one frame; ``name`` is the file name of a still image.

        Raises ValueError for values that are not finite.
        """
        line: dict[str, Any] = {"frame": poses.index, "time_s": round(poses.time_s, 6)}
        if self._clock is not None:
            line |= {"time_s": round(self._clock.place_s(poses.time_s), 6), "source_s": line["time_s"]}
        if name:
            line["name"] = name
        return f'{_encode(line)[:-1]},"people":{_encode_people(poses.people)}}}'


def head(header: Header, names: Mapping[int, str] = NO_NAMES) -> dict[str, Any]:
    """The first line of the file, as an object."""
    return (
        {
            "format": FORMAT,
            "source": header.source,
            "size": list(header.size),
            "fps": None if header.fps is None else round(header.fps, 6),
            "skeleton": {"names": list(header.skeleton.names), "limbs": [list(limb) for limb in header.skeleton.limbs]},
            "pose_model": header.pose_model,
            "detector": header.detector,
            "device": {"requested": header.device_requested, "actual": header.device_actual},
        }
        | dict(header.notes)
        | given(header, names)
        | ({"scale": header.measure.options.fields} if header.measure is not None else {})
    )


def given(header: Header, people: Mapping[int, str]) -> dict[str, dict[str, str]]:
    """The names of ``people`` and the sides that the user has given, by id, as they are written; without empty ones."""
    words = {side: word for word, side in WORDS.items()}
    facing = {str(number): words[side] for number, side in header.facing.items()}
    names = {str(number): name for number, name in sorted(people.items())}
    return {key: values for key, values in ((NAMES, names), (FACING, facing)) if values}


def _encode_people(people: Sequence[Person]) -> str:
    """``people`` as JSON, by msgspec, which takes a tenth of the time of ``json`` for the same text.

    Raises ValueError for values that are not finite.
    """
    if not people:
        return "[]"
    boxes = _rounded([person.box for person in people], PIXELS)
    keypoints = _rounded([person.keypoints for person in people], KEYPOINT_PARTS)
    rows = zip(people, boxes, keypoints, strict=True)
    encoded = msgspec.json.encode([_fields(*row) for row in rows]).decode()
    if "null" in encoded:  # what msgspec writes instead of a number that is not finite
        raise ValueError("a value of a person is not finite")
    return encoded


def _fields(person: Person, box: list[float], keypoints: list[list[float]]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": person.id,
        "score": round(float(person.score), 4),
        "box": box,
        "keypoints": keypoints,
    }
    if person.state != "estimated":
        fields["state"] = person.state
    fields |= mark_fields(person)
    if person.points_3d is not None:
        fields["points_3d"] = _rounded([person.points_3d], SCORES)[0]
    return fields


def _rounded(arrays: Sequence[Floats], parts: float | NDArray[np.float64]) -> list[Any]:
    """``arrays``, all of one shape, rounded to 1 / ``parts``, as lists: what Python's ``round`` returns, all at once.

    A product of a float32 and ``parts`` is exact in float64, so that only the product itself is rounded.
    """
    values = np.array(arrays, np.float64)
    values *= parts
    np.rint(values, out=values)
    values /= parts
    rounded: list[Any] = values.tolist()
    return rounded

"""OpenPose's format: a folder with one JSON file per frame."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from app.analysis.landmarks import keypoint_indices
from app.core.people import Floats, Frame, FramePoses, Person, mark_fields
from app.core.skeleton import Skeleton
from app.sinks import NUMBER, Header, write_whole, writing
from app.sinks.earlier_run import numbered_names, remove_rest
from app.sinks.picture_names import file_stems
from app.sinks.whole_body import face_keypoints, hand_keypoints

VERSION = 1.3

ARMS = tuple(f"{side}_{joint}" for side in ("right", "left") for joint in ("shoulder", "elbow", "wrist"))
LEGS = tuple(f"{side}_{joint}" for side in ("right", "left") for joint in ("hip", "knee", "ankle"))
FACE = ("right_eye", "left_eye", "right_ear", "left_ear")
FEET = tuple(f"{side}_{part}" for side in ("left", "right") for part in ("big_toe", "small_toe", "heel"))
BODY_25 = ("nose", "neck", *ARMS, "hip", *LEGS, *FACE, *FEET)
PARTS = ("pose", "face", "hand_left", "hand_right")
COCO_18 = ("nose", "neck", *ARMS, *LEGS, *FACE)

EYES, EDGE_OF_EYE = (36, 42), 6
"""The first points of the edges of the right and the left eye among the 68 of a face, and how many each has."""


class OpenPose:
    """Writes one file per frame to the folder of ``path``.

    In the name of ``path``, ``%012d`` stands for the frame's index. A name that starts with it is prefixed with the
    source's name; the file of a still image has the image's name and no number (see ``file_stems``). Keypoints are in
    the order of BODY_25 if the skeleton has feet, of COCO's 18 for a body without feet, else in the skeleton's own;
    hands and faces of a skeleton that has them are in OpenPose's order. A missing neck or hip is the middle of both
    sides, and a pupil that of the edge of the eye, with the lowest of their scores. Points in three dimensions are in
    meters from the pelvis. ``person_id`` is the track id.
    At the end, files that an earlier run wrote for other frames of the source are removed.

    Raises StanceError if the folder cannot be created.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.paths: list[Path] = []
        self._path = path
        stem = re.sub(r"[^\w.-]+", "_", Path(header.source).stem) or "frame"
        self._name = f"{stem}_{path.name}" if path.name.startswith("%") else path.name
        self._stems = file_stems(header.pictures)
        self._numbers = {"pose": keypoint_order(header.skeleton), **part_orders(header.skeleton)}
        with writing(path.parent):
            path.parent.mkdir(exist_ok=True)

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame's file, also if it has no people. Raises StanceError if the file cannot be written."""
        path = self._path.with_name(self._file_name(poses.index, name))
        write_whole(path, _encode({"version": VERSION, "people": [self._person(person) for person in poses.people]}))
        self.paths.append(path)

    def close(self) -> None:
        """Remove the files of an earlier run; idempotent. Raises StanceError if that fails."""
        if self.paths:
            remove_rest(self._path.parent, self._names(), _is_own, self.paths)

    def _names(self) -> re.Pattern[str]:
        """Matches the names of all frames of the source."""
        if not self._stems:
            return numbered_names(self._name)
        return re.compile(f"(?:{'|'.join(map(re.escape, self._stems))})_keypoints\\.json")

    def _file_name(self, index: int, picture: str) -> str:
        if picture:
            stem = self._stems[index] if index < len(self._stems) else Path(picture).stem
            return f"{stem}_keypoints.json"
        number = NUMBER.search(self._name)
        return NUMBER.sub(f"{index:0{number[1] or 1}d}" if number else str(index), self._name)

    def _person(self, person: Person) -> dict[str, Any]:
        values: dict[str, Any] = {
            f"{part}_keypoints_2d": _flat(person.keypoints, self._numbers[part]) for part in PARTS
        }
        points = person.points_3d
        depth = {f"{part}_keypoints_3d": [] if points is None else _flat(points, self._numbers[part]) for part in PARTS}
        return {"person_id": [person.id]} | values | depth | mark_fields(person, self._numbers["pose"])


def _flat(points: Floats, order: list[list[int]]) -> list[float]:
    """Coordinates and score of each point of ``order`` one after the other, from ``points`` (K, 3 or 4)."""
    digits = 2 if points.shape[1] == 3 else 4
    return [
        part
        for numbers in order
        for part in (
            *(round(float(value), digits) for value in points[numbers, :-1].mean(axis=0)),
            round(float(np.min(points[numbers, -1])), 4),
        )
    ]


def _encode(frame: dict[str, Any]) -> bytes:
    return (json.dumps(frame, separators=(",", ":"), allow_nan=False) + "\n").encode()


def _is_own(path: Path) -> bool:
    """Whether Stance has written the file: OpenPose itself writes numbers in another way, and -1 as the person's id."""
    data = path.read_bytes()
    try:
        frame = json.loads(data)
        return _encode(frame) == data and all(person["person_id"][0] >= 0 for person in frame["people"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return False


def keypoint_order(skeleton: Skeleton) -> list[list[int]]:
    """For every keypoint written, the index in ``skeleton``, or the two indices that it is the middle of."""
    for order in (BODY_25, COCO_18):
        numbers = [keypoint_indices(skeleton, name) for name in order]
        if all(numbers):
            return numbers
    return [[number] for number in range(len(skeleton.names))]


def part_orders(skeleton: Skeleton) -> dict[str, list[list[int]]]:
    """For every point of face and hands, the indices in ``skeleton`` that it is the middle of; empty without them.

    OpenPose's face has the 68 points that most have, and then the right and the left pupil.
    """
    face = face_keypoints(skeleton)
    pupils = [face[start : start + EDGE_OF_EYE] for start in EYES] if face else []
    return {
        "face": [[number] for number in face] + pupils,
        "hand_left": [[number] for number in hand_keypoints(skeleton, "left")],
        "hand_right": [[number] for number in hand_keypoints(skeleton, "right")],
    }

"""OpenPose's format: a folder with one JSON file per frame."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from app.analysis.landmarks import keypoint_indices
from app.core.people import Frame, FramePoses, Person, mark_fields
from app.core.skeleton import Skeleton
from app.sinks import NUMBER, Header, write_whole, writing
from app.sinks.earlier_run import numbered_names, remove_rest
from app.sinks.picture_names import file_stems

VERSION = 1.3
EMPTY = (
    *("face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d"),
    *("pose_keypoints_3d", "face_keypoints_3d", "hand_left_keypoints_3d", "hand_right_keypoints_3d"),
)

ARMS = tuple(f"{side}_{joint}" for side in ("right", "left") for joint in ("shoulder", "elbow", "wrist"))
LEGS = tuple(f"{side}_{joint}" for side in ("right", "left") for joint in ("hip", "knee", "ankle"))
FACE = ("right_eye", "left_eye", "right_ear", "left_ear")
FEET = tuple(f"{side}_{part}" for side in ("left", "right") for part in ("big_toe", "small_toe", "heel"))
BODY_25 = ("nose", "neck", *ARMS, "hip", *LEGS, *FACE, *FEET)
COCO_18 = ("nose", "neck", *ARMS, *LEGS, *FACE)


class OpenPose:
    """Writes one file per frame to the folder of ``path``.

    In the name of ``path``, ``%012d`` stands for the frame's index. A name that starts with it is prefixed with the
    source's name; the file of a still image has the image's name and no number (see ``file_stems``). Keypoints are in
    the order of BODY_25 if the skeleton has feet, of COCO's 18 for a body without feet, else in the skeleton's own. A
    missing neck or hip is the middle of both sides with the lower of their scores. ``person_id`` is the track id.
    At the end, files that an earlier run wrote for other frames of the source are removed.

    Raises StanceError if the folder cannot be created.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.paths: list[Path] = []
        self._path = path
        stem = re.sub(r"[^\w.-]+", "_", Path(header.source).stem) or "frame"
        self._name = f"{stem}_{path.name}" if path.name.startswith("%") else path.name
        self._stems = file_stems(header.pictures)
        self._numbers = keypoint_order(header.skeleton)
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
        points = [
            part
            for numbers in self._numbers
            for part in (
                *(round(float(value), 2) for value in person.keypoints[numbers, :2].mean(axis=0)),
                round(float(np.min(person.keypoints[numbers, 2])), 4),
            )
        ]
        filled = mark_fields(person, self._numbers)
        return {"person_id": [person.id], "pose_keypoints_2d": points} | {key: [] for key in EMPTY} | filled


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

"""OpenPose's own files: a folder with one JSON file a frame."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from app.analysis.landmarks import places
from app.people import Frame, FramePoses, Person
from app.sinks import NUMBER, Header, writing
from app.skeleton import Skeleton

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
    """Writes ``path``'s folder: each frame's people into a file of their own, whose number is the frame's index.

    In the name of ``path``, ``%012d`` stands for that index; a name that begins with it gets the source's name before
    it, and a still picture's file has the picture's name and no number. Keypoints come in the order of BODY_25 where
    the skeleton has feet, of COCO's 18 where it has none, else in its own; a neck or a hip that it lacks lies between
    both sides and has the lower of their scores. ``person_id`` is the track's id.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.paths: list[Path] = []
        self._path = path
        stem = re.sub(r"[^\w.-]+", "_", Path(header.source).stem) or "frame"
        self._name = f"{stem}_{path.name}" if path.name.startswith("%") else path.name
        self._numbers = keypoint_order(header.skeleton)
        with writing(path.parent):
            path.parent.mkdir(exist_ok=True)

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame's file, without people too. Raises StanceError where the disk refuses."""
        number = NUMBER.search(self._name)
        own = f"{poses.index:0{number[1] or 1}d}" if number else str(poses.index)
        file = f"{Path(name).stem}_keypoints.json" if name else NUMBER.sub(own, self._name)
        path = self._path.with_name(file)
        people = {"version": VERSION, "people": [self._person(person) for person in poses.people]}
        with writing(path):
            path.write_text(json.dumps(people, separators=(",", ":"), allow_nan=False) + "\n", encoding="utf-8")
        self.paths.append(path)

    def close(self) -> None:
        """Nothing is left open."""

    def _person(self, person: Person) -> dict[str, Any]:
        points = [
            part
            for numbers in self._numbers
            for part in (
                *(round(float(value), 2) for value in person.keypoints[numbers, :2].mean(axis=0)),
                round(float(np.min(person.keypoints[numbers, 2])), 4),
            )
        ]
        return {"person_id": [person.id], "pose_keypoints_2d": points} | {key: [] for key in EMPTY}


def keypoint_order(skeleton: Skeleton) -> list[list[int]]:
    """For every keypoint that is written the number of the skeleton's, or of the two that it lies between."""
    for order in (BODY_25, COCO_18):
        numbers = [places(skeleton, name) for name in order]
        if all(numbers):
            return numbers
    return [[number] for number in range(len(skeleton.names))]

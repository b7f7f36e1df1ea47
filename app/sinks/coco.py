"""COCO keypoint results, readable by pycocotools' ``loadRes``, with track ids."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from app.core.composed_skeleton import HAND_POINTS
from app.core.face_points import FACE_68
from app.core.people import Floats, Frame, FramePoses, Person, mark_fields
from app.core.skeleton import Skeleton, load_skeleton
from app.overlay import DrawStyle
from app.sinks import Header
from app.sinks.json_array import JsonArrayFile
from app.sinks.picture_names import numbers_of
from app.sinks.whole_body import face_keypoints, foot_keypoints, hand_keypoints

PERSON_CATEGORY = 1
DEFAULT = DrawStyle()
_MISSING = np.zeros(3, np.float32)
"""x, y and score of a keypoint that the skeleton lacks."""


class Coco:
    """Writes ``path`` as one JSON list of people, which is complete after every frame.

    From a skeleton that contains COCO's 17 keypoints these are written in COCO's order, from others all keypoints. Of a
    skeleton with a face or hands, feet, face and hands follow as in COCO-WholeBody, all of its 133 keypoints, of which
    those that the skeleton lacks are 0 0 0; a part is valid if the mean score of its keypoints reaches ``threshold``.
    ``image_id`` is the number in an image's file name (000000000139.jpg: 139) if all images have such names with
    different numbers, else the frame's index. People with one of ``names`` (by id) have it as ``name``.
    """

    def __init__(
        self,
        path: Path,
        header: Header,
        names: Mapping[int, str] = MappingProxyType({}),
        threshold: float = DEFAULT.threshold,
    ) -> None:
        self.paths = [path]
        self._names = names
        self._threshold = threshold
        self._parts = whole_body_parts(header.skeleton)
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
            "keypoints": _flat(person.keypoints[self._keypoints]),
            "score": round(float(person.score), 4),
            "bbox": [round(x0, 2), round(y0, 2), round(x1 - x0, 2), round(y1 - y0, 2)],
            "track_id": person.id,
            **({"name": self._names[person.id]} if person.id in self._names else {}),
            **mark_fields(person, [[number] for number in self._keypoints]),
            **self._part_fields(person),
        }

    def _part_fields(self, person: Person) -> dict[str, Any]:
        """The keypoints of feet, face and hands, and whether each was seen."""
        fields: dict[str, Any] = {}
        for part, numbers in self._parts.items():
            keypoints = np.array([_MISSING if row is None else person.keypoints[row] for row in numbers], np.float32)
            fields[f"{part}_kpts"] = _flat(keypoints)
            fields[f"{part}_valid"] = bool(keypoints[:, 2].mean() >= self._threshold)
        return fields


def whole_body_parts(skeleton: Skeleton) -> dict[str, Sequence[int | None]]:
    """The indices of the keypoints of each part in COCO-WholeBody's order, None for those that ``skeleton`` lacks.

    Empty if it has neither a face nor hands.
    """
    face, left, right = (
        face_keypoints(skeleton),
        hand_keypoints(skeleton, "left"),
        hand_keypoints(skeleton, "right"),
    )
    if not (face or left or right):
        return {}
    no_hand = (None,) * HAND_POINTS
    return {
        "foot": foot_keypoints(skeleton),
        "face": face or (None,) * len(FACE_68),
        "lefthand": left or no_hand,
        "righthand": right or no_hand,
    }


def _flat(keypoints: Floats) -> list[float]:
    """x, y and score of ``keypoints`` (K, 3) one after the other."""
    return [value for x, y, score in keypoints.tolist() for value in (round(x, 2), round(y, 2), round(score, 4))]

"""Predictions in the format of MMPose 1.x: metadata of the keypoints, then a list of frames with their people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.core.people import Frame, FramePoses, Person, mark_fields
from app.core.skeleton import Skeleton
from app.sinks import Header
from app.sinks.json_array import JsonArrayFile


class MMPose:
    """Writes ``path`` as one JSON object, which is complete after every frame.

    The format is that of MMPose's ``topdown_demo_with_mmdet.py``: ``meta_info`` and ``instance_info``, whose frames
    count from 1 and contain people as ``split_instances`` returns them. Additional fields are ``time_s`` and, for each
    person, ``track_id``; and ``name`` for those who have one of ``names`` (by id). People with points in three
    dimensions have ``keypoints_3d``, x y z in meters from the pelvis (see ``Person``), and ``keypoint_scores_3d``.
    """

    def __init__(self, path: Path, header: Header, names: Mapping[int, str] = MappingProxyType({})) -> None:
        self.paths = [path]
        self._names = names
        meta = json.dumps(meta_info(header.skeleton), separators=(",", ":"))
        self._frames = JsonArrayFile(path, f'{{"meta_info":{meta},\n"instance_info":['.encode(), b"\n]}\n")

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame. Raises StanceError if the file cannot be written."""
        line: dict[str, Any] = {"frame_id": poses.index + 1, "time_s": round(poses.time_s, 6)}
        if name:
            line["file_name"] = name
        line["instances"] = [_instance(person, self._names.get(person.id, "")) for person in poses.people]
        self._frames.add([json.dumps(line, separators=(",", ":"), ensure_ascii=False, allow_nan=False)])

    def close(self) -> None:
        """Close the file; idempotent."""
        self._frames.close()


def meta_info(skeleton: Skeleton) -> dict[str, Any]:
    """The fields of MMPose's dataset meta information that are known for ``skeleton``."""
    return {
        "dataset_name": skeleton.name,
        "num_keypoints": len(skeleton.names),
        "keypoint_id2name": {str(number): name for number, name in enumerate(skeleton.names)},
        "keypoint_name2id": {name: number for number, name in enumerate(skeleton.names)},
        "flip_indices": skeleton.flip_order,
        "flip_pairs": [list(pair) for pair in skeleton.flip_pairs],
        "num_skeleton_links": len(skeleton.limbs),
        "skeleton_links": [list(limb) for limb in skeleton.limbs],
        "sigmas": list(skeleton.sigmas),
    }


def _instance(person: Person, name: str) -> dict[str, Any]:
    return {
        "keypoints": [[round(x, 2), round(y, 2)] for x, y in person.keypoints[:, :2].tolist()],
        "keypoint_scores": [round(score, 4) for score in person.keypoints[:, 2].tolist()],
        "bbox": [[round(value, 2) for value in person.box.tolist()]],
        "bbox_score": round(float(person.score), 4),
        "track_id": person.id,
        **({"name": name} if name else {}),
        **mark_fields(person),
        **_spatial_fields(person),
    }


def _spatial_fields(person: Person) -> dict[str, Any]:
    if person.points_3d is None:
        return {}
    points = person.points_3d.tolist()
    return {
        "keypoints_3d": [[round(value, 4) for value in point[:3]] for point in points],
        "keypoint_scores_3d": [round(point[3], 4) for point in points],
    }

"""People, headers and frames for tests of sinks."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.core.people import Frame, FramePoses, Person
from app.core.skeleton import Skeleton, load_skeleton
from app.sinks import Header


def person(number: int, skeleton: Skeleton, shift: float = 0.0) -> Person:
    """A person with the id ``number``, whose keypoint i is at (10 i + shift, 5 i)."""
    keypoints = np.array([[10 * i + shift, 5 * i, 0.9] for i in range(len(skeleton.names))], dtype=np.float32)
    box = np.array([1, 2, 31, 42], dtype=np.float32)
    return Person(number, 0.87654, box, keypoints)


def header(skeleton: str = "coco17", source_file: Path | None = None, still: bool = False) -> Header:
    """A header of a source of 64 x 48 pixels."""
    return Header(
        source="clip.mp4",
        size=(64, 48),
        fps=25.0,
        skeleton=load_skeleton(skeleton),
        pose_model="rtmpose-s",
        detector="yolox-tiny",
        device_requested="auto",
        device_actual="cpu",
        source_file=source_file,
        still=still,
    )


def blank(index: int, time_s: float, width: int = 64, height: int = 48, value: int = 90) -> Frame:
    """A uniform gray frame."""
    return Frame(index, time_s, np.full((height, width, 3), value, dtype=np.uint8))


def poses(frame: Frame, *people: Person) -> FramePoses:
    """The poses of ``people`` in ``frame``."""
    return FramePoses(frame.index, frame.time_s, people)

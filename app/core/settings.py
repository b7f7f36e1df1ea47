"""What a person can choose about the pipe, with the defaults that the command line and the window share."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Literal, get_args

from app.errors import StanceError

Device = Literal["auto", "cpu", "cuda", "tensorrt"]
Smooth = Literal["one-euro", "kalman", "none"]
Rotate = Literal["auto", "0", "90", "180", "270"]

DEVICES: tuple[Device, ...] = get_args(Device)
SMOOTHERS: tuple[Smooth, ...] = get_args(Smooth)
ROTATIONS: tuple[Rotate, ...] = get_args(Rotate)


@dataclass(frozen=True, slots=True)
class Settings:
    """How people are found and followed.

    ``pose`` and ``detector`` are names of the catalogue or ONNX files (detector ``none``: the whole frame is
    one person). ``detect_every`` is in seconds, 0 means every frame; in between, people are followed by
    their own keypoints. ``max_people`` 0 means everyone. ``threshold`` is the keypoint score under which a
    keypoint is not drawn; ``person_threshold`` how much has to speak for a newcomer: the root of the box score
    x the mean score of the better half of the keypoints. ``half_rate`` estimates every other frame and foretells
    the poses in between.
    """

    pose: str = "rtmpose-s"
    detector: str = "yolox-tiny"
    device: Device = "auto"
    detect_every: float = 0.2
    smooth: Smooth = "one-euro"
    flip_test: bool = False
    half_rate: bool = False
    max_people: int = 0
    threshold: float = 0.3
    person_threshold: float = 0.2

    def __post_init__(self) -> None:
        if self.device not in DEVICES:
            raise StanceError(f"Unknown device {self.device!r}: wanted one of {', '.join(DEVICES)}.")
        if self.smooth not in SMOOTHERS:
            raise StanceError(f"Unknown smoother {self.smooth!r}: wanted one of {', '.join(SMOOTHERS)}.")
        if not self.detect_every >= 0:
            raise StanceError(f"Detection every {self.detect_every} s makes no sense: wanted 0 or more seconds.")
        if self.max_people < 0:
            raise StanceError(f"At most {self.max_people} people makes no sense: wanted 0 (everyone) or more.")
        for name, value in (("Keypoint", self.threshold), ("Person", self.person_threshold)):
            if not 0 <= value <= 1:
                raise StanceError(f"{name} threshold {value} is out of range: wanted a score from 0 to 1.")


@dataclass(frozen=True, slots=True)
class Job:
    """What to run the pipe on: a source as the person typed it, the part of it that counts, and what to write."""

    source: str
    outputs: tuple[Path, ...] = ()
    start_s: float = 0.0
    end_s: float | None = None
    limit: int | None = None
    rotate: Rotate = "auto"
    mirror: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.start_s < inf:
            raise StanceError(f"A start at {self.start_s} s makes no sense: wanted 0 or more seconds.")
        if self.end_s is not None and not self.start_s < self.end_s:
            raise StanceError(f"An end at {self.end_s} s leaves nothing: wanted more than the start, {self.start_s} s.")
        if self.limit is not None and self.limit < 1:
            raise StanceError(f"A limit of {self.limit} frames leaves nothing: wanted 1 or more.")
        if self.rotate not in ROTATIONS:
            raise StanceError(f"Unknown rotation {self.rotate!r}: wanted one of {', '.join(ROTATIONS)}.")

"""The pipeline's settings and the options of a run, with the defaults that the command line and the window share."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from typing import Literal, get_args

from app.core.errors import StanceError
from app.core.film_options import AS_SOURCE, FilmOptions, Privacy
from app.core.live_address import LiveAddress
from app.core.message import Message
from app.core.only import Only
from app.core.scale_options import ScaleOptions

Device = Literal["auto", "cpu", "cuda", "tensorrt"]
Smooth = Literal["one-euro", "kalman", "none"]
Nms = Literal["oks", "pose"]
Rotate = Literal["auto", "0", "90", "180", "270"]
Language = Literal["en", "zh"]
Face = Literal["", "mesh", "68"]
HandNetwork = Literal["full", "lite"]

DEVICES: tuple[Device, ...] = get_args(Device)
SMOOTHERS: tuple[Smooth, ...] = get_args(Smooth)
NMS: tuple[Nms, ...] = get_args(Nms)
ROTATIONS: tuple[Rotate, ...] = get_args(Rotate)
LANGUAGES: tuple[Language, ...] = get_args(Language)
"""Languages of reports."""
FACES: tuple[Face, ...] = get_args(Face)[1:]
"""Keypoints of faces: a mesh of 468 points, or the 68 points of annotated photos."""
HAND_NETWORKS: tuple[HandNetwork, ...] = get_args(HandNetwork)
"""Networks for the keypoints of hands: the more accurate and the faster one."""
CUTOFF_HZ = 6.0
"""Default cutoff frequency of offline smoothing: usual for walking and running."""
MIN_CUTOFF_HZ, MAX_CUTOFF_HZ = 0.1, 1000.0
REPEATED, NOT_REPEATED = "knee", "none"
"""The joint of which repetitions are counted unless another is chosen, and the choice to count none."""
JOINTS = ("ankle", "knee", "hip", "shoulder", "elbow", "wrist")
REPEATABLE = (*JOINTS, *(f"{side} {joint}" for joint in JOINTS for side in ("left", "right")), NOT_REPEATED)
"""What repetitions can be counted of: a joint, for the mean of both sides, or that of one side."""
NETWORK_FIELDS = ("pose", "detector", "device", "crop", "lifter", "hands", "hand_network", "face")
"""The fields of ``Settings`` whose change requires loading networks."""
CROP = re.compile(r"([1-9]\d{0,3})x([1-9]\d{0,3})")


@dataclass(frozen=True, slots=True)
class Settings:
    """How people are detected, estimated and tracked.

    ``pose`` and ``detector`` are names from the catalogue or ONNX files (detector ``none``: the whole frame is one
    person). ``detect_every`` is the detection interval in seconds, 0 for every frame; between detections, boxes come
    from the keypoints of the previous frame. ``max_people`` 0 means no limit. Keypoints that score below ``threshold``
    are not drawn. ``person_threshold`` is the minimum score of a new person: the square root of the box score times
    the mean score of the better half of the keypoints. ``half_rate`` estimates every second frame and predicts the
    poses between. ``crop`` ("192x256", width first) is the input size in pixels for a pose network that accepts any
    size; empty for the most common size that the network accepts. ``lifter`` is the name or the file of a lifter,
    which adds points in 3D; empty for none. ``hold_bones``: the bones of these points keep their lengths. ``nms``
    decides which poses are of the same person: "oks" keeps the best of similar ones (object keypoint similarity),
    "pose" merges them (RMPE). ``hands`` adds 21 keypoints of each hand, by ``hand_network``: "full" or the faster
    "lite"; ``face`` those of the face: "mesh" (468) or "68".

    Raises StanceError for a value outside its range.
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
    crop: str = ""
    lifter: str = ""
    hold_bones: bool = False
    nms: Nms = "oks"
    hands: bool = False
    hand_network: HandNetwork = "full"
    face: Face = ""

    def __post_init__(self) -> None:
        if self.face and self.face not in FACES:
            raise StanceError(
                "Unknown keypoints of faces {name!r}: wanted one of {known}.", name=self.face, known=", ".join(FACES)
            )
        if self.hand_network not in HAND_NETWORKS:
            raise StanceError(
                "Unknown network of hands {name!r}: wanted one of {known}.",
                name=self.hand_network,
                known=", ".join(HAND_NETWORKS),
            )
        if self.device not in DEVICES:
            raise StanceError(
                "Unknown device {device!r}: wanted one of {known}.", device=self.device, known=", ".join(DEVICES)
            )
        if self.smooth not in SMOOTHERS:
            raise StanceError(
                "Unknown smoother {name!r}: wanted one of {known}.", name=self.smooth, known=", ".join(SMOOTHERS)
            )
        if self.nms not in NMS:
            raise StanceError(
                "Unknown pose suppression {name!r}: wanted one of {known}.", name=self.nms, known=", ".join(NMS)
            )
        if not self.detect_every >= 0:
            raise StanceError(
                "The detection interval {seconds} s is out of range: wanted 0 s (every frame) or more.",
                seconds=self.detect_every,
            )
        if self.max_people < 0:
            raise StanceError(
                "The maximum of {count} people is out of range: wanted 0 (no limit) or more.", count=self.max_people
            )
        if self.crop and not CROP.fullmatch(self.crop):
            raise StanceError(
                "The crop size {crop!r} is not valid: wanted WIDTHxHEIGHT such as 192x256.", crop=self.crop
            )
        for what, value in ((Message("Keypoint"), self.threshold), (Message("Person"), self.person_threshold)):
            if not 0 <= value <= 1:
                raise StanceError(
                    "{what} threshold {value} is out of range: wanted a score from 0 to 1.", what=what, value=value
                )

    def with_networks_of(self, other: Settings) -> Settings:
        """These settings with the networks of ``other``."""
        return replace(self, **{name: getattr(other, name) for name in NETWORK_FIELDS})

    @property
    def crop_size(self) -> tuple[int, int] | None:
        """``crop`` as (width, height) in pixels, or None if it is empty."""
        match = CROP.fullmatch(self.crop)
        return (int(match[1]), int(match[2])) if match else None


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What to run the pipeline on.

    ``source`` is as the user typed it; frames from ``start_s`` up to ``end_s`` (seconds; None for the end) are
    processed, at most ``limit`` of them, and written to ``outputs``; a report is in ``language``. Repetitions are
    counted of the angle ``repetitions``; with ``events`` the last of the JSON lines has the events.
    ``detector_is_requested``: the user has named the detector, so that a pose model that runs without one is refused.
    ``scale`` states how pixels become meters.
    ``check``: tell what limits the accuracy of the recording.
    ``angles`` are drawn on the picture, by name.
    ``smooth_offline``: people are smoothed over the whole clip, below ``cutoff_hz``, before they are written.
    ``only``: these people alone are drawn and written; None for all.
    ``privacy`` is what is hidden of the people in films and pictures; films are made as ``film`` says.
    ``live`` are the addresses that get the poses of every frame at once.
    ``source_name``: what files call the source, for one that is a copy; empty for ``source`` itself.

    Raises StanceError for a value outside its range.
    """

    source: str
    outputs: tuple[Path, ...] = ()
    start_s: float = 0.0
    end_s: float | None = None
    limit: int | None = None
    rotate: Rotate = "auto"
    mirror: bool = False
    detector_is_requested: bool = False
    language: Language = "en"
    repetitions: str = REPEATED
    events: bool = False
    scale: ScaleOptions = field(default_factory=ScaleOptions)
    check: bool = False
    smooth_offline: bool = False
    cutoff_hz: float = CUTOFF_HZ
    only: Only | None = None
    angles: tuple[str, ...] = ()
    privacy: Privacy = "off"
    film: FilmOptions = AS_SOURCE
    live: tuple[LiveAddress, ...] = ()
    source_name: str = ""

    def __post_init__(self) -> None:
        check_cutoff(self.cutoff_hz)
        if self.privacy == "skeleton" and not self.film.overlay:
            raise StanceError("--no-overlay and --privacy skeleton leave nothing to show: wanted one of them.")
        if self.repetitions not in REPEATABLE:
            raise StanceError(
                "There are no repetitions of {name!r}: wanted one of {known}.",
                name=self.repetitions,
                known=", ".join(REPEATABLE),
            )
        if not 0 <= self.start_s < inf:
            raise StanceError("The start {start_s} s is out of range: wanted 0 s or more.", start_s=self.start_s)
        if self.end_s is not None and not self.start_s < self.end_s:
            raise StanceError(
                "The end {end_s} s is not after the start: wanted more than {start_s} s.",
                end_s=self.end_s,
                start_s=self.start_s,
            )
        if self.limit is not None and self.limit < 1:
            raise StanceError("The limit of {count} frames is out of range: wanted 1 or more.", count=self.limit)
        if self.rotate not in ROTATIONS:
            raise StanceError(
                "Unknown rotation {name!r}: wanted one of {known}.", name=self.rotate, known=", ".join(ROTATIONS)
            )


def check_cutoff(cutoff_hz: float) -> None:
    """Raise StanceError if ``cutoff_hz`` is not a cutoff frequency that tracks can be smoothed with."""
    if not MIN_CUTOFF_HZ <= cutoff_hz <= MAX_CUTOFF_HZ:
        raise StanceError(
            "The cutoff frequency {cutoff} Hz is out of range: wanted {least} to {most} Hz.",
            cutoff=cutoff_hz,
            least=MIN_CUTOFF_HZ,
            most=MAX_CUTOFF_HZ,
        )

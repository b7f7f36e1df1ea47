"""The scale of a run, found from all people when they have been seen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.analysis import Analysis
from app.analysis.calibration import Calibration
from app.analysis.find_scale import find_scale
from app.analysis.scale import Scale
from app.analysis.space_size import AS_THEY_ARE, Factors, size_factors
from app.analysis.track_builder import TrackBuilder
from app.core.errors import StanceError
from app.core.message import Message
from app.core.people import Frame, FramePoses
from app.core.scale_options import ScaleOptions
from app.core.skeleton import Skeleton
from app.sinks import Sink, unwritten
from app.sinks.frame_spool import FrameSpool

MAX_BYTES = 200_000_000
"""Memory for the people by whom the scale is found: more than twelve hours of one person with 26 keypoints."""


class ClipScale:
    """Collects the people of a run and finds their scale.

    ``spool`` has the people of each frame, if ``keep_frames`` was called. ``reason`` says why there is no scale.
    ``size`` is (width, height) of the pictures; ``calibration`` the camera if ``options`` names one. If ``people`` are
    given, the scale is found from them, in place of those that are collected: of these, ``MAX_BYTES`` are kept, the
    first ones.
    """

    def __init__(
        self,
        options: ScaleOptions,
        skeleton: Skeleton,
        size: tuple[int, int],
        threshold: float,
        calibration: Calibration | None = None,
        people: Analysis | None = None,
    ) -> None:
        self.options = options
        self.spool: FrameSpool | None = None
        self.reason = Message("")
        self._size = size
        self._threshold = threshold
        self._calibration = calibration
        self._own = TrackBuilder(skeleton, MAX_BYTES)
        self._people: Analysis | TrackBuilder = self._own if people is None else people
        self._last: tuple[int, float] | None = None
        self._scale: Scale | None = None
        self._version = -1

    @property
    def is_empty(self) -> bool:
        """Whether no frame was added."""
        return self._last is None

    def keep_frames(self, folder: Path) -> None:
        """Keep all frames from now on, on the disk in ``folder``; further calls change nothing."""
        if self.spool is None:
            self.spool = FrameSpool(folder)

    def add(self, poses: FramePoses, name: str) -> None:
        """Take the people of one frame, and the ``name`` of a still image; several outputs may add the same frame.

        Raises OSError if frames are kept and the disk is full.
        """
        if self._last == (poses.index, poses.time_s):
            return
        self._last = poses.index, poses.time_s
        if self._people is self._own:
            self._own.add(poses)
        if self.spool is not None:
            self.spool.add(poses, name)

    def find(self) -> Scale | None:
        """The scale by the frames so far; None if it is unknown, and then ``reason`` says why."""
        if self._version != self._people.version:
            self._version = self._people.version
            self._scale, self.reason = None, Message("")
            try:
                self._scale = find_scale(self._people, self.options, self._size, self._threshold, self._calibration)
            except StanceError as error:
                self.reason = error.message
        return self._scale

    def sizes(self) -> Factors:
        """By what points in three dimensions are to be multiplied, by the id of the person, by the frames so far."""
        if self.options.height_m is None:
            return AS_THEY_ARE
        return size_factors(self._people, self.options, self._threshold)


class Collecting:
    """Passes frames to ``sink``, and before that their people to ``clip``, whose scale the sink asks for at its end."""

    def __init__(self, sink: Sink, clip: ClipScale) -> None:
        self._sink = sink
        self._clip = clip

    @property
    def paths(self) -> Sequence[Path]:
        """The files that the sink has created so far."""
        return self._sink.paths

    @property
    def unwritten(self) -> Message:
        """Why the sink created no file; empty if it did."""
        return next(iter(unwritten([self._sink])), Message(""))

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame. Raises StanceError if the file cannot be written."""
        self._clip.add(poses, name)
        self._sink.write(frame, poses, name)

    def close(self) -> None:
        """Finish the file; idempotent."""
        self._sink.close()

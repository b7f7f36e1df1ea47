"""The scale of a run, found from all people when they have been seen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.analysis import Analysis
from app.analysis.calibration import Calibration
from app.analysis.find_scale import find_scale
from app.analysis.scale import Scale
from app.core.errors import StanceError
from app.core.message import Message
from app.core.people import Frame, FramePoses
from app.core.scale_options import ScaleOptions
from app.core.skeleton import Skeleton
from app.sinks import Sink, unwritten


class ClipScale:
    """Collects the people of a run and finds their scale.

    ``frames`` are the people of each frame, and the names of still images. ``reason`` says why there is no scale.
    ``size`` is (width, height) of the pictures; ``calibration`` the camera if ``options`` names one. If ``people`` are
    given, the scale is found from them, in place of those that are collected.
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
        self.frames: list[tuple[FramePoses, str]] = []
        self.reason = Message("")
        self._size = size
        self._threshold = threshold
        self._calibration = calibration
        self._own = Analysis(skeleton, most=2**62)
        self._people = self._own if people is None else people
        self._scale: Scale | None = None
        self._version = -1

    def add(self, poses: FramePoses, name: str) -> None:
        """Keep the people of one frame, and the ``name`` of a still image; several outputs may add the same frame."""
        last = self.frames[-1][0] if self.frames else None
        if last is None or (poses.index, poses.time_s) != (last.index, last.time_s):
            self._own.add(poses)
            self.frames.append((poses, name))

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

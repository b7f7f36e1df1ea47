"""Whether a recording is good enough to be measured: what limits its accuracy, and what to do about it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from math import inf

import cv2
import msgspec
import numpy as np

from app.analysis.checks.camera_motion import CameraMotion
from app.analysis.checks.finding import Finding, Namer, plain_name
from app.analysis.checks.framing import check_framing
from app.analysis.checks.hidden_side import check_hidden
from app.analysis.checks.light import MAX_SAMPLES, Light, LightSample
from app.analysis.checks.motion_blur import MotionBlur
from app.analysis.checks.motion_rate import MotionRate
from app.analysis.checks.sampled_people import SampledPeople, subjects
from app.analysis.checks.view_angle import check_view
from app.core.message import Message
from app.core.people import Frame, FramePoses, Image
from app.core.skeleton import Skeleton

PICTURE_STEP_S = 0.25
"""Time between two pictures that are looked at, in seconds."""
SMALL_SIDE = 320
"""Longer side of the small pictures, in pixels."""
MIN_S = 1.0
"""Shortest recording that is judged, in seconds."""

__all__ = ["Finding", "RecordingCheck"]


class PictureSamples(msgspec.Struct, frozen=True):
    """What was read from the pictures of a recording, for a check without them: see the classes of the checks."""

    camera: list[tuple[float, bool]] = []
    light: dict[int, list[LightSample]] = {}
    blur: dict[int, list[tuple[float, bool]]] = {}


class RecordingCheck:
    """Looks at the frames of one recording, in order, with the people found in them; any thread may read the findings.

    Poses are looked at ten times a second, pictures four times, the speed of hands and feet in every frame. Only the
    last ``last_s`` seconds count. Keypoints that score below ``threshold`` are not seen. Frames up to ``until_s``
    seconds have been looked at. Without ``has_pictures`` the frames are blank, and only poses are looked at.
    """

    def __init__(
        self, skeleton: Skeleton, threshold: float = 0.3, last_s: float = inf, *, has_pictures: bool = True
    ) -> None:
        self.skeleton = skeleton
        self.until_s = -inf
        self._threshold = threshold
        self._has_pictures = has_pictures
        self._lock = threading.Lock()
        self._people = SampledPeople(skeleton, last_s)
        self._rate = MotionRate(skeleton, threshold, last_s)
        self._blur = MotionBlur(skeleton, threshold, last_s)
        self._light = Light(skeleton, threshold, last_s)
        self._camera = CameraMotion(last_s)
        self._size = (0, 0)
        self._found = False
        self._first_s, self._next_s = inf, -inf
        self._before: tuple[Frame, FramePoses] | None = None
        self._filling = threading.Lock()
        self._fill: Callable[[], None] | None = None

    @property
    def is_judged(self) -> bool:
        """Whether the recording is long enough to be judged."""
        self._fill_now()
        return self._is_long_enough()

    def add(self, frame: Frame, poses: FramePoses) -> None:
        """Look at the next frame; one that is not later than those before is left out."""
        with self._lock:
            if frame.time_s <= self.until_s:
                return
            self._add_people(frame.size, poses)
            if self._has_pictures and frame.time_s >= self._next_s:
                self._next_s = max(self._next_s + PICTURE_STEP_S, frame.time_s)
                self._look(frame, poses)
            if self._has_pictures:
                self._before = (frame, poses)

    def add_people(self, size: tuple[int, int], poses: FramePoses) -> None:
        """Look at the people of the next frame, of ``size`` pixels, whose picture is not at hand."""
        with self._lock:
            if poses.time_s > self.until_s:
                self._add_people(size, poses)

    def fill_later(self, fill: Callable[[], None]) -> None:
        """Let ``fill`` add what is known of this recording when it is judged, in that thread: most are never judged."""
        with self._filling:
            self._fill = fill

    def picture_samples(self) -> PictureSamples:
        """What was read from the pictures so far."""
        self._fill_now()
        with self._lock:
            light = {number: list(samples) for number, samples in self._light.samples.items()}
            blur = {number: list(samples) for number, samples in self._blur.samples.items()}
            return PictureSamples(list(self._camera.samples), light, blur)

    def restore_samples(self, samples: PictureSamples) -> None:
        """Take over what was read from the pictures of this recording before."""
        with self._lock:
            self._camera.samples = deque(samples.camera)
            self._light.samples = {number: deque(kept, MAX_SAMPLES) for number, kept in samples.light.items()}
            self._blur.samples = {number: deque(kept) for number, kept in samples.blur.items()}

    def release(self) -> None:
        """Release the last frame, after which no other follows; the findings stay."""
        with self._lock:
            self._before = None

    def findings(self, name: Namer = plain_name) -> tuple[Finding, ...]:
        """What limits the accuracy, the most serious first; ``name`` returns how a person with an id is called."""
        self._fill_now()
        with self._lock:
            if not self._is_long_enough():
                return ()
            if not self._found:
                nobody = Message("Nobody is found in the picture. Move closer, or add light.")
                return (Finding("nobody", nobody), *self._camera.findings())
            checked = subjects(self._people.tracks(), self._threshold)
            ids = [track.id for track in checked]
            return (
                *check_framing(checked, self._size, self._threshold, name),
                *self._light.findings(ids, name),
                *self._camera.findings(),
                *self._rate.findings(ids, name),
                *self._blur.findings(ids, name),
                *check_view(checked, self._threshold, name),
                *check_hidden(checked, self._threshold, name),
            )

    def _fill_now(self) -> None:
        with self._filling:
            fill, self._fill = self._fill, None
            if fill is not None:
                fill()

    def _is_long_enough(self) -> bool:
        return self.until_s - self._first_s >= MIN_S

    def _add_people(self, size: tuple[int, int], poses: FramePoses) -> None:
        self.until_s = poses.time_s
        self._first_s = min(self._first_s, poses.time_s)
        self._size = size
        self._found = self._found or bool(poses.people)
        self._people.add(poses)
        self._rate.add(poses)

    def _look(self, frame: Frame, poses: FramePoses) -> None:
        """Look at the picture of a frame."""
        gray, scale = _small_gray(frame.image)
        self._camera.add(frame.time_s, gray, poses, scale)
        self._light.add(frame, poses, float(gray.mean()))
        if self._before is not None and self._before[0].index == frame.index - 1:
            self._blur.add(self._before, frame, poses)


def _small_gray(image: Image) -> tuple[Image, float]:
    """A gray copy (h, w) at most ``SMALL_SIDE`` pixels long, and its scale."""
    scale = min(SMALL_SIDE / max(image.shape[:2]), 1.0)
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8), scale

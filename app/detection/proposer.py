"""Proposers supply the candidates of a frame: a detector with its schedule, or none for networks that find people."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from app.core.people import Floats, Frame
from app.detection.detector import Detect
from app.detection.scene_change import SceneChange
from app.detection.schedule import DetectionSchedule
from app.pose.model import Candidates
from app.tracking.tracker import Tracker

DETECT_THRESHOLD = 0.1
"""Minimum score of a box in which a pose is estimated; low, because the pose shows better whether it is a person."""

DOUBTFUL_SCORE = 0.45
"""Mean keypoint score below which the detector runs again, because the pose may have drifted off its person."""


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """The detector's ``boxes`` (N, 5) = x0 y0 x1 y1 score in ``frame``, and the time it took, ``ms`` milliseconds.

    They have further columns if the detector finds regions too (see ``Detect``).
    """

    frame: Frame
    boxes: Floats
    ms: float


DetectFn = Callable[[Frame, bool], Detections | None]


class Proposal(NamedTuple):
    """Candidates for a frame, and the frame in which they were detected (None: tracked people in predicted boxes).

    ``ms`` is the time that the detector took, in milliseconds; None if it did not run.
    """

    candidates: Candidates
    detected_in: Frame | None
    ms: float | None = None


class Proposer(Protocol):
    """Proposes candidates for each frame; frames come in order of time."""

    @property
    def detector(self) -> Detect | None:
        """The detector; None if there is none."""
        ...

    def reset(self) -> None:
        """Forget the frames before: the next frame does not follow the last one."""
        ...

    def set_interval(self, every_s: float) -> None:
        """Run the detector every ``every_s`` seconds from now on (0: in every frame)."""
        ...

    def needs_detection(self, frame: Frame) -> bool:
        """Whether the detector has to run on ``frame``; a guess if ``frame`` is not the next frame."""
        ...

    def find(self, frame: Frame) -> Detections:
        """Run the detector on ``frame``. The proposer does not change; any thread may call it."""
        ...

    def propose(self, frame: Frame, find: DetectFn) -> Proposal:
        """The candidates for ``frame``; ``find(frame, needs_detection)`` returns new detections, or None if none."""
        ...


class DetectorProposer:
    """Proposes the detector's boxes in frames that the schedule chooses, and the predicted boxes of tracked people."""

    def __init__(self, detector: Detect, tracker: Tracker, every_s: float) -> None:
        self._detector = detector
        self._tracker = tracker
        self._schedule = DetectionSchedule(every_s)
        self._scene = SceneChange()

    @property
    def detector(self) -> Detect:
        """The detector."""
        return self._detector

    def reset(self) -> None:
        """See ``Proposer``."""
        self._schedule.reset()
        self._scene.reset()

    def set_interval(self, every_s: float) -> None:
        """See ``Proposer``."""
        self._schedule.every = every_s

    def needs_detection(self, frame: Frame) -> bool:
        """See ``Proposer``."""
        return self._schedule.should_detect(frame, self._is_someone_missing(frame))

    def find(self, frame: Frame) -> Detections:
        """See ``Proposer``."""
        start = time.perf_counter()
        boxes = self._detector(frame.image, DETECT_THRESHOLD)
        return Detections(frame, boxes, (time.perf_counter() - start) * 1000)

    def propose(self, frame: Frame, find: DetectFn) -> Proposal:
        """See ``Proposer``."""
        found = find(frame, self.needs_detection(frame))
        if found is None:
            return Proposal(self._expected(), None)
        self._schedule.mark_detected(found.frame)
        if self._is_nobody_here():
            self._scene.mark_detected(found.frame)
        return Proposal(self._detected(frame, found), found.frame, found.ms)

    def _detected(self, frame: Frame, found: Detections) -> Candidates:
        """The detector's boxes, and the predicted boxes of tracked people that it missed."""
        detected = Candidates.from_detections(found.boxes)
        boxes, scores = detected.boxes.copy(), detected.scores
        assigned = self._tracker.assign(boxes)
        if found.frame is not frame:
            # The boxes are those of an earlier frame; tracked people have moved since.
            for row, track in enumerate(assigned):
                boxes[row] = boxes[row] if track is None else track.expected
        missed = [track for track in self._tracker.visible_tracks if track not in assigned]
        candidates = Candidates.from_boxes(
            np.concatenate([boxes, *(track.expected[None] for track in missed)]),
            np.array([*scores, *(track.detection_score for track in missed)], np.float32),
            [*assigned, *missed],
        )
        if detected.regions is not None:
            unknown = np.full((len(missed), 4), np.nan, np.float32)
            candidates.regions = np.concatenate([detected.regions, unknown])
        return candidates

    def _expected(self) -> Candidates:
        """The predicted boxes of all visible people."""
        tracks = self._tracker.visible_tracks
        boxes = np.array([track.expected for track in tracks], np.float32).reshape(-1, 4)
        return Candidates.from_boxes(boxes, np.array([track.detection_score for track in tracks], np.float32), tracks)

    def _is_someone_missing(self, frame: Frame) -> bool:
        """Whether no person is visible, a visible pose is doubtful, or a person was lost inside the picture.

        In a picture without people nobody is missing until something in it changes.
        """
        if self._is_nobody_here():
            return self._scene.has_changed(frame)
        width, height = frame.size
        visible = self._tracker.visible_tracks
        return not visible or any(
            track.pose_confidence < DOUBTFUL_SCORE if track in visible else _is_inside(track.expected, width, height)
            for track in self._tracker.tracks
            if track.id and not self._tracker.is_lost(track)
        )

    def _is_nobody_here(self) -> bool:
        """Whether no person is visible, nor was a moment ago."""
        return all(self._tracker.is_lost(track) for track in self._tracker.tracks)


class SelfProposer:
    """For pose models that find people themselves: proposes no candidates, and runs no detector."""

    @property
    def detector(self) -> None:
        """None."""
        return None

    def reset(self) -> None:
        """See ``Proposer``."""

    def set_interval(self, every_s: float) -> None:
        """See ``Proposer``."""

    def needs_detection(self, frame: Frame) -> bool:
        """See ``Proposer``; always False."""
        return False

    def find(self, frame: Frame) -> Detections:
        """See ``Proposer``; no boxes."""
        return Detections(frame, np.empty((0, 5), np.float32), 0.0)

    def propose(self, frame: Frame, find: DetectFn) -> Proposal:
        """See ``Proposer``; no candidates: the pose model finds them in ``frame``."""
        nothing = Candidates.from_boxes(np.empty((0, 4), np.float32), np.empty(0, np.float32))
        return Proposal(nothing, frame)


def _is_inside(box: Floats, width: int, height: int) -> bool:
    """Whether ``box`` (4,) lies in the picture without touching its border."""
    edge = 0.01 * max(width, height)
    return bool(box[0] > edge and box[1] > edge and box[2] < width - edge and box[3] < height - edge)

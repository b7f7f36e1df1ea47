"""The pipeline: frames in, people out. Synchronous and deterministic; starts no threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np

from app.core.errors import StanceError
from app.core.people import Floats, Frame, FramePoses, Image, Person
from app.core.settings import Settings
from app.detection.detector import Detect, WholeFrame, open_detector
from app.detection.proposer import (
    DETECT_THRESHOLD,
    DetectFn,
    Detections,
    DetectorProposer,
    Proposal,
    Proposer,
    SelfProposer,
)
from app.inference.network_use import NetworkUse
from app.lifting.lifting import STAGE as LIFTING
from app.lifting.lifting import Lifting
from app.lifting.open_lifter import lifter_name, open_lifter
from app.pose.codecs.heatmap_view import ProjectedHeatmap
from app.pose.found_parts import PartRunner
from app.pose.frame_history import FrameHistory
from app.pose.image_people import people_in_image
from app.pose.model import Candidates, FrameLifter, Lifter, ModelInfo, PoseModel, Refiner
from app.pose.oks import areas_of, pose_scores, sigmas_or_even
from app.pose.open_model import open_pose_model
from app.pose.part_networks import NO_PARTS, PartNetworks, body_parts, open_part_networks
from app.pose.part_networks import STAGES as PARTS
from app.pose.second_look import VISIBLE_SCORE, SecondLook, pose_confidence
from app.pose.suppression import distinct_people
from app.pose.top_down import STAGES as ESTIMATING
from app.pose.unsupported import no_detector_reason, unsupported
from app.system.stopwatch import Stopwatch
from app.tracking.appearance import Appearance, preparing_colors
from app.tracking.live_limb_swaps import LimbSwaps
from app.tracking.pose_boxes import boxes_from_poses
from app.tracking.smoothing import Smoother
from app.tracking.tracked_people import TrackedPeople
from app.tracking.tracker import Track, Tracker, expected_sizes
from app.tracking.unnamed_people import unnamed_people
from app.zoo.fetch import locate
from app.zoo.part_files import refuse_other_entries

STAGES = ("detect", *ESTIMATING, "track", LIFTING, *PARTS, "smooth")
"""Names of the stages of a frame, in order."""

NOTHING = np.empty((0, 4), np.float32), np.empty(0, np.float32)
"""Boxes and scores of a frame without a detection."""
MAX_EXTRAPOLATION_S = 0.12
"""Longest time for which poses are extrapolated, in seconds."""


class Pipeline:
    """A proposer, a pose model, refiners, a tracker, a smoother and lifters, run one after the other.

    One thread at a time may use a pipeline, except for ``find``, ``needs_detection`` and ``heatmap``. The parts belong
    to this pipeline only; networks may be shared with other pipelines (see ``clone_with_shared_networks``).
    """

    def __init__(
        self,
        proposer: Proposer,
        pose_model: PoseModel,
        refiners: Sequence[Refiner],
        tracker: Tracker,
        smoother: Smoother,
        lifters: Sequence[Lifter | FrameLifter],
        settings: Settings,
        parts: PartNetworks = NO_PARTS,
    ) -> None:
        self.proposer = proposer
        self.pose_model = pose_model
        self.settings = settings
        self.info: ModelInfo = pose_model.info
        body = self.info.skeleton
        # Not a method of the pipeline: a reference cycle would keep the networks in memory until the next collection.
        self._timed = pose_model.timed = Stopwatch()
        self.part_networks = parts
        self._parts = body_parts(parts, self.info, settings, self._timed)
        self.skeleton = self._parts.layout.skeleton
        self._sigmas = sigmas_or_even(body.sigmas, len(body.names))
        self._history = FrameHistory(*self.info.history)
        self._refiners = refiners
        self._tracker = tracker
        self._smoother = smoother
        self._limb_swaps = LimbSwaps(body, settings.threshold)
        self._lifting = Lifting(lifters, body, settings, self._timed)
        self._appearance = Appearance(body.names)
        self.reset()

    def clone_with_shared_networks(self) -> Pipeline:
        """A pipeline with the same networks and settings; it shares nothing else and may run in another thread."""
        detector, model, parts = self.proposer.detector, copy(self.pose_model), self.part_networks.copies()
        return make_pipeline(detector, model, self.settings, lifters=self.lifters, parts=parts)

    @property
    def lifters(self) -> Sequence[Lifter | FrameLifter]:
        """What gives the people points in three dimensions; empty if the pose model does, or nothing."""
        return self._lifting.lifters

    @property
    def detector_name(self) -> str:
        """The name of the detector, "none" if there is none."""
        detector = self.proposer.detector
        return WholeFrame.name if detector is None else detector.name

    @property
    def no_detector_reason(self) -> str:
        """Why the pose model runs without a detector; empty if it needs boxes."""
        return no_detector_reason(self.info)

    @property
    def unsupported(self) -> dict[str, str]:
        """The fields of ``Settings`` that have no effect with the pose model, each with the reason."""
        return unsupported(self.info)

    @property
    def model_names(self) -> list[str]:
        """The names of all models in use: pose model, detector, lifters, and the networks for hands and faces."""
        lifters = [lifter_name(lifter, self.settings.lifter) for lifter in self.lifters]
        return [self.info.name, self.detector_name, *lifters, *self.part_networks.names]

    @property
    def notes(self) -> dict[str, str]:
        """What files and reports say about the pipeline: ``no_detector``, where it has a reason, and ``lifter``."""
        names = [lifter_name(lifter, self.settings.lifter) for lifter in self.lifters]
        notes = {"no_detector": self.no_detector_reason, "lifter": ", ".join(names)}
        return {key: text for key, text in notes.items() if text}

    @property
    def stage_ms(self) -> dict[str, float]:
        """Milliseconds that each stage took for the last frame; only of those of ``STAGES`` that ran."""
        return self._timed.ms

    @property
    def device(self) -> str:
        """The device that the networks run on; both devices if they differ, the pose network's first."""
        return "+".join(dict.fromkeys(use.network.device for use in self.networks))

    @property
    def skipped_devices(self) -> dict[str, str]:
        """Better devices, each with the reason why it is not used."""
        return {name: why for use in self.networks for name, why in use.network.skipped_devices.items()}

    @property
    def networks(self) -> list[NetworkUse]:
        """The networks, the pose network first; without a detector that has none."""
        parts: list[Any] = [self.pose_model, self.proposer.detector]
        return [NetworkUse(part, part.card) for part in parts if getattr(part, "network", None) is not None]

    def reset(self, last_id: int = 0) -> None:
        """Forget all people: the next frame does not follow the last one. Ids begin after ``last_id``."""
        self._tracker.reset(last_id)
        self._limb_swaps.reset()
        self._smoother.reset()
        self.proposer.reset()
        self._lifting.reset()
        self._history.reset()
        self._parts.reset()
        self._estimated: tuple[int, float] | None = None
        self._shown: list[Track] = []
        self._unsmoothed: list[Floats] = []

    def tracked_people(self) -> TrackedPeople:
        """The people that this pipeline tracks, for another one that continues with the next frame."""
        return TrackedPeople(self._tracker.handover(), self.info.skeleton.names, self._appearance.parts)

    def take_over(self, people: TrackedPeople) -> None:
        """Forget all people but those that another pipeline has tracked: they keep their ids where they are found.

        The next frame follows that pipeline's last one. Its networks may differ, also in the skeleton.
        """
        self.reset()
        self._tracker.take_over(people.with_parts_of(self.info.skeleton.names, self._appearance.parts))

    def adjust(self, settings: Settings) -> None:
        """Use other thresholds, smoothing, detection interval or flip test; the networks and the ids are kept."""
        if (settings.smooth, settings.threshold) != (self.settings.smooth, self.settings.threshold):
            self._smoother = Smoother(settings.smooth, settings.threshold)
            self._limb_swaps.threshold = settings.threshold
            if self._estimated:
                # The new filters start from the people of the last frame, so that these can be predicted.
                self._smooth(self._estimated[1], self._shown)
        self._parts.adjust(settings)
        self.pose_model.flip_test = settings.flip_test
        self.proposer.set_interval(settings.detect_every)
        for refiner in self._refiners:
            refiner.adjust(settings)
        self._lifting.adjust(settings)
        self.settings = settings

    def run_parts_by(self, runner: PartRunner) -> None:
        """Let ``runner`` look for hands and faces from now on."""
        self._parts.runner = runner

    def find(self, frame: Frame) -> Detections:
        """Run the detector on ``frame``. The pipeline does not change; any thread may call it."""
        return self.proposer.find(frame)

    def needs_detection(self, frame: Frame) -> bool:
        """Whether the detector has to run on ``frame``; a guess if it is not the next frame."""
        return self.proposer.needs_detection(frame) and not self._is_between(frame)

    def process(self, frame: Frame, find: DetectFn | None = None, following: Sequence[Frame] = ()) -> FramePoses:
        """The people in ``frame``; frames come in order of time.

        ``find(frame, needs_detection)`` replaces the detector: it returns the detections in this frame or a recent one,
        or None if there are no new ones. ``following`` are the next frames, as many as ``info.history`` says;
        a missing one is replaced by the last one there is.
        """
        self._timed.ms = {}
        self._detected = NOTHING
        frames = self._history.window(frame, following)
        if self._is_between(frame) and self._estimated and frame.time_s - self._estimated[1] <= MAX_EXTRAPOLATION_S:
            with self._timed("smooth"):
                return self._extrapolate(frame)
        self._tracker.predict(frame.time_s)
        proposal = self._propose(frame, find or self._find)
        candidates = self._estimate(frames, proposal.candidates)
        for refiner in self._refiners:
            candidates = refiner.refine(frame, candidates, frames)
        with self._timed("track"):
            tracks = self._track(frame, candidates, proposal.detected_in)
        with self._timed("smooth"):
            self._unsmoothed = self._limb_swaps.update_tracks(frame.time_s, tracks)
            steady = self._smooth(frame.time_s, tracks)
        points = self._lifting.update(frame, tracks, steady)
        whole = self._parts.add(frame, tracks, steady, points)
        people = [
            Person(track.id, track.score, track.expected, keypoints, points_3d=points_3d, measured=measured)
            for track, keypoints, measured, points_3d in zip(tracks, *whole, strict=True)
        ]
        self._estimated, self._shown = (frame.index, frame.time_s), tracks
        others = unnamed_people(*self._detected, people, len(self.skeleton.names))
        return FramePoses(frame.index, frame.time_s, tuple(people), others)

    def process_all(self, frames: Iterable[Frame]) -> Iterator[FramePoses]:
        """The people in each of ``frames``, which come in order of time, by ``process``."""
        waiting: deque[Frame] = deque()
        for frame in frames:
            waiting.append(frame)
            if len(waiting) > self.info.history[1]:
                yield self.process(waiting.popleft(), following=tuple(waiting))
        while waiting:
            yield self.process(waiting.popleft(), following=tuple(waiting))

    def heatmap(self, image: Image, boxes: Floats, keypoint: int) -> list[ProjectedHeatmap]:
        """See ``PoseModel.heatmap``; any thread may call it."""
        return self.pose_model.heatmap(image, boxes, keypoint)

    def estimate_image(self, image: Image, boxes: Floats | None = None, counted: Sequence[int] = ()) -> list[Person]:
        """All people in a single ``image`` (H, W, 3), as papers evaluate: with low scores too, best first.

        ``boxes`` (N, 5) = x0 y0 x1 y1 score replace the detector's; poses are estimated once, in exactly these boxes.
        The score is computed from the keypoints with the indices ``counted`` (all if it is empty); a pose model that
        finds people itself has its own. The tracker does not change.
        """
        detector, nms = self.proposer.detector, self.settings.nms
        return people_in_image(self.pose_model, detector, Frame(0, 0.0, image), boxes, counted, nms)

    def _find(self, frame: Frame, needed: bool) -> Detections | None:
        return self.find(frame) if needed else None

    def _propose(self, frame: Frame, find: DetectFn) -> Proposal:
        """The candidates in ``frame``; at most ``max_people`` after a detection."""
        proposal = self.proposer.propose(frame, find)
        if proposal.ms is not None:
            self._timed.ms["detect"] = proposal.ms
            if self.detector_name != WholeFrame.name:
                self._detected = proposal.candidates.boxes, proposal.candidates.scores
            return proposal._replace(candidates=self._limit_people(proposal.candidates))
        return proposal

    def _estimate(self, frames: Sequence[Frame], candidates: Candidates) -> Candidates:
        """``candidates`` with poses; a pose model that finds people itself returns its own, at most ``max_people``."""
        estimated = self.pose_model.estimate(frames, candidates)
        if self.info.proposals == "self":
            estimated = estimated[np.flatnonzero(estimated.scores >= DETECT_THRESHOLD)]
            self._detected = estimated.boxes, estimated.scores
            estimated.assigned_tracks = self._tracker.assign(estimated.boxes)
            estimated = self._limit_people(estimated)
        return estimated

    def _describe(self, frame: Frame, boxes: Floats, poses: Floats) -> Floats:
        """Appearance descriptors (N, P, 4) of people with ``boxes`` (N, 4) and ``poses`` (N, K, 3) in ``frame``."""
        return self._appearance(frame.image, boxes, poses)

    def _smooth(self, time_s: float, tracks: list[Track]) -> list[Floats]:
        """The smoothed keypoints (K, 3) of each of ``tracks`` at ``time_s``, of the unsmoothed ones."""
        return self._smoother.update(time_s, [track.id for track in tracks], self._unsmoothed, expected_sizes(tracks))

    def _is_between(self, frame: Frame) -> bool:
        """Whether ``frame`` is between two estimated frames, at half rate."""
        return self.settings.half_rate and self._estimated is not None and (frame.index - self._estimated[0]) % 2 == 1

    def _extrapolate(self, frame: Frame) -> FramePoses:
        """The people of the last estimated frame, predicted by their smoothing filters."""
        ids, sizes = [track.id for track in self._shown], expected_sizes(self._shown)
        bodies = self._smoother.predict(frame.time_s, ids, sizes)
        whole = self._parts.predict(frame.time_s, bodies, self._lifting.predict(frame.time_s, ids))
        people = [
            Person(track.id, track.score, track.expected_at(frame.time_s), keypoints, "predicted", points_3d)
            for track, keypoints, _, points_3d in zip(self._shown, *whole, strict=True)
        ]
        return FramePoses(frame.index, frame.time_s, tuple(people))

    def _limit_people(self, candidates: Candidates) -> Candidates:
        """At most ``max_people``: tracked people first, then the largest."""
        most = self.settings.max_people
        if not most or len(candidates) <= most:
            return candidates
        areas = areas_of(candidates.boxes)
        tracked = np.array([track is not None and track.id > 0 for track in candidates.assigned_tracks])
        return candidates[np.lexsort((-areas, ~tracked))[:most]]

    def _track(self, frame: Frame, candidates: Candidates, detected_in: Frame | None) -> list[Track]:
        """The tracks of the confirmed people in this frame, ordered by id; ``detected_in``: see ``Proposal``."""
        descriptors = self._describe(frame, candidates.boxes, candidates.poses)
        kept = distinct_people(candidates, descriptors, frame.size, self.settings, self._sigmas)
        if len(kept) < len(candidates):
            candidates, descriptors = candidates[kept], descriptors[kept]
        if detected_in:
            candidates.assigned_tracks = self._tracker.assign(candidates.boxes, candidates.poses, descriptors)
        if detected_in is not frame:
            candidates.boxes = boxes_from_poses(
                candidates.boxes, candidates.assigned_tracks, candidates.poses, frame.time_s, VISIBLE_SCORE
            )
        poses, assigned = candidates.poses, candidates.assigned_tracks
        scores = pose_scores(candidates.scores, poses[..., 2])
        tracks = self._tracker.update(frame.time_s, assigned, candidates.boxes, poses, descriptors, scores)
        for row, (track, confidence) in enumerate(zip(tracks, pose_confidence(poses).tolist(), strict=True)):
            if detected_in:
                track.detection_score = float(candidates.scores[row])
            track.pose_confidence = confidence
            track.points_3d, track.region = candidates.points_and_region(row)
        return sorted((track for track in tracks if track.id), key=lambda track: track.id)


def make_pipeline(
    detector: Detect | None,
    pose_model: PoseModel,
    settings: Settings,
    kind: type[Pipeline] = Pipeline,
    lifters: Sequence[Lifter | FrameLifter] = (),
    parts: PartNetworks = NO_PARTS,
) -> Pipeline:
    """A pipeline (of class ``kind``) for these networks, with its own tracker and smoother.

    ``detector`` is not used if the pose model finds people itself.
    """
    info = pose_model.info
    pose_model.flip_test = settings.flip_test
    tracker = Tracker(sigmas_or_even(info.skeleton.sigmas, len(info.skeleton.names)))
    proposer: Proposer = SelfProposer()
    refiners: list[Refiner] = []
    if info.proposals == "boxes":
        proposer = DetectorProposer(detector or WholeFrame(), tracker, settings.detect_every)
        refiners = [] if info.follows_regions else [SecondLook(pose_model, settings)]
    smoother = Smoother(settings.smooth, settings.threshold)
    return kind(proposer, pose_model, refiners, tracker, smoother, lifters, settings, parts)


def open_pipeline(
    settings: Settings, find_file: Callable[[str], Path] = locate, detector_is_requested: bool = False
) -> Pipeline:
    """The pipeline for ``settings``, with its networks warm.

    ``find_file`` returns the file of a network, which it may download first; it is not called for a detector that does
    not run. ``detector_is_requested``: the user has named the detector, so that a pose model that finds people itself
    is refused. Raises StanceError if a model cannot be located or does not run.
    """
    refuse_other_entries(settings)
    with preparing_colors():  # the first people do not wait for it
        pose_model = open_pose_model(find_file(settings.pose), settings.device, settings.flip_test, settings.crop_size)
        lifters = []
        if settings.lifter:
            lifters.append(open_lifter(settings.lifter, pose_model.info.skeleton, settings.device, find_file))
        parts = open_part_networks(settings, pose_model.info, find_file)
        if pose_model.info.proposals == "self":
            if detector_is_requested and settings.detector != WholeFrame.name:
                raise StanceError(
                    "{name} finds people itself and runs without a detector: wanted no detector.",
                    name=pose_model.info.name,
                )
            return make_pipeline(None, pose_model, settings, lifters=lifters, parts=parts)
        if settings.detector == WholeFrame.name:
            return make_pipeline(WholeFrame(), pose_model, settings, lifters=lifters, parts=parts)
        detector = open_detector(find_file(settings.detector), settings.device)
        return make_pipeline(detector, pose_model, settings, lifters=lifters, parts=parts)

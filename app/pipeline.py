"""The pipe itself: a frame goes in, people come out. Synchronous, deterministic, without a thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from app.appearance import Appearance, alike
from app.cadence import Cadence
from app.detect.detector import Detect, Detector, WholeFrame, open_detector
from app.estimate.estimator import STAGES as ESTIMATING
from app.estimate.estimator import Estimator, open_estimator
from app.estimate.oks import oks, oks_nms, pose_scores, sigmas_or_even
from app.people import Floats, Frame, FramePoses, Image, Person
from app.runtime import Network
from app.settings import Settings
from app.smooth import Smoother
from app.track import Track, Tracker, carried_box
from app.zoo.fetch import locate

STAGES = ("detect", *ESTIMATING, "track", "smooth")

DETECT_THRESHOLD = 0.1
"""A box of this score is looked into: the pose tells better than the detector whether it holds somebody."""

PRESENCE = 0.3
"""Mean score of the better half of the keypoints under which somebody who was known is gone."""

FITTED = 0.06
"""How far a person reaches beyond the keypoints, in sizes of what they span."""

SEEN = 0.3
"""A keypoint of this score tells where the person is."""

REACH = 4
"""Nobody lies further out than so many times the picture's longer side: such a box has run away from its person."""

TWIN = 0.5
"""Two poses of this similarity (OKS) are one person, found twice."""

FEWEST = 6
"""So many keypoints tell where a person is."""

AHEAD_S = 0.12
"""Poses are foretold for so long at most."""

CANDIDATE = 0.03
SAME = 0.9
"""The box score and the similarity (OKS) that papers count everybody from, and cut off duplicates at."""


@dataclass(slots=True)
class Sights:
    """What may be people in a frame, one row each: boxes (N, 4), detector scores (N,), and whose track it is."""

    boxes: Floats
    found: Floats
    owners: list[Track | None]

    def __getitem__(self, rows: NDArray[np.intp]) -> Self:
        return type(self)(self.boxes[rows], self.found[rows], [self.owners[row] for row in rows])


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What the detector found in ``frame``: boxes (N, 5) = x0 y0 x1 y1 score, in ``ms`` milliseconds."""

    frame: Frame
    boxes: Floats
    ms: float


Find = Callable[[Frame, bool], Found | None]


class Stopwatch:
    """Adds up in ``ms``, by its name, how long each stage takes that is worked in its context."""

    def __init__(self) -> None:
        self.ms: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """The context of one stage."""
        start = time.perf_counter()
        yield
        self.ms[stage] = self.ms.get(stage, 0.0) + (time.perf_counter() - start) * 1000


class Pipeline:
    """Detector, estimator, tracker and smoother in a row."""

    def __init__(self, detector: Detect, estimator: Estimator, settings: Settings) -> None:
        self.detector = detector
        self.estimator = estimator
        self.settings = settings
        self.skeleton = estimator.skeleton
        # Not a method of this: what refers back to it would keep its networks in memory for a while.
        self._timed = estimator.timed = Stopwatch()
        self._sigmas = sigmas_or_even(self.skeleton.sigmas, len(self.skeleton.names))
        self._tracker = Tracker(self._sigmas)
        self._cadence = Cadence(self._tracker, settings.detect_every)
        self._appearance = Appearance(self.skeleton.names)
        self._smoother = Smoother(settings.smooth, settings.threshold)
        self.reset()

    @property
    def stage_ms(self) -> dict[str, float]:
        """The milliseconds that each of ``STAGES`` that there was took for the last frame."""
        return self._timed.ms

    @property
    def device(self) -> str:
        """Where the networks really run; both places where they differ (pose first)."""
        return "+".join(dict.fromkeys(network.device for network in self._networks()))

    @property
    def passed_over(self) -> dict[str, str]:
        """Better devices, with the reason why each was not taken."""
        return {name: why for network in self._networks() for name, why in network.passed_over.items()}

    def _networks(self) -> list[Network]:
        detector = [self.detector.network] if isinstance(self.detector, Detector) else []
        return [self.estimator.network, *detector]

    def reset(self, last_id: int = 0) -> None:
        """Forget everybody: the next frame has nothing to do with the last one. Ids begin after ``last_id``."""
        self._tracker.reset(last_id)
        self._smoother.reset()
        self._cadence.reset()
        self._estimated: tuple[int, float] | None = None
        self._shown: list[Track] = []

    def adjust(self, settings: Settings) -> None:
        """Go on with other thresholds, smoothing, cadence or flip test; the networks and the ids stay."""
        if (settings.smooth, settings.threshold) != (self.settings.smooth, self.settings.threshold):
            self._smoother = Smoother(settings.smooth, settings.threshold)
        self.estimator.flip_test = settings.flip_test
        self._cadence.every = settings.detect_every
        self.settings = settings

    def find(self, frame: Frame) -> Found:
        """What the detector says of ``frame``. Nothing of the pipe changes by it: any thread may ask."""
        start = time.perf_counter()
        boxes = self.detector(frame.image, DETECT_THRESHOLD)
        return Found(frame, boxes, (time.perf_counter() - start) * 1000)

    def needs_detection(self, frame: Frame) -> bool:
        """Whether the detector is wanted in ``frame``; if that is not the next one, it is a guess."""
        return self._cadence.due(frame) and not self._is_between(frame)

    def process(self, frame: Frame, find: Find | None = None) -> FramePoses:
        """The people in ``frame``; frames come in order of time.

        ``find(frame, wanted)`` takes the detector's place: it gives what was found in this frame or in one shortly
        before, or None where there is nothing to tell.
        """
        self._timed.ms = {}
        if self._is_between(frame) and self._estimated and frame.time_s - self._estimated[1] <= AHEAD_S:
            with self._timed("smooth"):
                return self._foretold(frame)
        self._tracker.predict(frame.time_s)
        found = (find or self._find)(frame, self._cadence.due(frame))
        sights = self._sights(frame, found) if found else self._follow()
        poses = self.estimator(frame.image, sights.boxes)
        self._look_again(frame.image, sights, poses)
        with self._timed("track"):
            looks = self._appearance(frame.image, sights.boxes, poses)
            tracks = self._track(frame, sights, poses, looks, found)
            if found:
                self._cadence.looked(found.frame)
        with self._timed("smooth"):
            steady = self._smoother.update(
                frame.time_s, [t.id for t in tracks], [t.keypoints for t in tracks], [_size(t.expected) for t in tracks]
            )
        people = [
            Person(track.id, track.score, track.expected, keypoints)
            for track, keypoints in zip(tracks, steady, strict=True)
        ]
        self._estimated, self._shown = (frame.index, frame.time_s), tracks
        return FramePoses(frame.index, frame.time_s, tuple(people))

    def everybody(self, image: Image, found: Floats | None = None, counted: Sequence[int] = ()) -> list[Person]:
        """Everyone who may be in a lone picture (H, W, 3), doubtful ones too, best first, as papers count them.

        ``found`` (N, 5) = x0 y0 x1 y1 score takes the detector's place; such boxes are looked into once, as they are.
        The keypoints ``counted`` (all, where none is named) make the score. Nobody is followed, and nobody forgotten.
        """
        given = found is not None
        found = self.detector(image, CANDIDATE) if found is None else found
        boxes = found[:, :4]
        poses = self.estimator(image, boxes)
        if not given:
            poses = self.estimator(image, _fitted(boxes, poses), flip_test=True)
        keypoints = list(counted) or list(range(poses.shape[1]))
        scores = pose_scores(found[:, 4], poses[:, keypoints, 2])
        areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
        rows = oks_nms(poses[:, keypoints], scores, areas, self._sigmas[keypoints], SAME)
        return [Person(0, float(scores[row]), boxes[row], poses[row]) for row in rows]

    def _is_between(self, frame: Frame) -> bool:
        """Whether ``frame`` lies between two that are estimated, at half the rate."""
        return self.settings.half_rate and self._estimated is not None and (frame.index - self._estimated[0]) % 2 == 1

    def _foretold(self, frame: Frame) -> FramePoses:
        """The people of the last estimated frame, each moved on by what its own filter knows of its speed."""
        ids, sizes = [track.id for track in self._shown], [_size(track.expected) for track in self._shown]
        people = [
            Person(track.id, track.score, track.expected_at(frame.time_s), keypoints, "predicted")
            for track, keypoints in zip(self._shown, self._smoother.ahead(frame.time_s, ids, sizes), strict=True)
        ]
        return FramePoses(frame.index, frame.time_s, tuple(people))

    def _look_again(self, image: Image, sights: Sights, poses: Floats) -> None:
        """A second look at newcomers, straight and mirrored, through a crop that fits the first pose better.

        The detector's box is all that is known of them; those who are followed have boxes from their own poses.
        """
        likely = _evidence(sights.found, poses) >= self.settings.person_threshold / 2
        new = [row for row, owner in enumerate(sights.owners) if owner is None and likely[row]]
        if new:
            poses[new] = self.estimator(image, _fitted(sights.boxes[new], poses[new]), flip_test=True)

    def _find(self, frame: Frame, wanted: bool) -> Found | None:
        return self.find(frame) if wanted else None

    def _sights(self, frame: Frame, found: Found) -> Sights:
        """The detector's boxes, and the expected ones of known people that it missed."""
        self._timed.ms["detect"] = found.ms
        boxes, scores = found.boxes[:, :4].copy(), found.boxes[:, 4]
        owners = self._tracker.assign(boxes)
        if found.frame is not frame:
            # Who is known has moved on since.
            for row, owner in enumerate(owners):
                boxes[row] = boxes[row] if owner is None else owner.expected
        missed = [track for track in self._tracker.in_sight if track not in owners]
        sights = Sights(
            np.concatenate([boxes, *(track.expected[None] for track in missed)]),
            np.array([*scores, *(track.found for track in missed)], np.float32),
            [*owners, *missed],
        )
        return self._limited(sights)

    def _follow(self) -> Sights:
        """Where everybody who was in sight should be now."""
        tracks = self._tracker.in_sight
        boxes = np.array([track.expected for track in tracks], np.float32).reshape(-1, 4)
        return Sights(boxes, np.array([track.found for track in tracks], np.float32), list(tracks))

    def _limited(self, sights: Sights) -> Sights:
        """At most ``max_people``: those who are known, then the largest."""
        most = self.settings.max_people
        if not most or len(sights.boxes) <= most:
            return sights
        areas = np.prod(sights.boxes[:, 2:] - sights.boxes[:, :2], axis=1)
        known = np.array([owner is not None and owner.id > 0 for owner in sights.owners])
        return sights[np.lexsort((-areas, ~known))[:most]]

    def _track(self, frame: Frame, sights: Sights, poses: Floats, looks: Floats, found: Found | None) -> list[Track]:
        """The confirmed people of this frame, by id: nobody where nobody is, nobody twice."""
        kept = self._single(frame.image, sights, poses, looks)
        sights, poses, looks = sights[kept], poses[kept], looks[kept]
        if found:
            sights.owners = self._tracker.assign(sights.boxes, poses, looks)
        scores = pose_scores(sights.found, poses[..., 2])
        if found is None or found.frame is not frame:
            for row, owner in enumerate(sights.owners):
                if owner is not None:
                    sights.boxes[row] = carried_box(owner, poses[row], frame.time_s, self.settings.threshold)
        tracks = self._tracker.update(frame.time_s, sights.owners, sights.boxes, poses, looks, scores)
        if found:
            for track, score in zip(tracks, sights.found, strict=True):
                track.found = float(score)
        for track, presence in zip(tracks, _presence(poses), strict=True):
            track.presence = float(presence)
        return sorted((track for track in tracks if track.id), key=lambda track: track.id)

    def _single(self, image: Image, sights: Sights, poses: Floats, looks: Floats) -> NDArray[np.intp]:
        """The rows that hold a person, each person once."""
        presence = _presence(poses)
        known = np.array([owner is not None for owner in sights.owners], bool)
        enough = _evidence(sights.found, poses) >= self.settings.person_threshold
        near = (np.abs(sights.boxes) <= REACH * max(image.shape[:2])).all(axis=1)
        rows = np.flatnonzero(np.where(known, presence >= PRESENCE, enough) & near)
        areas = np.prod(sights.boxes[:, 2:] - sights.boxes[:, :2], axis=1)
        # Of two that look at one person the one stays whose person it was.
        rank = np.array(
            [presence[row] * (0.5 + self._continuity(sights, poses, looks, int(row))) for row in rows], np.float32
        )
        keep = oks_nms(poses[rows], rank, areas[rows], self._sigmas, TWIN)
        return np.sort(rows[keep])

    def _continuity(self, sights: Sights, poses: Floats, looks: Floats, row: int) -> float:
        """How much a row's pose is like the last one of its track, moved along, and looks so; 0 for newcomers."""
        owner = sights.owners[row]
        if owner is None:
            return 0.0
        moved = owner.keypoints[:, :2] + (owner.expected[:2] + owner.expected[2:] - owner.box[:2] - owner.box[2:]) / 2
        area = float(np.prod(owner.box[2:] - owner.box[:2]))
        pose = oks(moved, poses[row : row + 1], area, np.array([area], np.float32), self._sigmas)[0]
        return float(pose * 2 * alike(owner.look, looks[row : row + 1])[0])


def open_pipeline(settings: Settings) -> Pipeline:
    """The pipe for ``settings``, its networks fetched where they are not here yet, and warm.

    Raises StanceError where a model cannot be had or does not run.
    """
    estimator = open_estimator(locate(settings.pose), settings.device, settings.flip_test)
    if settings.detector == "none":
        return Pipeline(WholeFrame(), estimator, settings)
    return Pipeline(open_detector(locate(settings.detector), settings.device), estimator, settings)


def _presence(poses: Floats) -> Floats:
    """Mean score (N,) of the better half of the keypoints: half a person in view is a person."""
    half = max(poses.shape[1] // 2, 1)
    return np.sort(poses[..., 2], axis=1)[:, -half:].mean(axis=1)


def _size(box: Floats) -> float:
    """The longer side of ``box`` (4,)."""
    return float((box[2:] - box[:2]).max())


def _evidence(found: Floats, poses: Floats) -> Floats:
    """How much (N,) speaks for a person: what the pose shows, and to a lesser part what the detector says of it."""
    return np.sqrt(found) * _presence(poses)


def _fitted(boxes: Floats, poses: Floats) -> Floats:
    """Boxes (N, 4) half way from ``boxes`` to what the keypoints of ``poses`` (N, K, 3) span.

    Detectors cut off feet and hands, or take in a neighbour; a first pose forgives that and shows it. Half way, for
    keypoints may be missing.
    """
    fitted = boxes.copy()
    for box, pose in zip(fitted, poses, strict=True):
        seen = pose[pose[:, 2] >= SEEN, :2]
        if len(seen) >= FEWEST:
            low, high = seen.min(axis=0), seen.max(axis=0)
            margin = FITTED * (high - low).max()
            box[:] = (box + np.concatenate([low - margin, high + margin])) / 2
    return fitted

"""Keeps the outputs of the networks for a clip, so that a run with other settings does not need the networks.

Thresholds, smoothing, the number of people and the detection interval change how outputs are used; the outputs
themselves depend only on the image, the networks and the boxes. A remembering pipeline runs a network only for an
output that is not kept, and its results equal those of a new run with its settings.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from copy import copy
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from typing import NamedTuple, cast

import numpy as np

from app.core.people import Floats, Frame, FramePoses, Image
from app.core.settings import Settings
from app.detection.proposer import DetectFn, Detections
from app.pipeline import Pipeline, make_pipeline
from app.pose.codecs.heatmap_view import ProjectedHeatmap
from app.pose.landmark_network import Landmarker
from app.pose.model import Candidates, PoseModel
from app.pose.region_filter import COLUMNS as REGION_COLUMNS
from app.pose.rotated_region import Regions

MAX_BYTES = 600_000_000
"""Maximum size of the kept answers: about four hours with two people at 30 frames per second."""

ENTRY_BYTES = 200
"""Memory that Python needs for one answer in addition to its numbers, in bytes."""


class Answer(NamedTuple):
    """An answer for a frame, by number, as it is kept: its key and numbers; both empty if no detection was needed."""

    frame: int
    key: bytes
    numbers: bytes


class NetworkAnswers:
    """The answers of one pair of networks for one clip; any thread may use it.

    An answer is stored by the frame's index and its inputs: the detector's boxes of a frame, the keypoints of a box
    with or without flip test, the appearance descriptors of the people in a frame. Poses that depend on several frames
    are stored by the indices of all of them. An hour at 30 frames per second with
    two people of 26 keypoints takes about 150 MB. At most ``max_bytes`` are kept. When they are used up, answers that
    the current run has not used are removed; after that new answers are not kept, and another run computes them again.
    ``complete`` is False once an answer was not kept or was removed.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._used: dict[bytes, bytes] = {}
        self._unused: dict[bytes, bytes] = {}
        self._frames: set[int] = set()
        self._frames_before: set[int] = set()
        self._new: list[Answer] | None = None
        self.size_bytes = 0
        self.complete = True

    def __len__(self) -> int:
        return len(self._used) + len(self._unused)

    def pipeline(self, pipeline: Pipeline, settings: Settings | None = None) -> RememberingPipeline:
        """A new pipeline with the networks of ``pipeline`` that keeps and uses these answers.

        It has its own tracker and smoother, and the settings of ``pipeline`` unless other ``settings`` are given.
        """
        with self._lock:
            self._unused |= self._used
            self._used = {}
            self._frames_before |= self._frames
            self._frames = set()
        # A copy shares the network but has its own flip test and stopwatch.
        model = RememberingModel(copy(unwrapped(pipeline.pose_model)), self)
        detector, wanted = pipeline.proposer.detector, settings or pipeline.settings
        parts = pipeline.part_networks.copies().changed(partial(RememberingLandmarker, self))
        made = make_pipeline(detector, model, wanted, RememberingPipeline, pipeline.lifters, parts)
        remembering = cast("RememberingPipeline", made)
        remembering.answers = self
        return remembering

    def get(self, key: bytes) -> Floats | None:
        """The numbers (L,) of the answer kept under ``key``; None if there is none."""
        with self._lock:
            kept = self._used.get(key)
            if kept is None:
                kept = self._unused.pop(key, None)
                if kept is None:
                    return None
                self._used[key] = kept
        return np.frombuffer(kept, np.float32)

    def keep(self, index: int, key: bytes, answer: Floats) -> None:
        """Keep ``answer`` of frame ``index``, an array of any shape, under ``key``, if there is room."""
        kept = np.ascontiguousarray(answer, np.float32).tobytes()
        size = len(kept) + ENTRY_BYTES
        with self._lock:
            self.complete = self.complete and self.size_bytes + size <= self._max_bytes
            if self.size_bytes + size > self._max_bytes and self._unused:
                self.size_bytes -= sum(len(old) + ENTRY_BYTES for old in self._unused.values())
                self._unused.clear()
            if self.size_bytes + size <= self._max_bytes and key not in self._used:
                self._used[key] = kept
                self._frames.add(index)
                self.size_bytes += size
                self._note(Answer(index, key, kept))

    def note_undetected(self, index: int) -> None:
        """Note that frame ``index`` needed no detection."""
        with self._lock:
            self._frames.add(index)
            self._note(Answer(index, b"", b""))

    def known_before(self, index: int) -> bool:
        """Whether an earlier run has kept answers of frame ``index``, or needed no detection in it."""
        return index in self._frames_before

    def take_new(self) -> list[Answer]:
        """The answers that were kept since the last call; none at the first call, from which on they are noted."""
        with self._lock:
            new, self._new = self._new or [], []
        return new

    def restore(self, answers: Iterable[Answer]) -> None:
        """Keep ``answers`` of an earlier run, those for which there is room."""
        with self._lock:
            for index, key, numbers in answers:
                size = len(numbers) + ENTRY_BYTES if key else 0
                if self.size_bytes + size > self._max_bytes:
                    return
                self._frames_before.add(index)
                if key and key not in self._used and key not in self._unused:
                    self._unused[key] = numbers
                    self.size_bytes += size

    def _note(self, answer: Answer) -> None:
        if self._new is not None:
            self._new.append(answer)


class RememberingModel:
    """A pose model that runs its network only for poses that are not in ``answers``."""

    def __init__(self, model: PoseModel, answers: NetworkAnswers) -> None:
        self.model = model
        self._answers = answers
        self.network, self.card, self.info = model.network, model.card, model.info

    def __copy__(self) -> PoseModel:
        return copy(self.model)

    @property
    def flip_test(self) -> bool:
        """See ``PoseModel``."""
        return self.model.flip_test

    @flip_test.setter
    def flip_test(self, flip_test: bool) -> None:
        self.model.flip_test = flip_test

    @property
    def timed(self) -> Callable[[str], AbstractContextManager[None]]:
        """See ``PoseModel``."""
        return self.model.timed

    @timed.setter
    def timed(self, timed: Callable[[str], AbstractContextManager[None]]) -> None:
        self.model.timed = timed

    def heatmap(self, image: Image, boxes: Floats, keypoint: int) -> list[ProjectedHeatmap]:
        """See ``PoseModel``."""
        return self.model.heatmap(image, boxes, keypoint)

    def estimate(self, frames: Sequence[Frame], candidates: Candidates, flip_test: bool = False) -> Candidates:
        """See ``PoseModel``."""
        kind = b"flipped" if flip_test or self.flip_test else b"straight"
        indices = [frame.index for frame in frames]
        current = indices[self.info.history[0]]
        if self.info.proposals == "self":
            return self._find(frames, candidates, flip_test, _key(kind, indices), current)
        inputs = [candidates.boxes]
        if self.info.follows_regions:
            inputs.append(candidates.known_regions(REGION_COLUMNS))
        keys = [_key(kind, indices, *row) for row in zip(*inputs, strict=True)]
        rows = [self._answers.get(key) for key in keys]
        new = np.array([row for row, kept in enumerate(rows) if kept is None], np.intp)
        if len(new):
            found = self.model.estimate(frames, candidates[new], flip_test)
            for row, answer in zip(new, _rows_of(found), strict=True):
                rows[row] = answer
                self._answers.keep(current, keys[row], answer)
        return self._with_rows(candidates, np.array(rows, np.float32))

    def _find(
        self, frames: Sequence[Frame], candidates: Candidates, flip_test: bool, key: bytes, current: int
    ) -> Candidates:
        """The people that the model finds itself; kept are their number, and box, score and ``_rows_of`` of each."""
        kept = self._answers.get(key)
        if kept is None:
            found = self.model.estimate(frames, candidates, flip_test)
            rows = np.concatenate([found.boxes, found.scores[:, None], _rows_of(found)], axis=1)
            kept = np.append(len(found), rows).astype(np.float32)
            self._answers.keep(current, key, kept)
        count = int(kept[0])
        rows = kept[1:].reshape(count, -1).copy() if count else np.empty((0, 5), np.float32)
        return self._with_rows(Candidates.from_boxes(rows[:, :4], rows[:, 4]), rows[:, 5:])

    def _with_rows(self, candidates: Candidates, rows: Floats) -> Candidates:
        """``candidates`` (N of them) with the poses and points in ``rows`` (N, L) of ``_rows_of``."""
        count, keypoints = len(candidates), len(self.info.skeleton.names)
        rows = rows.reshape(count, -1) if count else np.empty((0, 3 * keypoints), np.float32)
        poses, points, regions = np.split(rows, [3 * keypoints, 7 * keypoints], axis=1)
        return replace(
            candidates,
            poses=poses.reshape(count, keypoints, 3),
            points_3d=points.reshape(count, keypoints, 4) if points.shape[1] else None,
            regions=regions if regions.shape[1] else candidates.regions,
        )


class RememberingLandmarker:
    """A network for hands or faces, called ``name``, that runs only for regions that are not in ``answers``."""

    def __init__(self, answers: NetworkAnswers, name: str, network: Landmarker) -> None:
        self._answers = answers
        self._name = name.encode()
        self._network = network

    def __copy__(self) -> Landmarker:
        return copy(self._network)

    def __call__(self, frame: Frame, regions: Regions) -> Floats:
        """See ``Landmarker``."""
        keys = [_key(self._name, [frame.index], row) for row in regions.rows]
        rows = [self._answers.get(key) for key in keys]
        new = np.array([row for row, kept in enumerate(rows) if kept is None], np.intp)
        found = self._network(frame, regions[new])
        for row, answer in zip(new, found, strict=True):
            rows[row] = answer
            self._answers.keep(frame.index, keys[row], answer)
        return np.array(rows, np.float32).reshape(len(keys), found.shape[1])


def _rows_of(found: Candidates) -> Floats:
    """One row (N, L) of numbers for each of the candidates: keypoints, points in meters and regions if there are."""
    regions = None if found.points_3d is None else found.regions  # a model that gives regions gives points in meters
    parts = [part for part in (found.poses, found.points_3d, regions) if part is not None]
    return np.concatenate([part.reshape(len(found), part[:1].size) for part in parts], axis=1)


def unwrapped(model: PoseModel) -> PoseModel:
    """The pose model itself, without a ``RememberingModel`` around it."""
    return model.model if isinstance(model, RememberingModel) else model


class RememberingPipeline(Pipeline):
    """A pipeline that runs the networks only for answers that are not in ``answers``."""

    answers: NetworkAnswers

    def needs_detection(self, frame: Frame) -> bool:
        """See ``Pipeline``; False for frames that an earlier run has processed.

        Their detections are kept, or are probably not needed in this run either.
        """
        return not self.answers.known_before(frame.index) and super().needs_detection(frame)

    def process(self, frame: Frame, find: DetectFn | None = None, following: Sequence[Frame] = ()) -> FramePoses:
        """See ``Pipeline``."""
        poses = super().process(frame, find, following)
        if "detect" not in self.stage_ms:
            self.answers.note_undetected(frame.index)
        return poses

    def find(self, frame: Frame) -> Detections:
        """See ``Pipeline``; any thread may call it."""
        start = time.perf_counter()
        key = _key(b"boxes", [frame.index])
        kept = self.answers.get(key)
        if kept is not None:
            columns = getattr(self.proposer.detector, "columns", 5)
            return Detections(frame, kept.reshape(-1, columns).copy(), (time.perf_counter() - start) * 1000)
        found = super().find(frame)
        self.answers.keep(frame.index, key, found.boxes)
        return found

    def _describe(self, frame: Frame, boxes: Floats, poses: Floats) -> Floats:
        if not len(boxes):
            return super()._describe(frame, boxes, poses)
        key = _key(b"descriptors", [frame.index], boxes, poses)
        kept = self.answers.get(key)
        if kept is not None:
            return kept.reshape(len(boxes), -1, 4).copy()
        descriptors = super()._describe(frame, boxes, poses)
        self.answers.keep(frame.index, key, descriptors)
        return descriptors


def _key(kind: bytes, indices: Sequence[int], *inputs: Floats) -> bytes:
    """The key of an answer: its ``kind``, the ``indices`` of the frames and the arrays that it depends on."""
    digest = blake2b(b"".join(index.to_bytes(8, "little") for index in indices) + kind, digest_size=16)
    for numbers in inputs:
        digest.update(np.ascontiguousarray(numbers, np.float32).tobytes())
    return digest.digest()

"""The contracts of pose estimation: what every kind of pose network, refiner and lifter plugs into."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats, Frame, Image
from app.core.settings import Settings
from app.core.skeleton import Skeleton
from app.inference.onnx_model import OnnxModel
from app.pose.codecs.heatmap_view import ProjectedHeatmap
from app.tracking.tracker import Track


@dataclass(slots=True)
class Candidates:
    """Possible people in a frame, one row each, in pixels of the frame.

    ``boxes`` (N, 4) = x0 y0 x1 y1, ``scores`` (N,) of the boxes, ``assigned_tracks`` the track of each row (None: a
    new detection), ``poses`` (N, K, 3) = x y score (K is 0 before a pose model has run), ``points_3d`` (N, K, 4) =
    x y z in meters and score, if the pose model outputs them. ``regions`` (N, 4) are rotated squares (see ``Regions``)
    in which to look for the people: before a pose model has run in this frame, by the detector, afterwards in the next
    frame; a pose model may add columns that it needs itself. None if they are not known, NaN for a candidate without.
    """

    boxes: Floats
    scores: Floats
    assigned_tracks: list[Track | None]
    poses: Floats
    points_3d: Floats | None = None
    regions: Floats | None = None

    @classmethod
    def from_boxes(cls, boxes: Floats, scores: Floats, tracks: Sequence[Track | None] | None = None) -> Candidates:
        """Candidates without poses, from ``boxes`` (N, 4) and ``scores`` (N,); without ``tracks`` none has a track."""
        assigned: list[Track | None] = [None] * len(boxes) if tracks is None else list(tracks)
        return cls(boxes, scores, assigned, np.empty((len(boxes), 0, 3), np.float32))

    @classmethod
    def from_detections(cls, rows: Floats) -> Candidates:
        """New candidates from the ``rows`` (N, 5) of a detector, or (N, 9) with regions (see ``Detect``)."""
        candidates = cls.from_boxes(rows[:, :4], rows[:, 4])
        candidates.regions = rows[:, 5:] if rows.shape[1] > 5 else None
        return candidates

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, rows: NDArray[np.intp]) -> Candidates:
        """The candidates of these ``rows`` (M,)."""
        return Candidates(
            self.boxes[rows],
            self.scores[rows],
            [self.assigned_tracks[row] for row in rows],
            self.poses[rows],
            None if self.points_3d is None else self.points_3d[rows],
            None if self.regions is None else self.regions[rows],
        )

    def known_regions(self, columns: int = 4) -> Floats:
        """Where to look for each candidate (N, ``columns``): the last region of its track, else the detector's.

        NaN where none is known, and for columns that a region does not have.
        """
        found = np.full((len(self), columns), np.nan, np.float32)
        if self.regions is not None:
            found[:, : self.regions.shape[1]] = self.regions
        for row, track in enumerate(self.assigned_tracks):
            if track is not None and track.region is not None and np.isfinite(track.region).all():
                found[row, : len(track.region)] = track.region
        return found

    def points_and_region(self, row: int) -> tuple[Floats | None, Floats | None]:
        """The points (K, 4) and the region (4 or more numbers) of ``row``; None where there are none."""
        points = None if self.points_3d is None else self.points_3d[row]
        return points, None if self.regions is None else self.regions[row]

    def with_poses(self, poses: Floats) -> Candidates:
        """The same boxes and tracks with these ``poses`` (N, K, 3)."""
        return replace(self, poses=poses)

    def with_regions(self, poses: Floats, points_3d: Floats, regions: Floats) -> Candidates:
        """The same with ``poses`` (N, K, 3), ``points_3d`` (N, K, 4) and ``regions`` (N, 4 or more)."""
        return replace(self, poses=poses, points_3d=points_3d, regions=regions)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The properties of a pose model that the rest of the app uses.

    ``proposals`` is "boxes" if the model estimates poses in given boxes, "self" if it finds people itself.
    ``history`` is the number of frames before and after the current one that it needs. ``has_flip_test``: it can
    estimate on the mirrored image too. ``follows_regions``: it looks for tracked people in the region that their last
    pose gave (``Candidates.regions``), and looks twice at new people itself. ``has_depth``: its people have points in
    three dimensions.
    """

    name: str
    skeleton: Skeleton
    proposals: Literal["boxes", "self"] = "boxes"
    history: tuple[int, int] = (0, 0)
    has_heatmap: bool = False
    has_flip_test: bool = True
    follows_regions: bool = False
    has_depth: bool = False


class PoseModel(Protocol):
    """Estimates poses, by one network and its card.

    A class for another kind of network is registered in ``POSE_MODELS`` under the kind of its card, and has
    ``blank_inputs`` and ``from_network`` of ``PoseModelClass`` too. Copies (``copy.copy``) share the network.
    """

    network: OnnxModel
    card: Any
    flip_test: bool
    timed: Callable[[str], AbstractContextManager[None]]
    """Gives the context in which each of the stages "crop", "pose" and "decode" runs."""

    @property
    def info(self) -> ModelInfo:
        """Name, skeleton and needs of the model."""
        ...

    def estimate(self, frames: Sequence[Frame], candidates: Candidates, flip_test: bool = False) -> Candidates:
        """Candidates with poses (N, K, 3) in the current frame.

        ``frames`` are those before it, the frame itself and those after it, as many as ``info.history`` says, oldest
        first; beyond the start and the end of the source the nearest frame is repeated. A model with
        ``proposals="boxes"`` keeps the rows of ``candidates``; one with "self" ignores them and returns its own,
        without tracks. ``flip_test`` requests a flip test even if the model's own ``flip_test`` is off.
        """
        ...

    def heatmap(self, image: Image, boxes: Floats, keypoint: int) -> list[ProjectedHeatmap]:
        """One heatmap for each of ``boxes`` (N, 4); raises StanceError if the model has none."""
        ...


class PoseModelClass(Protocol):
    """How a registered class makes a pose model."""

    def blank_inputs(self, network: OnnxModel, card: Any) -> Sequence[NDArray[Any]]:
        """Inputs to warm ``network`` up with; raises StanceError if its inputs are not what ``card`` states."""
        ...

    def from_network(self, network: OnnxModel, card: Any, flip_test: bool) -> PoseModel:
        """The pose model; raises StanceError if the outputs are not what ``card`` states."""
        ...


class Refiner(Protocol):
    """Improves or extends poses, for example by a second estimate of new people, or by keypoints of the hands."""

    def refine(self, frame: Frame, candidates: Candidates, frames: Sequence[Frame]) -> Candidates:
        """The same rows of ``candidates``, with better or more keypoints, in the current ``frame``.

        ``frames`` are those that ``PoseModel.estimate`` gets.
        """
        ...

    def adjust(self, settings: Settings) -> None:
        """Use other ``settings`` from the next frame."""
        ...


@dataclass(frozen=True, slots=True)
class TrackWindow:
    """One person over T consecutive estimated frames, oldest first.

    ``times_s`` (T,) in seconds, ``keypoints`` (T, K, 3) = x y score and ``boxes`` (T, 4) in pixels of frames of
    ``size`` (width, height).
    """

    id: int
    times_s: NDArray[np.float64]
    keypoints: Floats
    boxes: Floats
    size: tuple[int, int]


class Lifter(Protocol):
    """Lifts the keypoints of a track to three dimensions, on the axes of ``Person.points_3d``.

    ``history`` is the number of frames before and after the current one that it needs; while frames arrive, the last
    one stands for those after it. A lifter keeps nothing of people, so that pipelines and threads can share it. A
    class is registered in ``LIFTERS`` under its name and is called with the ``Skeleton``; see ``open_lifter``.
    """

    history: tuple[int, int]

    def lift(self, window: TrackWindow) -> Floats:
        """Points (T, K, 4) = x y z in meters and score, one row for each frame of ``window``."""
        ...


class FrameLifter(Protocol):
    """A lifter that lifts all people of a frame at once, and may look at the picture; see ``Lifter``."""

    history: tuple[int, int]

    def lift_all(self, frame: Frame, windows: Sequence[TrackWindow]) -> list[Floats]:
        """Points (K, 4) of each of ``windows`` in ``frame``, which is the last one of each window."""
        ...

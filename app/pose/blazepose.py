"""BlazePose: people in rotated crops that follow from their last poses; keypoints, and points in meters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.people import Floats, Frame, Image
from app.core.skeleton import Skeleton
from app.inference.blazepose_card import BlazePoseCard
from app.inference.onnx_model import DTYPES, OnnxModel
from app.inference.registry import POSE_MODELS
from app.pose.blazepose_outputs import CENTER, TIP, Landmarks, keep_landmark_outputs, read_landmarks, sigmoid
from app.pose.codecs.heatmap_view import ProjectedHeatmap
from app.pose.crop import normalize
from app.pose.infer_card import check_image_input
from app.pose.model import Candidates, ModelInfo
from app.pose.region_filter import COLUMNS, filter_regions
from app.pose.rotated_region import UP, Regions, regions_of_boxes, regions_of_lines

MAX_GROWTH = 20.0
"""Largest region, as a multiple of the size of the picture; a larger one is refused."""

BORDER = 0.02
"""A box reaches the lower border from so close, as a fraction of the picture's height."""

MORE_LOOKS = 2
"""Looks at a new person after the first, each in the region that the look before gives."""

MIN_INSIDE, NEAR_BOX = 0.8, 0.1
"""A further look at a new person counts if so much of the pose is in the box, widened by so much on each side."""


class Looked(NamedTuple):
    """What a look at N regions shows: ``poses`` (N, K, 3), ``points_3d`` (N, K, 4) and the next ``regions`` (N, 4).

    See ``Candidates``. Where there is no person, scores are 0 and regions NaN.
    """

    poses: Floats
    points_3d: Floats
    regions: Floats


@POSE_MODELS.register("pose-blazepose")
class BlazePose:
    """A ``PoseModel`` by one of MediaPipe's pose networks and its card.

    A person is looked for in the region of ``Candidates.known_regions``; if there is none, or no person in it, in
    the box, upright, and then again in the regions that this gives. All people are one batch.
    """

    def __init__(self, network: OnnxModel, card: BlazePoseCard, flip_test: bool = False) -> None:
        self.network = network
        self.card = card
        self.flip_test = flip_test  # not used: see ``ModelInfo.has_flip_test``
        self.skeleton = card.resolved_skeleton
        self.timed: Callable[[str], AbstractContextManager[None]] = lambda stage: nullcontext()

    @staticmethod
    def blank_inputs(network: OnnxModel, card: BlazePoseCard) -> Sequence[NDArray[Any]]:
        """See ``PoseModelClass``."""
        check_image_input(network, card)
        width, height = card.picture.size
        blank = np.zeros((network.inputs[0].shape[0] or 1, height, width, 3), np.uint8)
        return [normalize(blank, card.picture).astype(DTYPES.get(network.inputs[0].type, np.float32))]

    @classmethod
    def from_network(cls, network: OnnxModel, card: BlazePoseCard, flip_test: bool = False) -> BlazePose:
        """See ``PoseModelClass``."""
        keep_landmark_outputs(network, card)
        model = cls(network, card, flip_test)
        outputs = network.run(cls.blank_inputs(network, card))
        if not all(np.isfinite(output).all() for output in outputs):
            raise StanceError(
                "{file} outputs invalid numbers for a blank image: wanted a working model.", file=network.path.name
            )
        return model

    @property
    def info(self) -> ModelInfo:
        """See ``PoseModel``."""
        return ModelInfo(
            self.card.name,
            self.skeleton,
            has_heatmap=True,
            has_flip_test=False,
            follows_regions=True,
            has_depth=True,
        )

    def estimate(self, frames: Sequence[Frame], candidates: Candidates, flip_test: bool = False) -> Candidates:
        """See ``PoseModel``."""
        if not len(candidates):
            keypoints = len(self.skeleton.names)
            nothing = (np.empty((0, *shape), np.float32) for shape in ((keypoints, 3), (keypoints, 4), (COLUMNS,)))
            return candidates.with_regions(*nothing)
        image = frames[0].image
        boxes = self.regions_of_boxes(candidates.boxes, image.shape[0]).rows
        last = candidates.known_regions(COLUMNS)
        is_new = ~_is_usable(last[:, :4], image)
        looked = self.look(image, Regions(np.where(is_new[:, None], boxes, last[:, :4])))
        looked.regions[~_is_usable(looked.regions, image)] = np.nan
        is_lost = np.isnan(looked.regions[:, 0]) & ~is_new
        last[is_lost] = np.nan
        for _ in range(MORE_LOOKS):
            starts = np.where(is_lost[:, None], boxes, looked.regions)
            rows = np.flatnonzero((is_new | is_lost) & np.isfinite(starts[:, 0]))
            if not len(rows):
                break
            self._look_again(image, rows, starts[rows], candidates.boxes, looked)
            is_new, is_lost = is_new | is_lost, np.zeros_like(is_lost)
        regions = filter_regions(looked.regions, last, frames[0].time_s, self.card.padding)
        return candidates.with_regions(looked.poses, looked.points_3d, regions)

    def _look_again(self, image: Image, rows: NDArray[np.intp], starts: Floats, boxes: Floats, looked: Looked) -> None:
        """Replace these ``rows`` (M,) of ``looked`` by what the regions ``starts`` (M, 4) show, if it is the person.

        Beside another person the region may move on to that one: it stays where more of the keypoints are in the
        ``boxes`` (N, 4).
        """
        second = self.look(image, Regions(starts))
        inside = share_inside(second.poses, boxes[rows], image)
        is_same = inside >= np.minimum(MIN_INSIDE, share_inside(looked.poses[rows], boxes[rows], image))
        found = _is_usable(second.regions, image) & is_same
        for part, better in zip(looked, second, strict=True):
            part[rows[found]] = better[found]

    def look(self, image: Image, regions: Regions) -> Looked:
        """What ``image`` (H, W, 3) shows in these N ``regions``."""
        landmarks = self.landmarks(image, regions)
        with self.timed("decode"):
            keypoints = len(self.skeleton.names)
            points = regions.to_image(landmarks.points)
            poses = np.concatenate([points[:, :keypoints, :2], landmarks.visibility[:, :keypoints, None]], axis=2)
            following = regions_of_lines(points[:, CENTER, :2], points[:, TIP, :2], UP, self.card.padding).rows
            solid = upright_points(regions, landmarks, self.skeleton)
            absent = ~(landmarks.presence > self.card.min_presence) | ~np.isfinite(points).all(axis=(1, 2))
            poses[absent], solid[absent], following[absent] = 0, 0, np.nan
            return Looked(poses.astype(np.float32), solid, following)

    def landmarks(self, image: Image, regions: Regions) -> Landmarks:
        """The points in the crops of ``regions`` of ``image`` (H, W, 3)."""
        side = self.card.picture.size[0]
        with self.timed("crop"):
            batch = normalize(regions.crops(image, side), self.card.picture)
        with self.timed("pose"):
            outputs = self._run(batch)
        return read_landmarks(outputs, side, self.card.window)

    def regions_of_boxes(self, boxes: Floats, height: int) -> Regions:
        """The upright regions for ``boxes`` (N, 4) = x0 y0 x1 y1 around people in an image of this ``height``.

        Of people whose box reaches the lower border, the part below it is missing.
        """
        corners = boxes.reshape(-1, 2, 2)
        sides = corners[:, 1] - corners[:, 0]
        is_cut = np.abs(corners[:, 1, 1] - height) <= BORDER * height
        sides *= np.where(is_cut, self.card.cut_padding, self.card.box_padding)[:, None]
        centered = np.concatenate([corners.mean(axis=1), sides], axis=1).astype(np.float32)
        return regions_of_boxes(centered, np.zeros(len(boxes), np.float32))

    def heatmap(self, image: Image, boxes: Floats, keypoint: int) -> list[ProjectedHeatmap]:
        """See ``PoseModel``; ``boxes`` are (N, 4)."""
        if not len(boxes):
            return []
        regions = self.regions_of_boxes(boxes, image.shape[0])
        maps = self._run(normalize(regions.crops(image, self.card.picture.size[0]), self.card.picture))[2][:, keypoint]
        return [
            ProjectedHeatmap(sigmoid(cells), matrix)
            for cells, matrix in zip(maps, regions.matrices(maps.shape[-1]), strict=True)
        ]

    def _run(self, batch: Floats) -> list[NDArray[Any]]:
        """The outputs for ``batch`` (N, 3, H, W); a network with a fixed batch size gets one crop at a time."""
        batch = batch.astype(DTYPES.get(self.network.inputs[0].type, np.float32), copy=False)
        if self.network.inputs[0].shape[0] is None:
            return self.network.run([batch])
        runs = [self.network.run([crop[None]]) for crop in batch]
        return [np.concatenate(parts) for parts in zip(*runs, strict=True)]


def _is_usable(regions: Floats, image: Image) -> NDArray[np.bool_]:
    """Whether each of ``regions`` (N, 4) can be cropped from ``image``."""
    largest = MAX_GROWTH * max(image.shape[:2])
    is_known = np.isfinite(regions).all(axis=1)
    return is_known & (regions[:, 2] >= 1) & (np.abs(np.nan_to_num(regions)) <= largest).all(axis=1)


def share_inside(poses: Floats, boxes: Floats, image: Image) -> Floats:
    """How much (N,), 0..1, of ``poses`` (N, K, 3) lies in ``boxes`` (N, 4), of what ``image`` (H, W, 3) shows of them.

    Keypoints count by their scores; those near the box count as inside.
    """
    places, scores = poses[..., :2], poses[..., 2]
    size = np.array([image.shape[1], image.shape[0]], np.float32)
    shown = scores * ((places >= 0) & (places < size)).all(axis=-1)
    corners = boxes.reshape(-1, 1, 2, 2)
    margin = NEAR_BOX * (corners[:, :, 1] - corners[:, :, 0])
    inside = ((places > corners[:, :, 0] - margin) & (places < corners[:, :, 1] + margin)).all(axis=-1)
    return np.asarray((shown * inside).sum(axis=1) / np.maximum(shown.sum(axis=1), 1e-6), np.float32)


def upright_points(regions: Regions, landmarks: Landmarks, skeleton: Skeleton) -> Floats:
    """Points (N, K, 4) = x y z in meters and score (see ``Person.points_3d``) of the ``landmarks`` in ``regions``.

    The origin of the network is near the middle of the hips; it is moved there.
    """
    keypoints = len(skeleton.names)
    world = regions.rotate(landmarks.world[:, :keypoints]) * np.array([1, -1, -1], np.float32)
    hips = [skeleton.names.index(f"{side}_hip") for side in ("left", "right") if f"{side}_hip" in skeleton.names]
    if hips:
        world -= world[:, hips].mean(axis=1, keepdims=True)
    return np.concatenate([world, landmarks.visibility[:, :keypoints, None]], axis=2).astype(np.float32)

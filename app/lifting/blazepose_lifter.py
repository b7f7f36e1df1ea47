"""Lifts people by BlazePose: the depth from its look at the picture, the place from the keypoints in force."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.people import Floats, Frame
from app.core.settings import Device
from app.core.skeleton import Skeleton
from app.inference.registry import LIFTERS
from app.lifting.body_fit import MIN_SCORE, BodyFit
from app.lifting.skeleton_points import SkeletonPoints
from app.pose.blazepose import BlazePose, upright_points
from app.pose.body_region import BodyRegions
from app.pose.model import TrackWindow
from app.pose.open_model import open_pose_model

NETWORK = "blazepose-full"
ADULT = 1.12
"""The size of an adult of 1.70 m to that of the people whom the network outputs, by the lengths of bones."""

MAX_SWAPPED = 0.8
"""Left and right are exchanged if that brings the network's points so much nearer to the keypoints."""

MAX_TOE_M = 0.2
"""Largest distance of a toe that the network does not know from its ankle, in meters."""

SAME = {"left_big_toe": "left_foot_index", "right_big_toe": "right_foot_index"}
"""Keypoints of other skeletons by the network's names."""


@LIFTERS.register(NETWORK)
class BlazePoseLifter:
    """A ``FrameLifter``: people in regions that their keypoints give, all in one run of the network.

    Where the network has taken the left for the right, its body is mirrored in depth. See ``BodyFit`` for the rest.
    """

    history = (0, 0)
    name = NETWORK

    def __init__(self, model: BlazePose, skeleton: Skeleton) -> None:
        self._model = model
        self._regions = BodyRegions(skeleton)
        names = model.skeleton.names
        self._fit = BodyFit(names, ADULT)
        renamed = {SAME.get(name, name): name for name in skeleton.names}
        rows = {name: row for row, name in enumerate(skeleton.names)}
        self._rows = [(row, rows[renamed[name]]) for row, name in enumerate(names) if name in renamed]
        self._points = SkeletonPoints(tuple(renamed.get(name, name) for name in names), skeleton)
        toes = [(f"{side}_small_toe", f"{side}_ankle") for side in ("left", "right")]
        self._toes = [(rows[toe], rows[ankle]) for toe, ankle in toes if toe in rows and ankle in rows]

    @classmethod
    def open(cls, skeleton: Skeleton, device: Device, find_file: Callable[[str], Path]) -> BlazePoseLifter:
        """The lifter for keypoints of ``skeleton``; ``find_file`` gives the network's file.

        Raises StanceError if the skeleton is not that of a body, or the network does not run on ``device``.
        """
        BodyRegions(skeleton)
        model = open_pose_model(find_file(NETWORK), device)
        if not isinstance(model, BlazePose):
            raise StanceError("{name} is not a pose network of MediaPipe: wanted that.", name=model.info.name)
        return cls(model, skeleton)

    def lift_all(self, frame: Frame, windows: Sequence[TrackWindow]) -> list[Floats]:
        """Points (K, 4) of the last frame of each of ``windows``; all 0 where the network sees no person."""
        if not windows:
            return []
        keypoints = np.stack([window.keypoints[-1] for window in windows])
        regions = self._regions(keypoints)
        landmarks = self._model.landmarks(frame.image, regions)
        count = len(self._model.skeleton.names)
        seen = regions.to_image(landmarks.points[:, :count])[..., :2]
        body = upright_points(regions, landmarks, self._model.skeleton)[..., :3]
        placed = np.zeros((len(windows), count, 3), np.float32)
        for row, keypoint in self._rows:
            placed[:, row] = keypoints[:, keypoint]
        is_swapped = self._is_swapped(seen, placed)
        body[is_swapped] = body[is_swapped][:, self._model.skeleton.flip_order] * np.array([1, 1, -1], np.float32)
        points = self._points(self._fit(body, placed), keypoints)
        for toe, ankle in self._toes:
            apart = points[:, toe, :3] - points[:, ankle, :3]
            sizes = np.linalg.norm(apart, axis=1, keepdims=True)
            points[:, toe, :3] = points[:, ankle, :3] + apart * np.minimum(1, MAX_TOE_M / np.maximum(sizes, 1e-6))
        points[~(landmarks.presence > self._model.card.min_presence) | ~np.isfinite(points).all(axis=(1, 2))] = 0
        return list(points)

    def _is_swapped(self, seen: Floats, placed: Floats) -> NDArray[np.bool_]:
        """Whether left and right of the network's points (N, K, 2) are exchanged, against ``placed`` (N, K, 3)."""
        weights = np.where(placed[..., 2] >= MIN_SCORE, placed[..., 2], 0)
        straight, exchanged = (
            (weights * np.linalg.norm(points - placed[..., :2], axis=-1)).sum(axis=1)
            for points in (seen, seen[:, self._model.skeleton.flip_order])
        )
        return np.asarray(exchanged < MAX_SWAPPED * straight)

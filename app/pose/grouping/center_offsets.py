"""Centers with offsets: each center of a person states where its keypoints are (DEKR, Geng et al., CVPR 2021).

Follows ``aggregate_results``, ``pose_nms`` of DEKR, and ``SPR`` of MMPose 1.x.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.inference.bottom_up_card import CenterOffsets
from app.pose.grouping.gaussian_fit import match_to_peaks
from app.pose.grouping.grouping import Maps, People, Run, mean_of, refuse
from app.pose.grouping.peaks import local_peaks, window

WIDE_MAP, WIDER_MAP = 200, 300
"""Mean sides of maps above which centers are maxima of 5 and of 7 cells; 3 below."""

MMPOSE1_KERNEL = 5
"""Cells across which a center is the maximum in MMPose 1.x."""

MATCH_KERNEL = 5
"""The same for the peaks of keypoints to which poses are matched."""


class _Scale(NamedTuple):
    """Heatmaps (K + 1, h, w) and poses (K, 2, h, w), in cells, of one scale, with the flip test averaged."""

    scale: float
    heatmaps: Maps
    poses: Maps


class CenterGrouping:
    """See ``Grouping``: reads heatmaps (K + 1, h, w) and offsets (2 K, h, w)."""

    corner_aligned = True
    factors = (2, 2)  # the heat of the center, and that of the keypoint

    def __init__(self, spec: CenterOffsets, skeleton: Skeleton) -> None:
        self.spec = spec
        self.skeleton = skeleton
        self.flip_shift = spec.flip_shift

    def people(self, runs: Sequence[Run], size: tuple[int, int]) -> People:
        """See ``Grouping``."""
        return self.suppress(self.proposals(runs, size), runs, size)

    def proposals(self, runs: Sequence[Run], size: tuple[int, int]) -> list[Floats]:
        """Poses (N, K, 3) = x y and the score of the center, in pixels of the input at scale 1, of each scale."""
        return [self._centers(self._average(run), size) for run in runs]

    def suppress(self, proposals: Sequence[Floats], runs: Sequence[Run], size: tuple[int, int]) -> People:
        """One pose (N, K, 3) for each person of the ``proposals`` of all scales, with its score (``pose_nms``)."""
        if not sum(map(len, proposals)):
            return People.none(len(self.skeleton.names))
        poses = self._joined(proposals, runs)
        averages = [self._average(run) for run in runs]
        values = self._values(averages, poses[..., :2], size)
        keep = same_pose_nms(poses[..., :2], self._rank(poses, values), self.spec)
        poses[..., 2] *= values
        kept = poses[keep]
        if self.spec.match:
            mean = mean_of([enlarged(one.heatmaps[:-1], size) for one in averages])
            kept[..., :2] = match_to_peaks(kept, mean, self.spec.max_people, MATCH_KERNEL)
        return People(kept, kept[..., 2].mean(axis=1))

    def heatmaps(self, runs: Sequence[Run], size: tuple[int, int]) -> Maps:
        """See ``Grouping``; those of the largest scale."""
        return self._average(runs[0]).heatmaps[:-1]

    def check(self, outputs: Sequence[Maps], name: str) -> None:
        """See ``Grouping``."""
        keypoints = len(self.skeleton.names)
        if [output.shape[:-2] for output in outputs] != [(keypoints + 1,), (2 * keypoints,)]:
            raise refuse(outputs, "CenterOffsets", self.skeleton, name)

    def describe(self) -> str:
        """See ``Grouping``."""
        return "centers with offsets" + (", scores of the rescoring network" if self.spec.rescore else "")

    def _average(self, run: Run) -> _Scale:
        """The maps of one run; those of the mirrored picture are flipped back and averaged."""
        heatmaps, poses = run.outputs[0], self._poses(run.outputs[1])
        if run.mirrored is not None:
            order = self.skeleton.flip_order
            back = run.mirrored[0][[*order, len(order)], :, ::-1]
            heatmaps = (heatmaps + back) / np.float32(2)
            other = self._poses(run.mirrored[1])[order]
            other[:, 0] = other.shape[3] - other[:, 0] - 1
            poses = (poses + other[..., ::-1]) / np.float32(2)
        return _Scale(run.scale, heatmaps, poses)

    def _poses(self, offsets: Maps) -> Maps:
        """Keypoints (K, 2, h, w) that each cell states, in cells."""
        _, height, width = offsets.shape
        offsets = offsets.reshape(-1, 2, height, width)
        rows, columns = np.indices((height, width), np.float32)
        grid = np.stack([columns, rows])
        return grid + offsets if self.spec.dialect == "mmpose1" else grid - offsets

    def _centers(self, one: _Scale, size: tuple[int, int]) -> Floats:
        """The poses (N, K, 3) of the best centers of one scale."""
        side = sum(one.heatmaps.shape[1:]) / 2
        kernel = 7 if side > WIDER_MAP else 5 if side > WIDE_MAP else 3
        if self.spec.dialect == "mmpose1":
            kernel = MMPOSE1_KERNEL
        peaks = local_peaks(one.heatmaps[-1:], window(kernel), self.spec.threshold, self.spec.max_people)
        ratio = np.float32(size[0] / one.heatmaps.shape[2])
        points = ratio * one.poses[:, :, peaks.y, peaks.x].transpose(2, 0, 1)
        scores = np.broadcast_to(peaks.value[:, None, None], (*points.shape[:2], 1))
        return np.concatenate([points, scores], axis=2)

    def _joined(self, proposals: Sequence[Floats], runs: Sequence[Run]) -> Floats:
        """The poses of all scales; scores at other scales are brought to the range of those at scale 1, and lowered."""
        scales = [run.scale for run in runs]
        usual = proposals[scales.index(1)] if 1 in scales else proposals[0]
        highest = usual[..., 2].max() if len(usual) else np.float32(1)
        parts = []
        for poses in proposals:
            part = poses.copy()
            if poses is not usual and len(poses):
                part[..., 2] = part[..., 2] / part[..., 2].max() * highest * np.float32(self.spec.decrease)
            parts.append(part)
        return np.concatenate(parts)

    def _values(self, averages: Sequence[_Scale], points: Floats, size: tuple[int, int]) -> Floats:
        """The mean heatmap value (N, K) at ``points`` (N, K, 2) in pixels of the input."""
        if self.spec.dialect == "mmpose1":
            _, height, width = averages[0].heatmaps.shape
            cells = points / np.array([size[0] / width, size[1] / height], np.float32)
            sides = np.array([width, height], np.float32)
            cells = cells * sides / (sides - 1) - np.float32(0.5)
            return sampled(averages[0].heatmaps[:-1], cells.astype(np.float32))
        pixels = np.clip(np.floor(points), 0, np.array(size) - 1).astype(np.float32)
        return mean_of([sampled(one.heatmaps[:-1], _cells_of(pixels, one.heatmaps, size)) for one in averages])

    def _rank(self, poses: Floats, values: Floats) -> Floats:
        """The score (N,) by which a pose is preferred: DEKR's leaves out the center's."""
        return (poses[..., 2] * values if self.spec.dialect == "mmpose1" else values).mean(axis=1)


def same_pose_nms(points: Floats, scores: Floats, spec: CenterOffsets) -> list[int]:
    """The rows of ``points`` (N, K, 2) that are kept, at most ``max_people``: of near poses the best.

    ``scores`` are (N,). A pose is near to another if enough keypoints are nearer than a fraction of its own diagonal
    (``nms_core``; MMPose 1.x, ``nearby_joints_nms``, takes the best poses first).
    """
    extent = points.max(axis=1) - points.min(axis=1)
    limits = np.float32(spec.nms_distance) * np.sqrt((extent**2).sum(axis=1))
    distances = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=3))
    near = (distances < limits[:, None, None]).sum(axis=2) > spec.nms_keypoints
    order = np.argsort(scores)[::-1] if spec.dialect == "mmpose1" else np.arange(len(points))
    done = np.zeros(len(points), bool)
    kept: list[int] = []
    for row in order.tolist():
        same = np.flatnonzero(near[row])
        if done[row] or not len(same):
            continue
        best = int(same[scores[same].argmax()])
        if not done[best]:
            kept.append(best)
            done[same] = True
    if len(kept) > spec.max_people:
        kept = [kept[index] for index in np.argsort(-scores[kept], kind="stable")[: spec.max_people]]
    return kept


def sampled(maps: Maps, cells: Floats) -> Floats:
    """Values (N, K) of ``maps`` (K, h, w) at ``cells`` (N, K, 2) = x y, interpolated; beyond the border the nearest."""
    height, width = maps.shape[1:]
    cells = np.clip(cells, 0, np.array([width - 1, height - 1], np.float32)).astype(np.float32)
    low = np.minimum(np.floor(cells), [max(width - 2, 0), max(height - 2, 0)]).astype(np.intp)
    (x, y), (fx, fy) = np.moveaxis(low, -1, 0), np.moveaxis(cells - low.astype(np.float32), -1, 0)
    right, below, keypoint = np.minimum(x + 1, width - 1), np.minimum(y + 1, height - 1), np.arange(len(maps))
    top = maps[keypoint, y, x] * (1 - fx) + maps[keypoint, y, right] * fx
    bottom = maps[keypoint, below, x] * (1 - fx) + maps[keypoint, below, right] * fx
    return (top * (1 - fy) + bottom * fy).astype(np.float32)


def enlarged(maps: Maps, size: tuple[int, int]) -> Maps:
    """``maps`` (C, h, w) at ``size`` (width, height) as DEKR enlarges them (``up_interpolate``).

    The first cell stays at the first pixel; the last cell is repeated for the pixels beyond it.
    """
    rows, columns = np.indices((size[1], size[0]), np.float32)
    cells = _cells_of(np.stack([columns, rows], axis=-1).reshape(-1, 1, 2), maps, size)
    values = sampled(maps, np.broadcast_to(cells, (len(cells), len(maps), 2)))
    return np.ascontiguousarray(values.T).reshape(len(maps), size[1], size[0])


def _cells_of(pixels: Floats, maps: Maps, size: tuple[int, int]) -> Floats:
    """Where ``pixels`` (..., 2) of an input of ``size`` lie in ``maps`` (C, h, w), in cells; see ``enlarged``."""
    sides = np.array([maps.shape[2], maps.shape[1]])
    last = np.array(size) - np.array(size) // sides
    return np.minimum(pixels, last).astype(np.float32) * ((sides - 1) / np.maximum(last, 1)).astype(np.float32)

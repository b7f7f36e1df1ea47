"""Part affinity fields: keypoints are joined along the limbs that the fields show (OpenPose, Cao et al., CVPR 2017).

Follows two ports of OpenPose: ``Body`` of Hzzone's pytorch-openpose, and ``paf_to_pose`` with ``pafprocess`` of
tensorboy's pytorch_Realtime_Multi-Person_Pose_Estimation.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.inference.bottom_up_card import PartAffinity
from app.pose.grouping.enlarged_peaks import enlarged_peaks, enlargement
from app.pose.grouping.grouping import Maps, People, Run, mean_of, refuse, resized
from app.pose.grouping.joint_labelling import label_jointly
from app.pose.grouping.limbs import Field, LimbPairs, Numbers, Parts, join_greedily
from app.pose.grouping.peaks import Cells, Peaks, best_of_each_map, cross, local_peaks

MAX_PEAKS = 60
"""Most candidates of a keypoint; the ports have no limit, and take minutes for maps of noise."""

MAX_CHANNELS = 64
"""Channels of a picture that OpenCV resizes at once."""

PATCH = 2
"""Cells to each side of a peak that are enlarged to find its center ("tensorboy")."""


class FieldGrouping:
    """See ``Grouping``: reads fields (2 L, h, w) and heatmaps (K + 1, h, w)."""

    flip_shift = 0
    corner_aligned = False
    factors = (1, 1)

    def __init__(self, spec: PartAffinity, skeleton: Skeleton) -> None:
        self.spec = spec
        self.skeleton = skeleton

    def people(self, runs: Sequence[Run], size: tuple[int, int]) -> People:
        """See ``Grouping``; a score is half of the mean that people are judged by, so that it is about 1 at most."""
        heatmaps, fields = self.maps(runs)
        parts, pairs = find_limbs(heatmaps[:-1], fields, size, self.spec)
        keypoints = len(self.skeleton.names)
        joined, counts = join_greedily(parts, pairs.limbs, keypoints, self.spec)
        if self.spec.grouping == "ilp":
            joined = label_jointly(parts, pairs, joined, self.spec)
            counts = joined.counts
        kept = are_people(joined.totals, counts, self.spec)
        numbers, found = joined.parts[kept], joined.parts[kept] >= 0
        table = np.stack([parts.x, parts.y, parts.score], axis=1)
        poses = np.where(found[..., None], table[numbers] if len(table) else 0, 0).astype(np.float32)
        scores = joined.totals[kept] / np.maximum(counts[kept], 1) / 2
        return People(poses.reshape(-1, keypoints, 3), scores.astype(np.float32))

    def maps(self, runs: Sequence[Run]) -> tuple[Maps, Maps]:
        """Heatmaps (K + 1, h, w) and fields (2 L, h, w), averaged over scales and flip test, at scale 1."""
        usual = next((run for run in runs if run.scale == 1), runs[0])
        size = usual.outputs[0].shape[:0:-1]
        parts = []
        for run in runs:
            for outputs, mirrored in ((run.outputs, False), (run.mirrored, True)):
                if outputs is not None:
                    pair = self._split(outputs, mirrored)
                    parts.append([resized(maps, (size[0], size[1]), cv2.INTER_CUBIC) for maps in pair])
        return mean_of([heatmaps for heatmaps, _ in parts]), mean_of([fields for _, fields in parts])

    def heatmaps(self, runs: Sequence[Run], size: tuple[int, int]) -> Maps:
        """See ``Grouping``."""
        return self.maps(runs)[0][:-1]

    def check(self, outputs: Sequence[Maps], name: str) -> None:
        """See ``Grouping``."""
        counts = sorted(output.shape[0] for output in outputs if output.ndim == 3)
        used = {channel for pair in self.spec.fields for channel in pair}
        keypoints = {keypoint for pair in self.spec.limbs for keypoint in pair}
        fits = counts == sorted([len(self.skeleton.names) + 1, 2 * len(self.spec.limbs)]) and len(outputs) == 2
        if not fits or max(used) >= 2 * len(self.spec.limbs) or max(keypoints) >= len(self.skeleton.names):
            raise refuse(outputs, "PartAffinity", self.skeleton, name)

    def describe(self) -> str:
        """See ``Grouping``."""
        return f"heatmaps with part affinity fields, grouping {self.spec.grouping}, as in {self.spec.dialect}"

    def _split(self, outputs: Sequence[Maps], mirrored: bool) -> tuple[Maps, Maps]:
        """Heatmaps (K + 1, h, w) and fields (2 L, h, w) among the outputs; as if the picture had not been mirrored."""
        keypoints = len(self.skeleton.names)
        heatmaps, fields = sorted(outputs, key=lambda output: len(output) != keypoints + 1)
        if not mirrored:
            return heatmaps, fields
        order = self.skeleton.flip_order
        back = np.empty_like(fields)
        for limb, channels in zip(self.spec.limbs, self.spec.fields, strict=True):
            other = (order[limb[0]], order[limb[1]])
            source = self.spec.fields[self.spec.limbs.index(other)] if other in self.spec.limbs else channels
            back[channels[0]] = -fields[source[0], :, ::-1]
            back[channels[1]] = fields[source[1], :, ::-1]
        return heatmaps[[*order, len(order)], :, ::-1], back


def find_limbs(heatmaps: Maps, fields: Maps, size: tuple[int, int], spec: PartAffinity) -> tuple[Parts, LimbPairs]:
    """Candidates, and all their pairs; ``heatmaps`` (K, h, w), ``fields`` (2 L, h, w), ``size`` of the input."""
    if spec.dialect == "hzzone":
        parts = _parts_at_input_size(heatmaps, size, spec.threshold)
        return parts, LimbPairs(parts, _interpolated(fields, size, spec), size[1], spec)
    parts = _parts_at_map_size(heatmaps, size, spec.threshold)
    # Positions are whole pixels.
    whole = parts._replace(x=np.trunc(parts.x), y=np.trunc(parts.y))
    return whole, LimbPairs(whole, _nearest(fields, size, spec), size[1], spec)


def are_people(totals: Numbers, counts: Cells, spec: PartAffinity) -> NDArray[np.bool_]:
    """Which people (N,) have enough keypoints, and a mean score, ``totals`` (N,) by ``counts`` (N,), that is enough."""
    return (counts >= spec.min_parts) & (totals >= spec.min_score * counts)


def _parts_at_input_size(heatmaps: Maps, size: tuple[int, int], threshold: float) -> Parts:
    """Maxima of the enlarged and blurred maps; the scores are those of the enlarged maps."""
    keypoint, x, y, blurred = enlarged_peaks(heatmaps, size, threshold)
    peaks = _in_order(Peaks(keypoint, x, y, blurred))
    score = _Enlarged(heatmaps[None], size)(peaks.map, peaks.x, peaks.y)[0]
    return Parts(peaks.map, peaks.x.astype(np.float64), peaks.y.astype(np.float64), score.astype(np.float64))


def _parts_at_map_size(heatmaps: Maps, size: tuple[int, int], threshold: float) -> Parts:
    """Maxima of the maps, each moved to the maximum of the enlarged cells around it."""
    ratio = round(size[0] / heatmaps.shape[2])
    peaks = _in_order(local_peaks(heatmaps, cross(), threshold))
    _, height, width = heatmaps.shape
    left, top = np.maximum(peaks.x - PATCH, 0), np.maximum(peaks.y - PATCH, 0)
    right, bottom = np.minimum(peaks.x + PATCH + 1, width), np.minimum(peaks.y + PATCH + 1, height)
    sides = np.stack([bottom - top, right - left], axis=1)
    found = np.empty((len(left), 3))
    for side in np.unique(sides, axis=0):  # patches at the border are smaller
        rows = np.flatnonzero((sides == side).all(axis=1))
        for part in np.split(rows, range(MAX_CHANNELS, len(rows), MAX_CHANNELS)):
            y, x = top[part] + np.arange(side[0])[:, None, None], left[part] + np.arange(side[1])[:, None]
            patches = heatmaps[peaks.map[part], y, x]
            large = cv2.resize(patches, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_CUBIC)
            large = large.reshape(-1, len(part))
            row, column = np.divmod(large.argmax(axis=0), side[1] * ratio)
            found[part] = np.stack([ratio * left[part] + column, ratio * top[part] + row, large.max(axis=0)], axis=1)
    return Parts(peaks.map, *found.T)


def _in_order(peaks: Peaks) -> Peaks:
    """The highest ``MAX_PEAKS`` (M,) of each map, in the order of rows and columns."""
    peaks = best_of_each_map(peaks, MAX_PEAKS)
    order = np.lexsort((peaks.x, peaks.y, peaks.map))
    return Peaks(peaks.map[order], peaks.x[order], peaks.y[order], peaks.value[order])


class _Enlarged:
    """Maps (C, K, h, w) at ``size`` (width, height), computed only where they are read."""

    def __init__(self, maps: Maps, size: tuple[int, int]) -> None:
        channels, _, height, width = maps.shape
        rows, columns = enlargement(height, size[1]), enlargement(width, size[0])
        self._top, self._left = _first_taps(rows), _first_taps(columns)
        self._rows, self._columns = (
            np.ascontiguousarray(_taps(one, first).T) for one, first in ((rows, self._top), (columns, self._left))
        )
        self._shape = (height, width)
        self._values = np.ascontiguousarray(maps).reshape(channels, -1)

    def __call__(self, number: Cells, x: Cells, y: Cells) -> Maps:
        """The values (C, ...) of the maps ``number`` (...,) at pixels (...,)."""
        number, x, y = np.broadcast_arrays(number, x, y)
        shape, (height, width) = x.shape, self._shape
        number, x, y = number.ravel(), x.ravel(), y.ravel()
        first = (number * height + self._top[y]) * width + self._left[x]
        down, across = self._rows.take(y, axis=1), self._columns.take(x, axis=1)
        found = np.zeros((len(self._values), len(first)), np.float32)
        for step, weight in enumerate(across):
            line = np.zeros_like(found)
            for row, other in enumerate(down):
                line += self._values.take(first + (row * width + step), axis=1) * other
            found += line * weight
        return found.reshape(len(found), *shape)


def _interpolated(fields: Maps, size: tuple[int, int], spec: PartAffinity) -> Field:
    """The enlarged fields of the limbs, computed only where they are read."""
    enlarged = _Enlarged(_by_limb(fields, spec), size)
    return lambda limb, x, y: enlarged(limb, x, y).astype(np.float64)


def _nearest(fields: Maps, size: tuple[int, int], spec: PartAffinity) -> Field:
    """The fields of the limbs at pixels of an input of ``size``, each cell repeated."""
    _, height, width = fields.shape
    vectors = _by_limb(fields, spec).reshape(2, -1)

    def field(limb: Cells, x: Cells, y: Cells) -> Numbers:
        row = np.clip(y * height // size[1], 0, height - 1)
        column = np.clip(x * width // size[0], 0, width - 1)
        return vectors.take((limb * height + row) * width + column, axis=1).astype(np.float64)

    return field


def _by_limb(fields: Maps, spec: PartAffinity) -> Maps:
    """The fields (2, L, h, w) of the limbs, along x and along y."""
    return fields[np.array(spec.fields).T]


def _first_taps(matrix: Floats) -> Cells:
    """The first of the four consecutive cells (pixels,) that each row of ``matrix`` (pixels, cells) reads."""
    return np.minimum((matrix != 0).argmax(axis=1), max(matrix.shape[1] - 4, 0))


def _taps(matrix: Floats, first: Cells) -> Floats:
    """The weights (pixels, 4) of these cells."""
    return matrix[np.arange(len(matrix))[:, None], first[:, None] + np.arange(min(4, matrix.shape[1]))]

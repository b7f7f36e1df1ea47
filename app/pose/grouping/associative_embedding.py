"""Associative embedding: keypoints of people have similar tags (Newell et al., 2017; HigherHRNet, Cheng et al., 2020).

Follows ``HeatmapParser`` and ``aggregate_results`` of HigherHRNet, which MMPose 0.x shares, and
``AssociativeEmbedding`` of MMPose 1.x.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.inference.bottom_up_card import AssociativeEmbedding
from app.pose.codecs.heatmap import quarter_shifted, udp_shifted
from app.pose.grouping.grouping import Maps, People, Run, mean_of, refuse, resized, unmirrored
from app.pose.grouping.missing_keypoints import best_cells, person_tags
from app.pose.grouping.peaks import Cells, local_peaks, window
from app.pose.grouping.tag_matching import match_by_tags


class TagGrouping:
    """See ``Grouping``: reads the outputs (C, h, w) of a network."""

    flip_shift = 0
    corner_aligned = False

    def __init__(self, spec: AssociativeEmbedding, skeleton: Skeleton) -> None:
        self.spec = spec
        self.skeleton = skeleton

    def people(self, runs: Sequence[Run], size: tuple[int, int]) -> People:
        """See ``Grouping``."""
        heatmaps, tags = self.maps(runs, size)
        people, scores = group_by_tags(heatmaps, tags, self.spec)
        people[..., :2] *= np.array(size, np.float32) / (heatmaps.shape[2], heatmaps.shape[1])
        return People(people[..., :3], scores)

    def heatmaps(self, runs: Sequence[Run], size: tuple[int, int]) -> Maps:
        """See ``Grouping``."""
        return self.maps(runs, size)[0]

    def maps(self, runs: Sequence[Run], size: tuple[int, int]) -> tuple[Maps, Maps]:
        """Heatmaps (K, H, W), averaged over outputs, scales and flip test, and tags (K, H, W, L) at scale 1.

        L is 2 in a flip test (``aggregate_results``). ``size`` is that of the input at scale 1.
        """
        total: Maps | None = None
        tags: list[Maps] = []
        for run in runs:
            sides = [run.outputs] if run.mirrored is None else [run.outputs, run.mirrored]
            parts = [self._split(outputs, mirrored=number > 0) for number, outputs in enumerate(sides)]
            if self.spec.at_input_size:
                parts = [(resized(heatmaps, size), own) for heatmaps, own in parts]
            mean = mean_of([heatmaps for heatmaps, _ in parts])
            if run.scale == 1 or len(runs) == 1:
                tags = [own for _, own in parts]
            total = mean if total is None else total + resized(mean, (total.shape[2], total.shape[1]))
        assert total is not None
        total = total / np.float32(len(runs))
        cells = size if self.spec.at_input_size else (total.shape[2], total.shape[1])
        return total, np.stack([resized(one, cells) for one in tags], axis=-1)

    def _split(self, outputs: Sequence[Maps], mirrored: bool) -> tuple[Maps, Maps]:
        """The mean heatmaps and the tags (K, h, w) of one run, at the size of the last output."""
        keypoints, order = len(self.skeleton.names), self.skeleton.flip_order
        size = (outputs[-1].shape[2], outputs[-1].shape[1])
        heatmaps, tags = [], []
        for output in outputs[: -1 if self.spec.tags_last else None]:
            channels = resized(output, size)
            heatmaps.append(channels[:keypoints])
            if len(channels) > keypoints:
                tags.append(channels[keypoints:])
        if self.spec.tags_last:
            tags.append(outputs[-1])
        mean = mean_of(heatmaps)
        if mirrored:
            return unmirrored(mean, order), unmirrored(tags[0], order)
        return mean, tags[0]

    def check(self, outputs: Sequence[Maps], name: str) -> None:
        """See ``Grouping``."""
        keypoints = len(self.skeleton.names)
        counts = [len(output) if output.ndim == 3 else 0 for output in outputs]
        if self.spec.tags_last:
            fits = len(counts) > 1 and set(counts) == {keypoints}
        else:
            fits = counts.count(2 * keypoints) == 1 and counts.count(keypoints) == len(counts) - 1
        if not fits:
            raise refuse(outputs, "AssociativeEmbedding", self.skeleton, name)

    def describe(self) -> str:
        """See ``Grouping``."""
        return f"heatmaps with tags, grouped as in {self.spec.dialect}"


def group_by_tags(heatmaps: Maps, tags: Maps, spec: AssociativeEmbedding) -> tuple[Floats, Floats]:
    """People (N, K, 3 + L) = x y score tags, in cells, and scores (N,), the mean of their keypoints' (``parse``).

    ``heatmaps`` (K, H, W), ``tags`` (K, H, W, L). A keypoint that is not found is zeros.
    """
    peaks = local_peaks(heatmaps, window(spec.nms_kernel), spec.threshold, spec.max_people)
    people = match_by_tags(peaks, tags[peaks.map, peaks.y, peaks.x], len(heatmaps), spec)
    if not len(people):
        return people, np.empty(0, np.float32)
    if spec.dialect == "mmpose1":
        scores = people[..., 2].mean(axis=1)
        return _finish_as_mmpose1(people, heatmaps, tags, spec), scores
    if spec.adjust and spec.udp:
        logs = _logarithms(heatmaps, spec)
        people[..., :2] = _udp(people[..., :2].astype(np.intp), logs)
        heatmaps = logs  # the original overwrites its maps
    elif spec.adjust:
        people = _adjust(people, heatmaps)
    scores = people[..., 2].mean(axis=1)
    return (_refine(people, heatmaps, tags, spec) if spec.refine else people), scores


def _adjust(people: Floats, heatmaps: Maps) -> Floats:
    """Keypoints moved by a quarter of a cell toward the higher neighbor, and by half a cell."""
    found = people[..., 2] > 0
    _, keypoint = np.nonzero(found)
    adjusted = people.copy()
    adjusted[found, :2] += _quarter(heatmaps, keypoint, people[found, :2].astype(np.intp)) + np.float32(0.5)
    return adjusted


def _refine(people: Floats, heatmaps: Maps, tags: Maps, spec: AssociativeEmbedding) -> Floats:
    """People with missing keypoints put where score and tag fit best, if the score there is positive."""
    means = person_tags(people, tags)
    refined = people.copy()
    for keypoint, heatmap in enumerate(heatmaps):
        lacking = np.flatnonzero(people[:, keypoint, 2] == 0)
        if not len(lacking):
            continue
        flat = heatmap.reshape(-1)
        cells = best_cells(flat, tags[keypoint].reshape(len(flat), -1), means[lacking], 1)
        points = np.stack([cells % heatmap.shape[1], cells // heatmap.shape[1]], axis=1)
        found = flat[cells] > 0
        rows = lacking[found]
        places = points[found] + _quarter(heatmaps, np.full(len(rows), keypoint), points[found])
        refined[rows, keypoint, :2] = places + (0 if spec.udp else np.float32(0.5))
        refined[rows, keypoint, 2] = flat[cells[found]]
    return refined


def _quarter(heatmaps: Maps, keypoint: Cells, cells: Cells) -> Floats:
    """The shifts (M, 2), a quarter of a cell each, toward the higher neighbor of ``cells`` (M, 2); left if equal."""
    height, width = heatmaps.shape[1:]
    x, y = cells.T
    right = heatmaps[keypoint, y, np.minimum(x + 1, width - 1)] > heatmaps[keypoint, y, np.maximum(x - 1, 0)]
    below = heatmaps[keypoint, np.minimum(y + 1, height - 1), x] > heatmaps[keypoint, np.maximum(y - 1, 0), x]
    return np.where(np.stack([right, below], axis=1), np.float32(0.25), np.float32(-0.25))


def _finish_as_mmpose1(people: Floats, heatmaps: Maps, tags: Maps, spec: AssociativeEmbedding) -> Floats:
    """People with refined keypoints; the missing ones are put where tags agree best, whatever the score."""
    cells = people[..., :2].astype(np.intp)
    finished = people.copy()
    if spec.udp:
        logs = _logarithms(heatmaps, spec)
        finished[..., :2] = _udp(cells, logs)
        heatmaps = logs  # the original overwrites its maps
    else:
        finished[..., :2] = quarter_shifted(np.broadcast_to(heatmaps, (len(people), *heatmaps.shape)), cells)
    finished[..., :2] += np.float32(spec.center_shift)
    means = person_tags(people, tags)
    for keypoint, heatmap in enumerate(heatmaps):
        lacking = np.flatnonzero(people[:, keypoint, 2] == 0)
        if len(lacking):
            flat = heatmap.reshape(-1)
            best = best_cells(flat, tags[keypoint].reshape(len(flat), -1), means[lacking], 100)
            finished[lacking, keypoint, :2] = np.stack([best % heatmap.shape[1], best // heatmap.shape[1]], axis=1)
            finished[lacking, keypoint, 2] = flat[best]
    return finished


def _udp(cells: Cells, logarithms: Maps) -> Floats:
    """``cells`` (N, K, 2) moved to the maxima of the maps, by UDP's Newton step."""
    height, width = logarithms.shape[1:]
    keypoint = np.arange(len(logarithms))

    def at(dx: int, dy: int) -> Floats:
        x, y = np.clip(cells[..., 0] + dx, 0, width - 1), np.clip(cells[..., 1] + dy, 0, height - 1)
        return logarithms[keypoint, y, x]

    return udp_shifted(at, cells)


def _logarithms(heatmaps: Maps, spec: AssociativeEmbedding) -> Maps:
    """The logarithms of the blurred maps.

    MMPose 1.x blurs with zeros around the map and restores its maximum, MMPose 0.x does neither.
    """
    modulated = spec.dialect == "mmpose1"
    border = cv2.BORDER_CONSTANT if modulated else cv2.BORDER_REFLECT_101
    kernel = (spec.blur_kernel, spec.blur_kernel)
    blurred = np.stack([cv2.GaussianBlur(one, kernel, 0, borderType=border) for one in heatmaps])
    if modulated:
        highest = np.maximum(blurred.max(axis=(1, 2), keepdims=True), np.float32(1e-12))
        blurred *= heatmaps.max(axis=(1, 2), keepdims=True) / highest
    return np.log(np.clip(blurred, np.float32(1e-3), np.float32(50)))

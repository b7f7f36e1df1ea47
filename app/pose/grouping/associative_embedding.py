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
from app.pose.grouping.grouping import Maps, People, Run, mean_of, refuse, resized, resized_mean, unmirrored
from app.pose.grouping.map_views import EnlargedMaps, MapView, SampledMaps, Source, WholeMaps
from app.pose.grouping.missing_keypoints import best_pixels, person_tags, tags_at
from app.pose.grouping.peaks import Cells
from app.pose.grouping.tag_matching import match_by_tags


class TagGrouping:
    """See ``Grouping``: reads the outputs (C, h, w) of a network."""

    flip_shift = 0
    corner_aligned = False
    factors = (2, 1)  # the share of the keypoints that are seen, and their heat

    def __init__(self, spec: AssociativeEmbedding, skeleton: Skeleton) -> None:
        self.spec = spec
        self.skeleton = skeleton

    def people(self, runs: Sequence[Run], size: tuple[int, int]) -> People:
        """See ``Grouping``."""
        heatmaps, tags = self._views(runs, size)
        people, scores = group_by_tags(heatmaps, tags, self.spec)
        _, height, width = heatmaps.shape
        people[..., :2] *= np.array([size[0] / width, size[1] / height], np.float32)
        return People(people[..., :3], scores)

    def _views(self, runs: Sequence[Run], size: tuple[int, int]) -> tuple[MapView, list[Source]]:
        """The maps of ``maps``, without all of their pixels where there is one scale."""
        if len(runs) == 1:
            sides = self._sides(runs[0])
            _, height, width = sides[0][0].shape
            ratio = size[0] // width if self.spec.at_input_size else 1
            if ratio == 1 or (ratio % 2 == 0 and size == (ratio * width, ratio * height)):
                mean = mean_of([one for one, _ in sides])
                tags = [_enlarged_tags(own, (width, height), ratio) for _, own in sides]
                return EnlargedMaps(mean, ratio) if ratio > 1 else WholeMaps(mean), tags
        heatmaps, tags_ = self.maps(runs, size)
        return WholeMaps(heatmaps), [WholeMaps(tags_[..., length]) for length in range(tags_.shape[-1])]

    def _sides(self, run: Run) -> list[tuple[Maps, Maps]]:
        """The mean heatmaps and the tags (K, h, w) of the picture, and of the mirrored one if there is a flip test."""
        sides = [self._split(run.outputs)]
        if run.mirrored is not None:
            heatmaps, tags = self._split(run.mirrored)
            order = self.skeleton.flip_order
            sides.append((unmirrored(heatmaps, order), unmirrored(tags, order)))
        return sides

    def heatmaps(self, runs: Sequence[Run], size: tuple[int, int]) -> Maps:
        """See ``Grouping``."""
        return self.maps(runs, size)[0]

    def maps(self, runs: Sequence[Run], size: tuple[int, int]) -> tuple[Maps, Maps]:
        """Heatmaps (K, H, W), averaged over outputs, scales and flip test, and tags (K, H, W, L) at scale 1.

        L is 2 in a flip test (``aggregate_results``). ``size`` is that of the input at scale 1.
        """
        means: list[Maps] = []
        tags: list[Maps] = []
        for run in runs:
            sides = self._sides(run)
            cells = (sides[0][0].shape[2], sides[0][0].shape[1])
            wanted = size if self.spec.at_input_size else cells
            means.append(mean_of([resized(heatmaps, wanted) for heatmaps, _ in sides]))
            if run.scale == 1 or len(runs) == 1:
                tags = [resized(own, cells) for _, own in sides]
        mean = mean_of([resized(one, (means[0].shape[2], means[0].shape[1])) for one in means])
        return mean, np.stack([resized(one, (mean.shape[2], mean.shape[1])) for one in tags], axis=-1)

    def _split(self, outputs: Sequence[Maps]) -> tuple[Maps, Maps]:
        """The mean heatmaps (K, h, w) at the size of the last output, and the tags as the network returns them."""
        keypoints = len(self.skeleton.names)
        size = (outputs[-1].shape[2], outputs[-1].shape[1])
        if self.spec.tags_last:
            return resized_mean(outputs[:-1], size), outputs[-1]
        tags = next(output[keypoints:] for output in outputs if len(output) > keypoints)
        return resized_mean([output[:keypoints] for output in outputs], size), tags

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


def _enlarged_tags(tags: Maps, cells: tuple[int, int], ratio: int) -> Source:
    """Tags (K, h, w), first enlarged to ``cells`` (width, height) of the heatmaps, and then ``ratio`` times."""
    source: Source = WholeMaps(np.ascontiguousarray(tags))
    width, height = cells
    if (width, height) != (tags.shape[2], tags.shape[1]):
        if width % tags.shape[2] or height % tags.shape[1]:
            source = WholeMaps(resized(tags, cells))
        else:
            source = SampledMaps(source, (width // tags.shape[2], height // tags.shape[1]))
    return SampledMaps(source, (ratio, ratio)) if ratio > 1 else source


def group_by_tags(heatmaps: MapView, tags: list[Source], spec: AssociativeEmbedding) -> tuple[Floats, Floats]:
    """People (N, K, 3 + L) = x y score tags, in pixels, and scores (N,), the mean of their keypoints' (``parse``).

    ``heatmaps`` and each of the L ``tags`` are maps (K, H, W). A keypoint that is not found is zeros.
    """
    peaks = heatmaps.peaks(spec.nms_kernel, spec.threshold, spec.max_people)
    found = tags_at(tags, peaks.map, peaks.y, peaks.x)
    people = match_by_tags(peaks, found, heatmaps.shape[0], spec)
    if not len(people):
        return people, np.empty(0, np.float32)
    if spec.dialect == "mmpose1":
        scores = people[..., 2].mean(axis=1)
        return _finish_as_mmpose1(people, heatmaps, tags, spec), scores
    if spec.adjust and spec.udp:
        logs = _logarithms(heatmaps.whole(), spec)
        people[..., :2] = _udp(people[..., :2].astype(np.intp), logs)
        heatmaps = WholeMaps(logs)  # the original overwrites its maps
    elif spec.adjust:
        people = _adjust(people, heatmaps)
    scores = people[..., 2].mean(axis=1)
    return (_refine(people, heatmaps, tags, spec) if spec.refine else people), scores


def _missing(people: Floats, most: int) -> tuple[Cells, Cells]:
    """The person and the number (M,) of each keypoint that is missing, of the ``most`` people with the best scores.

    The originals look for those of all people, of which maps of noise contain hundreds.
    """
    missing = people[..., 2] == 0
    missing[np.argsort(-people[..., 2].mean(axis=1), kind="stable")[most:]] = False
    person, keypoint = np.nonzero(missing)
    return person, keypoint


def _adjust(people: Floats, heatmaps: MapView) -> Floats:
    """Keypoints moved by a quarter of a pixel toward the higher neighbor, and by half a pixel."""
    found = people[..., 2] > 0
    _, keypoint = np.nonzero(found)
    adjusted = people.copy()
    adjusted[found, :2] += _quarter(heatmaps, keypoint, people[found, :2].astype(np.intp)) + np.float32(0.5)
    return adjusted


def _refine(people: Floats, heatmaps: MapView, tags: list[Source], spec: AssociativeEmbedding) -> Floats:
    """People with missing keypoints put where score and tag fit best, if the score there is positive."""
    person, keypoint = _missing(people, spec.max_people)
    if not len(person):
        return people
    pixels = best_pixels(heatmaps, tags, keypoint, person_tags(people, tags)[person], 1)
    scores = heatmaps.at(keypoint, pixels[:, 1], pixels[:, 0])
    places = pixels + _quarter(heatmaps, keypoint, pixels) + (0 if spec.udp else np.float32(0.5))
    found, refined = scores > 0, people.copy()
    refined[person[found], keypoint[found], :2] = places[found]
    refined[person[found], keypoint[found], 2] = scores[found]
    return refined


def _quarter(heatmaps: MapView, number: Cells, pixels: Cells) -> Floats:
    """The shifts (M, 2), a quarter of a pixel each, toward the higher neighbor of ``pixels`` (M, 2); left if equal."""
    _, height, width = heatmaps.shape
    x, y = pixels.T
    right, left = np.minimum(x + 1, width - 1), np.maximum(x - 1, 0)
    below, above = np.minimum(y + 1, height - 1), np.maximum(y - 1, 0)
    high_x, low_x, high_y, low_y = heatmaps.at(number, np.stack([y, y, below, above]), np.stack([right, left, x, x]))
    rises = np.stack([high_x > low_x, high_y > low_y], axis=1)
    return np.where(rises, np.float32(0.25), np.float32(-0.25))


def _finish_as_mmpose1(people: Floats, heatmaps: MapView, tags: list[Source], spec: AssociativeEmbedding) -> Floats:
    """People with refined keypoints; the missing ones are put where tags agree best, whatever the score."""
    cells = people[..., :2].astype(np.intp)
    finished = people.copy()
    if spec.udp:
        logs = _logarithms(heatmaps.whole(), spec)
        finished[..., :2] = _udp(cells, logs)
        heatmaps = WholeMaps(logs)  # the original overwrites its maps
    else:
        whole = heatmaps.whole()
        finished[..., :2] = quarter_shifted(np.broadcast_to(whole, (len(people), *whole.shape)), cells)
    finished[..., :2] += np.float32(spec.center_shift)
    person, keypoint = _missing(people, spec.max_people)
    if len(person):
        pixels = best_pixels(heatmaps, tags, keypoint, person_tags(people, tags)[person], 100)
        finished[person, keypoint, :2] = pixels
        finished[person, keypoint, 2] = heatmaps.at(keypoint, pixels[:, 1], pixels[:, 0])
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

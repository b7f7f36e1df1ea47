"""Measures how long bottom-up groupings take, on made maps of several people, without a network."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median

import numpy as np

from app.core.people import Floats
from app.core.skeleton import load_skeleton
from app.inference.bottom_up_card import COCO17_ORDER, AssociativeEmbedding, CenterOffsets, GroupingSpec, PartAffinity
from app.pose.grouping import grouping_of
from app.pose.grouping.grouping import Maps, Run

SIDE = 512
"""Side of the input, in pixels."""

PERSON = 90
"""Side of a person, in pixels."""

MISSING = 0.2
"""Share of keypoints that cannot be seen, where there are such."""

NOISE = 0.01
"""Standard deviation of the noise in the maps."""


def measure_groupings(counts: Sequence[int], repeats: int) -> list[dict[str, object]]:
    """The processor time of each grouping by number of people, in milliseconds, and the people found."""
    rows: list[dict[str, object]] = []
    tags = AssociativeEmbedding(order=COCO17_ORDER)
    for title, spec, skeleton, missing in (
        ("ae, as HigherHRNet", tags, "coco17", 0),
        ("ae, a fifth of the keypoints missing", tags, "coco17", MISSING),
        ("ae, at the size of the maps", AssociativeEmbedding(order=COCO17_ORDER, at_input_size=False), "coco17", 0),
        ("dekr", CenterOffsets(), "coco17", 0),
        ("paf, hzzone", PartAffinity(), "openpose18", 0),
        ("paf, tensorboy", PartAffinity(dialect="tensorboy", min_score=0.3), "openpose18", 0),
        ("paf, hzzone, ilp", PartAffinity(grouping="ilp", time_limit=5), "openpose18", 0),
    ):
        grouping = grouping_of(spec, load_skeleton(skeleton))
        for count in counts:
            runs = [Run(1.0, made_outputs(spec, count, len(load_skeleton(skeleton).names), missing))]
            found = len(grouping.people(runs, (SIDE, SIDE)).poses)
            times = []
            for _ in range(repeats):
                start = time.thread_time()
                grouping.people(runs, (SIDE, SIDE))
                times.append((time.thread_time() - start) * 1000)
            figures = {"people": count, "found": found, "median_ms": median(times), "least_ms": min(times)}
            rows.append({"grouping": title, **figures})
    return rows


def made_outputs(spec: GroupingSpec, people: int, keypoints: int, missing: float = 0) -> list[Maps]:
    """Outputs (C, h, w) of a network for ``people``, spread over the picture.

    The share ``missing`` of their keypoints is in no map; only for associative embedding.
    """
    random = np.random.default_rng(people)
    columns = int(np.ceil(np.sqrt(people)))
    shape = random.uniform(-PERSON / 2, PERSON / 2, (keypoints, 2))
    cell = SIDE / columns
    centers = np.array([(row // columns + 0.5, row % columns + 0.5) for row in range(people)]) * cell
    points = np.clip(centers[:, None] + shape, 4, SIDE - 5).astype(np.float32)
    match spec:
        case AssociativeEmbedding():
            points[random.random((people, keypoints)) < missing] = np.nan
            tags = np.full((keypoints, SIDE // 4, SIDE // 4), -20, np.float32) + random.normal(0, 0.1)
            for number, person in enumerate(points):
                for keypoint in np.flatnonzero(np.isfinite(person[:, 0])):
                    x, y = (person[keypoint] / 4).astype(int)
                    tags[keypoint, max(y - 3, 0) : y + 4, max(x - 3, 0) : x + 4] = 2 * number
            return [np.concatenate([_blobs(points, 4, random), tags]), _blobs(points, 2, random)]
        case CenterOffsets():
            heatmaps = np.concatenate(
                [_blobs(points, 4, random), _blobs(centers[:, None].astype(np.float32), 4, random)]
            )
            rows, columns_ = np.indices((SIDE // 4, SIDE // 4), np.float32)
            grid = np.stack([columns_, rows])
            owner = ((grid[:, None] - centers.T[..., None, None] / 4) ** 2).sum(axis=0).argmin(axis=0)
            offsets = grid[None] - points.transpose(1, 2, 0)[:, :, owner] / 4
            return [heatmaps, offsets.reshape(-1, SIDE // 4, SIDE // 4).astype(np.float32)]
        case PartAffinity():
            fields = np.zeros((2 * len(spec.limbs), SIDE // 8, SIDE // 8), np.float32)
            for person in points / 8:
                for (first, second), channels in zip(spec.limbs, spec.fields, strict=True):
                    between = person[second] - person[first]
                    length = max(float(np.linalg.norm(between)), 0.1)
                    for step in np.linspace(0, 1, 40):
                        x, y = (person[first] + step * between).astype(int)
                        near = np.s_[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
                        fields[channels[0]][near], fields[channels[1]][near] = between / length
            heatmaps = np.concatenate([_blobs(points, 8, random), np.zeros((1, SIDE // 8, SIDE // 8), np.float32)])
            return [fields, heatmaps]


def _blobs(points: Floats, stride: int, random: np.random.Generator) -> Maps:
    """Heatmaps (K, h, w) with a Gaussian at each of ``points`` (N, K, 2) that is not NaN, and noise."""
    side = SIDE // stride
    sigma = 2.0 if stride < 8 else 1.0
    at = np.arange(side)
    maps = random.normal(0, NOISE, (points.shape[1], side, side))
    for person in points / stride:
        for keypoint, (x, y) in enumerate(person):
            blob = np.outer(np.exp(-((at - y) ** 2) / 2 / sigma**2), np.exp(-((at - x) ** 2) / 2 / sigma**2))
            maps[keypoint] = np.fmax(maps[keypoint], 0.8 * blob)
    return maps.astype(np.float32)

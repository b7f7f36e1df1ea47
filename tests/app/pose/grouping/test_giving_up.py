"""Groupings end soon after their result is no longer wanted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.bench.groupings import SIDE, made_outputs
from app.core.skeleton import load_skeleton
from app.inference.bottom_up_card import COCO17_ORDER, AssociativeEmbedding, CenterOffsets, GroupingSpec, PartAffinity
from app.pose.grouping import grouping_of
from app.pose.grouping.grouping import Run
from app.pose.grouping.map_views import WholeMaps
from app.pose.grouping.missing_keypoints import FIRST_PIXELS, best_pixels
from app.system.giving_up import GivenUpError, giving_up_when


@pytest.mark.parametrize(
    ("spec", "skeleton"),
    [
        (AssociativeEmbedding(order=COCO17_ORDER), "coco17"),
        (CenterOffsets(match=True), "coco17"),
        (PartAffinity(), "openpose18"),
        (PartAffinity(grouping="ilp"), "openpose18"),
    ],
)
def test_every_grouping_can_be_given_up(spec: GroupingSpec, skeleton: str) -> None:
    grouping, names = grouping_of(spec, load_skeleton(skeleton)), load_skeleton(skeleton).names
    runs = [Run(1.0, made_outputs(spec, 2, len(names)))]
    with giving_up_when(lambda: False):
        assert len(grouping.people(runs, (SIDE, SIDE)).poses) == 2
    with giving_up_when(lambda: True), pytest.raises(GivenUpError):
        grouping.people(runs, (SIDE, SIDE))


class GivenUpMaps(WholeMaps):
    """Maps of noise that are given up once tiles were read; counts the pixels that are read."""

    count = 0

    def tiles(self, number: Any, y: Any, x: Any, tile: tuple[int, int], margin: Any = (0, 0)) -> Any:
        self.count += len(number) * tile[0] * tile[1]
        return super().tiles(number, y, x, tile, margin)


def test_the_search_for_missing_keypoints_reads_little_once_it_is_given_up() -> None:
    random = np.random.default_rng(3)
    heatmaps = GivenUpMaps(random.normal(0, 0.3, (17, 256, 256)).astype(np.float32))
    tags = WholeMaps(random.normal(0, 5, heatmaps.shape).astype(np.float32))
    keypoints, means = np.arange(170) % 17, random.normal(0, 5, (170, 1)).astype(np.float32)
    best_pixels(heatmaps, [tags], keypoints, means, 1)
    assert heatmaps.count > 10 * FIRST_PIXELS
    heatmaps.count = 0
    with giving_up_when(lambda: heatmaps.count > 0), pytest.raises(GivenUpError):
        best_pixels(heatmaps, [tags], keypoints, means, 1)
    assert 0 < heatmaps.count <= FIRST_PIXELS

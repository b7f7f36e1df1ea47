"""Poses from centers and offsets compared with DEKR and MMPose 1.x (tests/golden/codecs2)."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from app.core.people import Floats
from app.core.skeleton import load_skeleton
from app.inference.bottom_up_card import CenterOffsets
from app.pose.grouping.center_offsets import CenterGrouping, enlarged, same_pose_nms
from app.pose.grouping.grouping import Run
from app.pose.grouping.peaks import local_peaks, window
from tests.app.pose.grouping.golden import load

CASES = range(8)
SIZE = (208, 160)
COCO = load_skeleton("coco17")
TIED = {4: (1, 3)}
"""A keypoint (person, keypoint) by case whose nearest peak is as high as others that are not among the first 30."""


@cache
def maps(name: str, scale: str) -> Any:
    golden = load("dekr_decode")
    return golden[name].astype(np.float32) * np.float32(golden[scale])


def run_of(case: int) -> Run:
    golden = load("dekr_decode")
    parts = [
        (maps(f"heat{end}_int16", "heat_scale"), maps(f"offset{end}_int16", "offset_scale")) for end in ("", "_flip")
    ]
    straight, mirrored = ([heat[case], offsets[case]] for heat, offsets in parts)
    return Run(1.0, straight, None if golden["kind"][case] == "noflip" else mirrored)


@pytest.mark.parametrize("case", CASES)
def test_people_equal_dekr(case: int) -> None:
    golden, grouping, runs = load("dekr_decode"), CenterGrouping(CenterOffsets(), COCO), [run_of(case)]
    (proposals,) = grouping.proposals(runs, SIZE)
    np.testing.assert_array_equal(proposals, golden["proposals"][case, : golden["proposals_count"][case]])
    people = grouping.people(runs, SIZE)
    count = int(golden["people"][case])
    assert people.poses.shape == (count, 17, 3)
    stable = golden["nms_fragile"][case, :count] == 0
    np.testing.assert_array_equal(people.poses[stable], golden["nms"][case, :count][stable])
    np.testing.assert_allclose(people.scores, golden["scores"][case, :count], atol=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_poses_are_matched_to_heatmaps_as_in_dekr(case: int) -> None:
    golden, count = load("dekr_decode"), int(load("dekr_decode")["people"][case])
    people = CenterGrouping(CenterOffsets(match=True), COCO).people([run_of(case)], SIZE)
    stable = golden["matched_fragile"][case, :count] == 0
    if case in TIED:
        stable[TIED[case]] = False
    np.testing.assert_allclose(people.poses[stable], golden["matched"][case, :count][stable], atol=1e-3)


@pytest.mark.parametrize("case", TIED)
def test_the_tied_keypoint_lies_at_a_peak_that_may_be_chosen(case: int) -> None:
    golden, (person, keypoint), run = load("dekr_decode"), TIED[case], run_of(case)
    grouping = CenterGrouping(CenterOffsets(match=True), COCO)
    own = grouping.people([run], SIZE).poses[person, keypoint, :2]
    other = golden["matched"][case, person, keypoint, :2]
    heatmap = enlarged(grouping._average(run).heatmaps, SIZE)[keypoint]
    values = local_peaks(heatmap[None], window(5), 0).value
    # The score is too low for a fit, so that the keypoint is at the peak itself.
    heights = [heatmap[int(y), int(x)] for x, y in (own, other)]
    assert heights[0] == values[29] < heights[1]
    assert np.count_nonzero(values == values[29]) > np.count_nonzero(values[:30] == values[29])
    before = golden["nms"][case, person, keypoint, :2]
    assert np.linalg.norm(own - before) < np.linalg.norm(other - before)


@pytest.mark.parametrize("case", CASES)
def test_enlarged_heatmaps_equal_dekr(case: int) -> None:
    run = run_of(case)
    average = CenterGrouping(CenterOffsets(), COCO)._average(run)
    sums = enlarged(average.heatmaps, SIZE).sum((1, 2), np.float64)
    np.testing.assert_allclose(sums, load("dekr_decode")["heatmap_sum_channel_sums"][case], atol=1e-3)


@pytest.mark.parametrize("case", CASES)
def test_people_equal_mmpose1(case: int) -> None:
    golden, count = load("dekr_decode_mmpose1"), int(load("dekr_decode_mmpose1")["count"][case])
    spec = CenterOffsets(dialect="mmpose1")
    grouping = CenterGrouping(spec, COCO)
    heatmaps, offsets = maps("heat_int16", "heat_scale")[case], maps("offset_int16", "offset_scale")[case]
    runs = [Run(1.0, [heatmaps, -offsets])]
    (proposals,) = grouping.proposals(runs, SIZE)
    np.testing.assert_allclose(proposals[..., :2], golden["keypoints"][case, :count], atol=1e-4)
    np.testing.assert_array_equal(proposals[:, 0, 2], golden["root_scores"][case, :count])
    keep = [row for row in golden["keep"][case].tolist() if row >= 0]
    wanted = golden["root_scores"][case, :count, None] * golden["keypoint_scores"][case, :count]
    people = grouping.people(runs, SIZE)
    np.testing.assert_allclose(people.poses[..., 2], wanted[keep], atol=2e-6)
    np.testing.assert_allclose(people.poses[..., :2], golden["keypoints"][case, keep], atol=1e-4)


def test_scores_at_other_scales_are_lowered() -> None:
    grouping = CenterGrouping(CenterOffsets(), COCO)
    one, half = np.full((2, 17, 3), 0.8, np.float32), np.full((1, 17, 3), 0.4, np.float32)
    blank = np.zeros((18, 4, 4), np.float32)
    runs = [Run(1.0, [blank]), Run(0.5, [blank])]
    np.testing.assert_allclose(grouping._joined([one, half], runs)[:, 0, 2], [0.8, 0.8, 0.72])


def test_at_most_so_many_people_are_kept() -> None:
    points: Floats = np.random.default_rng(3).uniform(0, 500, (9, 17, 2)).astype(np.float32)
    scores = np.linspace(0.1, 0.9, 9, dtype=np.float32)
    assert same_pose_nms(points, scores, CenterOffsets(max_people=4)) == [8, 7, 6, 5]

"""Similarity, suppression and rescoring compared with original results (tests/golden/codecs/oks_nms.npz)."""

from __future__ import annotations

import numpy as np
import pytest

from app.pose.oks import oks, oks_nms, pose_scores
from tests.app.pose.codecs.test_decode import load


def test_similarity_equals_the_original() -> None:
    case = load("oks_nms")
    for keypoints, areas, wanted in zip(case["keypoints"], case["areas"], case["oks"], strict=True):
        for person in range(len(keypoints)):
            found = oks(keypoints[person], keypoints, areas[person], areas, case["sigmas"])
            np.testing.assert_allclose(found, wanted[person], atol=1e-7)


def test_similarity_of_pairs_is_that_of_each_pair_alone() -> None:
    case = load("oks_nms")
    ones, areas, sigmas = case["keypoints"][0], case["areas"][0], case["sigmas"]
    others, other_areas = ones[::-1], areas[::-1]
    alone = [
        oks(one, other[None], area, np.array([other_area]), sigmas)[0]
        for one, other, area, other_area in zip(ones, others, areas, other_areas, strict=True)
    ]
    assert oks(ones, others, areas, other_areas, sigmas).tolist() == alone


@pytest.mark.parametrize(("threshold", "wanted"), [(0.9, "keep09"), (0.5, "keep05"), (0.9, "m1_keep09")])
def test_suppression_keeps_the_same_people_as_the_original(threshold: float, wanted: str) -> None:
    case = load("oks_nms")
    for keypoints, scores, areas, keep in zip(
        case["keypoints"], case["scores"], case["areas"], case[wanted], strict=True
    ):
        found = oks_nms(keypoints, scores, areas, case["sigmas"], threshold)
        assert found == keep[keep >= 0].tolist()


def test_rescoring_with_suppression_equals_the_original() -> None:
    case = load("oks_nms")
    rows = []
    for image, (keypoints, scores, areas) in enumerate(
        zip(case["keypoints"], case["scores"], case["areas"], strict=True), start=1
    ):
        rescored = pose_scores(scores, keypoints[..., 2])
        rows += [(image, float(rescored[i])) for i in oks_nms(keypoints, rescored, areas, case["sigmas"], 0.9)]
    wanted = case["kept_and_rescored_hard"][:, :2]
    np.testing.assert_allclose(np.array(sorted(rows)), np.array(sorted(map(tuple, wanted))), atol=1e-6)


def test_suppression_of_no_people_gives_no_people() -> None:
    empty = np.empty((0, 17, 3), np.float32)
    assert oks_nms(empty, np.empty(0), np.empty(0), np.ones(17), 0.9) == []
    assert pose_scores(np.empty(0, np.float32), np.empty((0, 17), np.float32)).shape == (0,)

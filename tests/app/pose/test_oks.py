"""Similarity, suppression and rescoring against the originals' own results (tests/golden/codecs/oks_nms.npz)."""

from __future__ import annotations

import numpy as np
import pytest

from app.estimate.oks import oks, oks_nms, pose_scores
from tests.app.estimate.test_decode import load


def test_similarity_is_the_originals() -> None:
    case = load("oks_nms")
    for keypoints, areas, wanted in zip(case["keypoints"], case["areas"], case["oks"], strict=True):
        for person in range(len(keypoints)):
            found = oks(keypoints[person], keypoints, areas[person], areas, case["sigmas"])
            np.testing.assert_allclose(found, wanted[person], atol=1e-7)


@pytest.mark.parametrize(("threshold", "wanted"), [(0.9, "keep09"), (0.5, "keep05"), (0.9, "m1_keep09")])
def test_the_originals_people_stay(threshold: float, wanted: str) -> None:
    case = load("oks_nms")
    for keypoints, scores, areas, keep in zip(
        case["keypoints"], case["scores"], case["areas"], case[wanted], strict=True
    ):
        found = oks_nms(keypoints, scores, areas, case["sigmas"], threshold)
        assert found == keep[keep >= 0].tolist()


def test_rescoring_and_suppression_together_are_the_originals() -> None:
    case = load("oks_nms")
    rows = []
    for image, (keypoints, scores, areas) in enumerate(
        zip(case["keypoints"], case["scores"], case["areas"], strict=True), start=1
    ):
        rescored = pose_scores(scores, keypoints[..., 2])
        rows += [(image, float(rescored[i])) for i in oks_nms(keypoints, rescored, areas, case["sigmas"], 0.9)]
    wanted = case["kept_and_rescored_hard"][:, :2]
    np.testing.assert_allclose(np.array(sorted(rows)), np.array(sorted(map(tuple, wanted))), atol=1e-6)


def test_nobody_is_nobody() -> None:
    empty = np.empty((0, 17, 3), np.float32)
    assert oks_nms(empty, np.empty(0), np.empty(0), np.ones(17), 0.9) == []
    assert pose_scores(np.empty(0, np.float32), np.empty((0, 17), np.float32)).shape == (0,)

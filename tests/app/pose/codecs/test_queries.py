"""Queries are matched to keypoints as PRTR's authors do it, also in a flip test."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from app.core.errors import StanceError
from app.core.skeleton import load_skeleton
from app.inference.model_card import Queries
from app.pose.codecs import codec_of
from app.pose.codecs.codec import MatchingCodec, average

CODEC = codec_of(Queries())


def outputs(people: int = 2, queries: int = 30, keypoints: int = 17) -> list[np.ndarray]:
    random = np.random.default_rng(1)
    probabilities = random.dirichlet(np.ones(keypoints), (people, queries)).astype(np.float32)
    return [probabilities, random.random((people, queries, 2), np.float32)]


def test_each_keypoint_takes_the_query_of_the_best_assignment() -> None:
    given = outputs()
    keypoints, scores = CODEC.decode(given, udp=False)
    for person, probabilities in enumerate(given[0]):
        _, queries = linear_sum_assignment(-probabilities.T)
        np.testing.assert_array_equal(keypoints[person], given[1][person, queries])
        np.testing.assert_array_equal(scores[person], probabilities[queries, np.arange(17)])


def test_no_person_gives_no_keypoints() -> None:
    keypoints, scores = CODEC.decode(outputs(people=0), udp=False)
    assert (keypoints.shape, scores.shape) == ((0, 17, 2), (0, 17))


def test_flip_test_of_the_mirrored_outputs_changes_nothing() -> None:
    order = load_skeleton("coco17").flip_order
    assert isinstance(CODEC, MatchingCodec)
    straight = CODEC.match(outputs())
    mirrored = outputs()
    mirrored[0] = mirrored[0][..., order][:, ::-1]
    mirrored[1] = mirrored[1][:, ::-1] * (-1, 1) + (1, 0)
    back = CODEC.unflip(CODEC.match(mirrored), order, False, 192)
    for one, other in zip(CODEC.decode(average(straight, back), False), CODEC.decode(outputs(), False), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("wrong", [outputs(1)[:1], outputs(1, keypoints=16), [outputs(1)[0], outputs(1)[1][:, :3]]])
def test_other_outputs_are_refused(wrong: list[np.ndarray]) -> None:
    with pytest.raises(StanceError, match=r"net.onnx outputs .* Queries for the 17 keypoints of coco17"):
        CODEC.check(wrong, load_skeleton("coco17"), (192, 256), "net.onnx")

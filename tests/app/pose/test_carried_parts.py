"""Parts of an earlier frame on the bodies of a later one."""

from __future__ import annotations

import numpy as np
import pytest

from app.core.people import Floats
from app.pose.carried_parts import CarriedParts
from app.pose.found_parts import FoundParts

WORLD = np.arange(2 * 2 * 3 * 3, dtype=np.float32).reshape(2, 2, 3, 3)


def places(*rows: tuple[float, float, float]) -> Floats:
    """The wrists (N, 2, 3) of people, left and right in turn."""
    return np.array(rows, np.float32).reshape(-1, 2, 3)


@pytest.fixture
def carried() -> CarriedParts:
    """Both hands of person 4 and the right one of person 7, of three points each."""
    before = places((100, 50, 0.9), (200, 50, 0.9), (300, 50, 0.9), (400, 50, 0.9))
    keypoints = np.zeros((2, 2, 3, 3), np.float32)
    keypoints[..., :2] = before[:, :, None, :2] + np.array([[1, 2], [3, -20], [5, -40]], np.float32)
    keypoints[..., 2] = 0.8
    keypoints[1, 0] = [300, 50, 0]
    return CarriedParts(1.0, [4, 7], before, FoundParts(keypoints, WORLD, np.full((2, 2), 60, np.float32)))


def test_hands_move_with_their_wrists_and_keep_their_shape(carried: CarriedParts) -> None:
    found = carried.to([7, 4], places((310, 50, 0.9), (400, 90, 0.9), (95, 60, 0.9), (200, 50, 0.9)))
    shape = np.array([[1, 2], [3, -20], [5, -40]], np.float32)
    assert np.allclose(found.keypoints[0, 1, :, :2], shape + [400, 90])
    assert np.allclose(found.keypoints[1, 0, :, :2], shape + [95, 60])
    assert np.allclose(found.keypoints[1, 1, :, :2], shape + [200, 50])
    assert found.keypoints[..., 2].tolist() == pytest.approx(np.array([[[0] * 3, [0.8] * 3], [[0.8] * 3] * 2]))
    assert found.keypoints[0, 0, :, :2].tolist() == [[310, 50]] * 3  # not found: at its wrist
    assert found.world is not None
    assert np.array_equal(found.world, WORLD[::-1])
    assert found.sizes.tolist() == [[1, 60], [60, 60]]


def test_a_person_who_was_not_there_has_no_hands_yet(carried: CarriedParts) -> None:
    found = carried.to([9], places((10, 20, 0.9), (30, 40, 0.9)))
    assert not found.keypoints[..., 2].any()
    assert found.keypoints[0, :, 0, :2].tolist() == [[10, 20], [30, 40]]


@pytest.mark.parametrize("is_before", [True, False])
def test_a_hand_does_not_follow_a_wrist_that_is_not_seen(carried: CarriedParts, is_before: bool) -> None:
    unseen, seen = places((100, 50, 0.05), (200, 50, 0.9)), places((100, 50, 0.9), (200, 50, 0.9))
    both = carried.places.copy()
    both[:1] = unseen if is_before else seen
    found = carried._replace(places=both).to([4], seen if is_before else unseen)
    assert (found.keypoints[0, :, 0, 2] > 0).tolist() == [False, True]

"""Hands in space: at the wrists of their body, and steadier than the network's points."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from app.core.people import Floats
from app.core.settings import Settings
from app.pose.found_parts import FoundParts
from app.pose.parts_in_space import PartsInSpace

FPS = 30
WRISTS = [1, 0]
"""The left one is the second keypoint of the body."""
BODY = np.array([[-0.3, 0.4, 0.1, 0.9], [0.3, 0.5, 0.2, 0.8]], np.float32)


def shape(time_s: float) -> Floats:
    """A hand (21, 3) in meters that opens and closes slowly, from its wrist."""
    spread = 0.08 * (1 + 0.3 * np.sin(2 * time_s))
    rows = np.arange(21)
    return (
        np.column_stack([spread * np.cos(rows), spread * np.sin(rows), 0.02 * np.sin(2 * rows)]) * (rows > 0)[:, None]
    )


def hands(world: Floats, present: tuple[float, float] = (0.95, 0.95)) -> FoundParts:
    """Both hands of one person, with the points ``world`` (2, 21, 3) and these scores."""
    keypoints = np.full((1, 2, 21, 3), 100, np.float32)
    keypoints[0, :, :, 2] = np.array(present)[:, None]
    return FoundParts(keypoints, world[None].astype(np.float32), np.full((1, 2), 80, np.float32))


def clip(space: PartsInSpace) -> Iterator[tuple[Floats, Floats, Floats]]:
    """The true hand, the network's one and that of ``space`` (21, 3) in each frame of two seconds."""
    chance = np.random.default_rng(3)
    for index in range(2 * FPS):
        true = shape(index / FPS)
        found = (true + chance.normal(0, 0.004, true.shape) * (np.arange(21) > 0)[:, None]).astype(np.float32)
        (whole,) = space.update(index / FPS, [5], [hands(np.stack([found, found]))], [BODY])
        assert whole is not None
        yield true, found, whole[2:23, :3] - BODY[1, :3]


def test_hands_are_steady_and_follow() -> None:
    rows = [np.stack(frame) for frame in clip(PartsInSpace(WRISTS, Settings()))]
    true, found, steady = np.array(rows[FPS // 2 :]).swapaxes(0, 1)
    trembling = [np.linalg.norm(np.diff(points, n=2, axis=0), axis=-1).mean() for points in (found, steady)]
    assert trembling[1] < 0.7 * trembling[0]
    assert np.linalg.norm(steady - true, axis=-1).mean() < np.linalg.norm(found - true, axis=-1).mean()


def test_hands_begin_at_the_wrists_of_the_body() -> None:
    space = PartsInSpace(WRISTS, Settings())
    for index in range(5):
        body = BODY + np.float32(0.1 * index) * np.array([1, 0, 0, 0], np.float32)
        (whole,) = space.update(index / FPS, [5], [hands(np.stack([shape(0.0)] * 2))], [body])
        assert whole is not None
        np.testing.assert_allclose(whole[[2, 23], :3], body[WRISTS, :3], atol=1e-6)
        np.testing.assert_allclose(whole[2:23, 3], 0.8)  # no surer than the wrist


def test_a_hand_that_was_not_found_has_no_points() -> None:
    space = PartsInSpace(WRISTS, Settings())
    found = hands(np.stack([shape(0.0)] * 2))
    space.update(0.0, [5], [found], [BODY])
    (whole,) = space.update(0.04, [5], [hands(np.zeros((2, 21, 3), np.float32), (0.0, 0.95))], [BODY])
    assert whole is not None
    assert not whole[2:23].any()
    assert (whole[23:, 3] > 0.5).all()


@pytest.mark.parametrize("smooth", ["one-euro", "kalman", "none"])
def test_predicted_hands_are_near_the_last_ones(smooth: str) -> None:
    space = PartsInSpace(WRISTS, Settings(smooth=smooth))  # type: ignore[arg-type]
    found = hands(np.stack([shape(0.0)] * 2))
    for index in range(4):
        (last,) = space.update(index / FPS, [5], [found], [BODY])
    (predicted,) = space.predict(4 / FPS, [found], [BODY])
    assert predicted is not None
    assert last is not None
    np.testing.assert_allclose(predicted, last, atol=0.002)


def test_people_without_points_get_none() -> None:
    space = PartsInSpace(WRISTS, Settings())
    found = hands(np.stack([shape(0.0)] * 2))
    assert space.update(0.0, [5], [found], [None]) == [None]
    assert space.predict(0.1, [found], [None]) == [None]

"""Bodies and poses made from true motions."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from app.core.people import Floats
from app.evaluate.motions import load_motions
from tests.app.evaluate.test_motions import walk
from training.lift.bodies import ROW, height_of, make_pool, rescaled, with_upper_body

ARM, LEG = ("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle", "heel")


@pytest.fixture
def poses(tmp_path: Path) -> Floats:
    points = load_motions(walk(tmp_path / "walk.npz"))[0].points
    return (points - points[:, ROW["hip"], None]).astype(np.float32)


def lengths(points: Floats, side: str, chain: tuple[str, ...]) -> list[float]:
    rows = [ROW[f"{side}_{name}"] for name in chain]
    return [float(np.linalg.norm(points[0, a] - points[0, b])) for a, b in pairwise(rows)]


def test_limbs_change_by_up_to_an_eighth_and_both_sides_alike(poses: Floats) -> None:
    changes: list[float] = []
    for seed in range(20):
        body = rescaled(poses, np.random.default_rng(seed)) * np.float32(height_of(poses))
        for chain in (ARM, LEG):
            before, left, right = lengths(poses, "left", chain), *(lengths(body, s, chain) for s in ("left", "right"))
            assert left == pytest.approx(right, rel=1e-4)
            changes.extend(np.array(left) / before)
    assert min(changes) < 0.93
    assert max(changes) > 1.07
    assert min(changes) > 0.75
    assert max(changes) < 1.3


def test_every_body_is_one_high(poses: Floats) -> None:
    assert height_of(rescaled(poses, np.random.default_rng(3))) == pytest.approx(1, rel=1e-5)


def test_arms_of_another_motion_turn_with_the_trunk(poses: Floats) -> None:
    turned = poses @ np.array([[0, 0, -1], [0, 1, 0], [1, 0, 0]], np.float32)
    assert with_upper_body(turned, poses) == pytest.approx(turned, abs=1e-5)
    raised = poses.copy()
    raised[:, ROW["left_wrist"], 1] += 0.5
    mixed = with_upper_body(turned, raised)
    assert mixed[:, ROW["left_wrist"]] - turned[:, ROW["left_wrist"]] == pytest.approx(
        np.tile([0, 0.5, 0], (120, 1)), abs=1e-5
    )


def test_rows_of_a_pool_know_their_motion(tmp_path: Path) -> None:
    motion = load_motions(walk(tmp_path / "walk.npz"))[0]
    pool = make_pool([motion, motion], np.random.default_rng(0))
    assert len(pool.points) == 240
    assert (pool.starts == np.repeat([0, 120], 120)).all()
    assert (pool.ends == np.repeat([119, 239], 120)).all()

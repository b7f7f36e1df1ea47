"""The floor line, found from true motions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.analysis.floor import SOLES, find_floor
from app.core.skeleton import load_skeleton
from app.evaluate.motions import Filmed
from tests.app.analysis.mocap import filmed, rolled

ON_FLAT_FLOOR = ("02_01", "02_04", "02_05", "02_06", "02_07", "02_09", "02_10")


def soles_on_the_floor(one: Filmed) -> float:
    """The mean row of heels and toes while they are less than 8 cm above the floor of the motion, in pixels."""
    rows = [one.motion.skeleton.names.index(f"{side}_{part}") for side in ("left", "right") for part in SOLES]
    low = one.motion.points[:, rows, 1] < 0.08
    return float(one.truth[:, rows, 1][low].mean())


@pytest.mark.parametrize("name", ON_FLAT_FLOOR)
def test_floor_lies_where_the_feet_stand(shared: Path, name: str) -> None:
    """Within 1.5 percent of the body height of where they really do, which is 2.6 cm."""
    one = filmed(shared / "mocap" / "cmu60.npz", name)
    floor = find_floor(one.motion.times_s, one.keypoints, one.motion.skeleton, one.height_px)
    assert floor is not None
    middle = float(np.nanmean(one.truth[..., 0]))
    row = floor.y - np.tan(np.radians(floor.slope_degrees)) * middle
    assert row == pytest.approx(soles_on_the_floor(one), abs=0.015 * one.height_px)


@pytest.mark.parametrize("degrees", [-5.0, 0.0, 8.0])
def test_slope_of_the_floor_is_found_where_somebody_walks(shared: Path, degrees: float) -> None:
    one = filmed(shared / "mocap" / "cmu60.npz", "02_01")
    floor = find_floor(one.motion.times_s, rolled(one.keypoints, degrees), one.motion.skeleton, one.height_px)
    assert floor is not None
    assert floor.slope_degrees == pytest.approx(degrees, abs=1.0)


def test_floor_is_level_where_somebody_stands_or_climbs(shared: Path) -> None:
    for name in ("02_05", "01_04"):
        one = filmed(shared / "mocap" / "cmu60.npz", name)
        floor = find_floor(one.motion.times_s, one.keypoints, one.motion.skeleton, one.height_px)
        assert floor is not None
        assert floor.slope_degrees == 0.0


def test_given_slope_is_kept(shared: Path) -> None:
    one = filmed(shared / "mocap" / "cmu60.npz", "02_05")
    turned = rolled(one.keypoints, 4.0)
    floor = find_floor(one.motion.times_s, turned, one.motion.skeleton, one.height_px, slope_degrees=4.0)
    level = find_floor(one.motion.times_s, one.keypoints, one.motion.skeleton, one.height_px)
    assert floor is not None
    assert level is not None
    (x, y), turn = (960.0, 540.0), np.radians(4.0)
    expected = y + (level.y - y) * np.cos(turn) + np.tan(turn) * (x + (level.y - y) * np.sin(turn))
    assert floor.slope_degrees == 4.0
    assert floor.y == pytest.approx(expected, abs=0.01 * one.height_px)


def test_ankles_stand_above_the_floor() -> None:
    """Without heels and toes, the floor is 3.9 percent of the body height below the ankles."""
    coco = load_skeleton("coco17")
    keypoints = np.ones((30, 17, 3), np.float32)
    keypoints[:, [coco.names.index(f"{side}_ankle") for side in ("left", "right")], 1] = 700.0
    floor = find_floor(np.arange(30) / 30, keypoints, coco, 500.0)
    assert floor is not None
    assert floor.y == pytest.approx(700 + 0.039 * 500, abs=0.1)


def test_hidden_feet_have_no_floor() -> None:
    keypoints = np.zeros((10, 26, 3), np.float32)
    assert find_floor(np.arange(10) / 30, keypoints, load_skeleton("halpe26"), 400.0) is None


def test_feet_that_slide_on_a_treadmill_have_a_floor() -> None:
    """The belt moves the standing foot all the time: it never rests."""
    halpe = load_skeleton("halpe26")
    times = np.arange(300) / 60
    keypoints = np.zeros((300, 26, 3), np.float32)
    for side, phase in (("left", 0.0), ("right", np.pi)):
        for part in SOLES:
            row, turn = halpe.names.index(f"{side}_{part}"), 2 * np.pi * times + phase
            lift = 60 * np.maximum(-np.sin(turn), 0)
            keypoints[:, row] = np.stack([500 + 200 * np.cos(turn), 800 - lift, np.ones(300)], axis=1)
    floor = find_floor(times, keypoints, halpe, 500.0)
    assert floor is not None
    assert floor.y == pytest.approx(800, abs=8)

"""Events measured in filmed motions are those of the motions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.analysis.facing import facing_of
from app.analysis.scale import Scale
from app.evaluate.motion_events import KEYS, event_figures, true_events
from app.evaluate.motions import Motion, film, load_motions


@pytest.fixture(scope="module")
def motions() -> dict[str, Motion]:
    path = Path(__file__).resolve().parents[4] / "shared" / "mocap" / "cmu60.npz"
    if not path.is_file():
        pytest.skip("the true motions are not beside this checkout")
    return {motion.name: motion for motion in load_motions(path)}


def figures(motion: Motion, seed: int = 0) -> dict[str, float]:
    filmed = film(motion, "side", seed)
    keypoints = filmed.with_own_legs
    facing = facing_of(motion.times_s, keypoints, motion.skeleton)
    return event_figures(filmed, keypoints, Scale(motion.height_m / filmed.height_px), facing)


def test_a_walk(motions: dict[str, Motion]) -> None:
    truth = true_events(motions["02_01"])
    assert truth.gait.cadence == pytest.approx(108, abs=2)  # 5 steps in 2.8 s
    assert truth.gait.duty_factor("right") == pytest.approx(0.6, abs=0.03)
    found = figures(motions["02_01"])
    assert found["contacts_missed_pct"] == 0
    assert found["contact_frames_median"] <= 1
    assert found["contact_frames_p95"] <= 2
    assert np.mean([figures(motions["02_01"], seed)["cadence_error_pct"] for seed in range(4)]) <= 1  # of 5 steps each
    assert found["stride_error_pct"] <= 4
    assert found["speed_error_pct"] <= 4


def test_jumps(motions: dict[str, Motion]) -> None:
    assert len(true_events(motions["01_01"]).jumps) == 10  # as in its video
    assert len(true_events(motions["02_04"]).jumps) == 1
    for name in ("01_01", "02_04"):
        found = figures(motions[name])
        assert found["jump_height_error_cm"] <= 3
        assert found["jump_height_by_flight_error_cm"] <= 3
        assert found["contact_frames_median"] <= 1


def test_what_is_not_there_has_no_error(motions: dict[str, Motion]) -> None:
    found = figures(motions["02_05"])  # standing and punching
    assert set(found) == set(KEYS)
    assert np.isnan(list(found.values())).all()


def test_swapped_legs_and_lost_feet_are_told(motions: dict[str, Motion]) -> None:
    filmed = film(motions["02_01"], "side", 0)
    without = filmed.with_own_legs
    feet = [row for row, name in enumerate(motions["02_01"].skeleton.names) if "toe" in name or "heel" in name]
    without[:, feet, 2] = 0
    found = event_figures(filmed, without)
    assert found["contacts_missed_pct"] == 100
    assert found["cadence_error_pct"] == 100

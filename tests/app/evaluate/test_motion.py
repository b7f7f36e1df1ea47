"""Figures of filmed motions: angle errors, jumps and swaps against the truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from app.evaluate.__main__ import main
from app.evaluate.motion_angles import compare_angles, jumps, true_angles
from app.evaluate.motion_steadiness import steadiness_figures
from app.evaluate.motion_swaps import count_swaps
from app.evaluate.motions import Motion, film, load_motions
from tests.app.evaluate.test_motions import walk


@pytest.fixture
def motion(tmp_path: Path) -> Motion:
    return load_motions(walk(tmp_path / "walk.npz"))[0]


def test_a_jump_is_a_leap_of_the_angle_without_one_of_the_truth() -> None:
    truth = np.array([[0.0], [5], [10], [80], [80], [80], [80]])
    measured = np.array([[0.0], [100], [5], [80], [np.nan], [150], [-175]])
    known = np.isfinite(measured)
    assert jumps(truth, measured, known).tolist() == [False, True, True, False, False, True, False]


def test_true_angles_have_no_error_and_hidden_ones_do_not_count(motion: Motion) -> None:
    measured = true_angles(motion)
    measured[:60] = np.nan
    figures = compare_angles(motion, measured + 3)
    assert figures.errors == pytest.approx(np.full(len(figures.names), 3.0))
    assert figures.shown == pytest.approx(0.5)
    assert figures.jumps == 0


def test_swaps_are_counted_where_the_legs_are_apart(motion: Motion) -> None:
    filmed = next(made for seed in range(20) if (made := film(motion, "front", seed)).swapped.any())
    none = np.zeros(len(filmed.swapped), bool)
    injected = int((np.diff(filmed.swapped.astype(int)) == 1).sum())
    assert count_swaps(filmed, none)["swaps_left"] == count_swaps(filmed, none)["swaps_injected"] == injected
    undone = count_swaps(filmed, filmed.swapped)
    assert (undone["swaps_left"], undone["swaps_made"], undone["frames_swapped"]) == (0, 0, 0)
    wrong = filmed.swapped.copy()
    free = int(np.flatnonzero(~filmed.swapped)[0])
    wrong[free] = True
    assert count_swaps(filmed, wrong)["swaps_made"] == 1


@pytest.mark.parametrize("camera", ["side", "front"])
def test_command_prints_the_same_figures_each_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], camera: str
) -> None:
    file = str(walk(tmp_path / "walk.npz"))
    printed = []
    for _ in range(2):
        assert main(["motion", "--motions", file, "--camera", camera, "--json"]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    figures = json.loads(printed[0])
    assert {"angle_mae_deg", "angles", "jumps", "swaps_injected", "swaps_left", "swaps_made"} <= figures.keys()
    assert figures["before"].keys() <= figures.keys()
    if camera == "side":
        assert figures["angle_mae_deg"] <= figures["before"]["angle_mae_deg"] < 10
    assert main(["motion", "--motions", file]) == 0
    assert "1 motions, 2 s, camera: side" in capsys.readouterr().out


def test_another_seed_makes_other_noise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, printed = str(walk(tmp_path / "walk.npz")), []
    for seed in ("0", "1"):
        assert main(["motion", "--motions", file, "--seed", seed, "--json"]) == 0
        printed.append(json.loads(capsys.readouterr().out))
    assert printed[0]["angle_mae_deg"] != printed[1]["angle_mae_deg"]
    assert main(["motion", "--motions", file, "--seed", "-1"]) == 2
    assert "--seed is -1: wanted a whole number from 0 on." in capsys.readouterr().err


def test_motions_have_to_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["motion"]) == 2
    assert "wanted --motions FILE.npz" in capsys.readouterr().err


def test_smoothing_is_measured_against_the_truth(motion: Motion) -> None:
    filmed = film(motion, "side")
    nothing = steadiness_figures(filmed, filmed.keypoints, filmed.keypoints)
    assert nothing == {"acceleration_cut_pct": 0, "error_change_pct": 0}
    halved = filmed.keypoints.copy()
    halved[..., :2] = (filmed.keypoints[..., :2] + filmed.truth) / 2
    half = steadiness_figures(filmed, filmed.keypoints, halved)
    assert half["acceleration_cut_pct"] == pytest.approx(50, abs=0.1)
    assert half["error_change_pct"] == pytest.approx(-50, abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("camera", ["side", "oblique"])
def test_no_angle_jumps_on_true_motions(shared: Path, capsys: pytest.CaptureFixture[str], camera: str) -> None:
    file = shared / "mocap" / "cmu60.npz"
    assert main(["motion", "--motions", str(file), "--camera", camera, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["before"]["jumps"] > 500
    assert figures["jumps"] == 0
    assert figures["angles_shown_pct"] > 80
    assert figures["angle_mae_deg"] < 0.65 * figures["before"]["angle_mae_deg"]
    assert figures["swaps_left"] + figures["swaps_made"] <= 0.05 * figures["swaps_injected"]
    assert figures["acceleration_cut_pct"] > 85
    assert figures["error_change_pct"] < 0

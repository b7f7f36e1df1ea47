"""Errors of poses compared with VideoPose3D's own functions (tests/golden/codecs2)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from app.evaluate.pose_errors import Values, mpjpe, n_mpjpe, p_mpjpe, velocity_error
from tests.conftest import GOLDEN

FUNCTIONS = {"mpjpe": mpjpe, "p_mpjpe": p_mpjpe, "n_mpjpe": n_mpjpe}


@pytest.fixture(scope="module")
def golden() -> dict[str, Values]:
    with np.load(GOLDEN / "codecs2" / "lifting3d.npz", allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_errors_are_those_of_videopose3d(golden: dict[str, Values], name: str) -> None:
    function: Callable[[Values, Values], Values] = FUNCTIONS[name]
    errors = function(golden["pred"].astype(np.float64), golden["target"].astype(np.float64))
    assert errors == pytest.approx(golden[name], abs=3e-7)  # the original computes some in single precision
    assert errors.mean() == pytest.approx(float(golden[f"{name}_all"]), abs=1e-7)


def test_velocity_error_is_that_of_videopose3d(golden: dict[str, Values]) -> None:
    error = velocity_error(golden["pred"].astype(np.float64), golden["target"].astype(np.float64))
    assert error == pytest.approx(float(golden["mean_velocity_error"]), abs=1e-12)


def test_a_mirrored_pose_is_not_turned_into_the_true_one() -> None:
    true = np.random.default_rng(0).normal(size=(1, 15, 3))
    assert p_mpjpe(true @ np.diag([-1.0, 1, -1]) * 3 + 7, true) == pytest.approx([0], abs=1e-12)
    assert p_mpjpe(true * [-1, 1, 1], true)[0] > 0.3

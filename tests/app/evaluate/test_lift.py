"""Errors of lifters on true motions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.core.people import Floats
from app.evaluate.__main__ import main
from app.evaluate.lift import measure, pooled
from app.evaluate.lift_views import CAMERAS, lift_views
from app.evaluate.motions import Motion, load_motions
from app.pose.model import TrackWindow
from tests.app.evaluate.test_motions import walk


@pytest.fixture
def motion(tmp_path: Path) -> Motion:
    return load_motions(walk(tmp_path / "walk.npz"))[0]


def test_pictures_show_the_points(motion: Motion) -> None:
    for view in lift_views(motion):
        found = view.window.keypoints[..., 2] >= 0.3
        shown = view.window.keypoints[..., :2] - np.array(view.window.size) / 2
        for axis, sign in ((0, 1), (1, -1)):
            assert np.corrcoef(shown[found][:, axis], sign * view.true[found][:, axis])[0, 1] > 0.95
        assert 1 - found.mean() == pytest.approx(0.03, abs=0.01)


def test_cameras_look_from_four_sides(motion: Motion) -> None:
    names = motion.skeleton.names
    across = [
        view.true[0, names.index("left_hip")] - view.true[0, names.index("right_hip")] for view in lift_views(motion)
    ]
    angles = np.unwrap([np.arctan2(-way[2], way[0]) for way in across])
    assert np.abs(np.diff(angles)) == pytest.approx(
        np.full(CAMERAS - 1, np.pi / 2), abs=0.1
    )  # they look down differently


def test_true_points_have_no_error_and_larger_ones_none_of_the_pose(motion: Motion) -> None:
    known = {float(view.window.keypoints[0, 0, 0]): view.true for view in lift_views(motion)}

    def lift(window: TrackWindow) -> Floats:
        true = known[float(window.keypoints[0, 0, 0])]
        return np.concatenate([true, np.ones((*true.shape[:2], 1))], axis=2).astype(np.float32)

    perfect = pooled(measure(lift, motion, None))
    assert [perfect[key] for key in ("mpjpe", "p_mpjpe", "n_mpjpe", "velocity")] == pytest.approx([0] * 4, abs=1e-2)
    larger = pooled(measure(lift, motion, motion.height_m / 1.1))
    assert (larger["p_mpjpe"], larger["n_mpjpe"]) == pytest.approx((0, 0), abs=1e-2)
    assert 30 < larger["mpjpe"] < 100


def test_motions_have_to_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lift"]) == 2
    assert "wanted --motions FILE.npz" in capsys.readouterr().err

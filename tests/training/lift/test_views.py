"""Samples for the training of a lifter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.evaluate.motions import load_motions
from tests.app.evaluate.test_motions import walk
from training.lift.bodies import ROW, make_pool
from training.lift.views import Sampler, Samples


@pytest.fixture
def samples(tmp_path: Path) -> Samples:
    chance = np.random.default_rng(0)
    return Sampler(make_pool(load_motions(walk(tmp_path / "walk.npz")), chance), chance).take(2000)


def test_what_is_wanted_is_where_the_picture_shows_it(samples: Samples) -> None:
    shown, seen = samples.inputs[:, 0, :, :2], samples.inputs[:, 0, :, 2] > 0
    for name in ("left_shoulder", "right_ankle"):
        row = ROW[name]
        known = seen[:, row] & seen[:, ROW["left_hip"]] & seen[:, ROW["right_hip"]]
        found, true = shown[known, row], samples.wanted[known, row]
        assert np.corrcoef(found[:, 0], true[:, 0])[0, 1] > 0.95
        assert (np.sign(found[:, 1]) == -np.sign(true[:, 1])).all()  # y is down in pictures


def test_cameras_are_all_round(samples: Samples) -> None:
    across = samples.wanted[:, ROW["left_hip"]] - samples.wanted[:, ROW["right_hip"]]
    angles = np.arctan2(across[:, 2], across[:, 0])
    assert np.histogram(angles, 8, (-np.pi, np.pi))[0].min() > 180


def test_keypoints_are_missing_alone_and_in_groups(samples: Samples) -> None:
    seen = samples.inputs[..., 2]
    assert seen[:, :, ROW["left_shoulder"]].mean() == pytest.approx(0.97, abs=0.01)
    assert 0.6 < seen[:, :, ROW["left_heel"]].mean() < 0.8
    assert (samples.inputs[..., :2][seen == 0] == 0).all()


def test_frames_before_the_first_known_one_are_that_one(samples: Samples) -> None:
    single = (samples.inputs[:, 1:] == samples.inputs[:, :1]).all(axis=(1, 2, 3))
    assert single.mean() == pytest.approx(0.3, abs=0.04)

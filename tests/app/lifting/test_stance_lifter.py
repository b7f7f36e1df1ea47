"""The lifter that comes with Stance."""

from __future__ import annotations

import numpy as np
import pytest

from app.core.people import Floats
from app.core.skeleton import load_skeleton
from app.evaluate.lift import measure, pooled
from app.evaluate.lift_views import lift_views
from app.evaluate.motions import Motion, load_motions
from app.lifting.network_lifter import NetworkLifter, open_network_lifter
from app.lifting.open_lifter import DEFAULT, default_file, open_lifter
from app.pose.model import TrackWindow
from tests.conftest import GOLDEN

MPJPE_MM, P_MPJPE_MM, VELOCITY_MM = 42, 36, 22
"""Errors on the golden walk that are not exceeded."""
COCO_M = 0.06
"""The same of single keypoints from those of coco17 alone, without the face."""


@pytest.fixture(scope="module")
def motion() -> Motion:
    return load_motions(GOLDEN / "motions" / "walk.npz")[0]


@pytest.fixture(scope="module")
def lifter() -> NetworkLifter:
    return open_network_lifter(default_file(), load_skeleton("halpe26"))


def test_a_walk_is_lifted_as_exactly_as_stated(lifter: NetworkLifter, motion: Motion) -> None:
    figures = pooled(measure(lifter.lift, motion, lifter.card.unit))
    assert figures["mpjpe"] < MPJPE_MM
    assert figures["p_mpjpe"] < P_MPJPE_MM
    assert figures["velocity"] < VELOCITY_MM


def test_file_is_small_and_states_what_it_is() -> None:
    assert default_file().stat().st_size < 4_000_000
    card = open_network_lifter(default_file(), load_skeleton("coco17")).card
    assert "CMU Graphics Lab Motion Capture Database" in card.data
    assert "which it has not learned from: MPJPE" in card.provenance.ap_setting
    assert "One camera" in card.limits


def test_keypoints_of_coco_are_enough(motion: Motion) -> None:
    coco = load_skeleton("coco17")
    rows = [motion.skeleton.names.index(name) for name in coco.names]
    lifter = open_lifter(DEFAULT, coco)
    assert isinstance(lifter, NetworkLifter)
    view = lift_views(motion)[0]
    points = lifter.lift(_with(view.window, view.window.keypoints[:, rows]))
    true = view.true[:, rows]
    height = motion.height_m / lifter.card.unit
    assert np.linalg.norm(points[:, 5:, :3] * height - true[:, 5:], axis=-1).mean() < COCO_M


def test_mirrored_person_has_mirrored_points(lifter: NetworkLifter, motion: Motion) -> None:
    window = lift_views(motion)[1].window
    order = motion.skeleton.flip_order
    mirrored = window.keypoints[:, order] * np.array([-1, 1, 1], np.float32)
    mirrored[..., 0] += window.size[0] - 1
    points, found = lifter.lift(window), lifter.lift(_with(window, mirrored))
    assert found[:, order] * [-1, 1, 1, 1] == pytest.approx(points, abs=1e-3)


def _with(window: TrackWindow, keypoints: Floats) -> TrackWindow:
    return TrackWindow(window.id, window.times_s, keypoints, window.boxes, window.size)

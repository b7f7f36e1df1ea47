"""Fractions of correct keypoints and limbs, against values computed by hand and by other implementations."""

from __future__ import annotations

import numpy as np
import pytest

from app.core.skeleton import load_skeleton
from app.evaluate.pck import head_sizes, pck, pckh, pcp, pdj, torso_sizes, within
from tests.conftest import GOLDEN

TRUTH = np.array([[[0, 0], [30, 0], [0, 40]], [[10, 10], [10, 20], [50, 50]]], np.float64)
# Distances 0, 5 (3-4-5), 10; then 4, 8, and one not labeled.
FOUND = TRUTH + np.array([[[0, 0], [3, 4], [10, 0]], [[0, 4], [8, 0], [0, 0]]])
LABELED = np.array([[True, True, True], [True, True, False]])
BOXES = np.array([[0, 0, 30, 50], [0, 0, 40, 20]], np.float64)  # longer sides 50 and 40


def test_pck_is_relative_to_the_longer_side() -> None:
    metrics = pck(TRUTH, FOUND, LABELED, BOXES, 0.1)  # within 5 and 4
    assert metrics.each.tolist() == [1.0, 0.5, 0.0]
    assert metrics.counted.tolist() == [2, 2, 1]
    assert metrics.all == pytest.approx(3 / 5)
    assert pck(TRUTH, FOUND, LABELED, BOXES, 0.2).all == 1.0  # within 10 and 8


def test_person_not_found_misses_all_labelled_keypoints() -> None:
    found = FOUND.copy()
    found[1] = np.nan
    metrics = pck(TRUTH, found, LABELED, BOXES, 0.2)
    assert metrics.each.tolist() == [0.5, 0.5, 1.0]
    assert metrics.all == pytest.approx(3 / 5)


def test_people_without_a_size_do_not_count() -> None:
    metrics = pckh(TRUTH, FOUND, LABELED, np.array([np.nan, 16.0]), 0.5)  # within 8
    assert metrics.counted.tolist() == [1, 1, 0]
    assert metrics.each[:2].tolist() == [1.0, 1.0]
    assert np.isnan(metrics.each[2])


def test_pdj_is_relative_to_the_torso() -> None:
    metrics = pdj(TRUTH, FOUND, LABELED, np.array([25.0, 20.0]), 0.2)  # within 5 and 4
    assert metrics.each.tolist() == [1.0, 0.5, 0.0]


def test_pcp_needs_both_ends_within_half_the_limb() -> None:
    # Person 1: limb 0-1 is 30 long, errors 0 and 5; limb 0-2 is 40 long, errors 0 and 10.
    # Person 2: limb 0-1 is 10 long: 4 is within 5, 8 is not; limb 0-2 is not labeled at one end.
    metrics = pcp(TRUTH, FOUND, LABELED, [(0, 1), (0, 2)])
    assert metrics.each.tolist() == [0.5, 1.0]
    assert metrics.counted.tolist() == [2, 1]
    assert metrics.all == pytest.approx(2 / 3)
    assert pcp(TRUTH, FOUND, LABELED, [(0, 2)], 0.2).all == 0.0  # 10 is more than 0.2 x 40


def test_no_people_give_nan() -> None:
    metrics = pck(np.empty((0, 3, 2)), np.empty((0, 3, 2)), np.empty((0, 3), bool), np.empty((0, 4)), 0.1)
    assert np.isnan(metrics.all)
    assert np.isnan(metrics.each).all()


def test_head_size_is_the_distance_of_head_and_neck() -> None:
    skeleton = load_skeleton("mpii16")
    truth = np.zeros((2, 16, 2))
    truth[:, skeleton.names.index("head_top")] = 3, 4
    labeled = np.ones((2, 16), bool)
    labeled[1, skeleton.names.index("upper_neck")] = False
    sizes = head_sizes(truth, labeled, skeleton.names)
    assert sizes[0] == 5.0
    assert np.isnan(sizes[1])


def test_head_size_of_coco_comes_from_the_face() -> None:
    skeleton = load_skeleton("coco17")
    truth = np.zeros((2, 17, 2))
    truth[0, [0, 3, 4]] = [[10, 5], [0, 0], [20, 0]]  # nose, left ear, right ear: the ears are furthest apart
    labeled = np.zeros((2, 17), bool)
    labeled[0, [0, 3, 4]] = True
    labeled[1, 0] = True
    sizes = head_sizes(truth, labeled, skeleton.names)
    assert sizes[0] == pytest.approx(32)  # 1.6 x 20
    assert np.isnan(sizes[1])


def test_head_box_takes_precedence() -> None:
    names = load_skeleton("coco17").names
    sizes = head_sizes(np.zeros((2, 17, 2)), np.ones((2, 17), bool), names, [np.array([0.0, 0, 30, 40]), None])
    assert sizes.tolist() == [pytest.approx(30), 0.0]  # 0.6 x 50


def test_torso_size_is_left_shoulder_to_right_hip() -> None:
    skeleton = load_skeleton("coco17")
    truth = np.zeros((1, 17, 2))
    truth[0, skeleton.names.index("right_hip")] = 6, 8
    assert torso_sizes(truth, np.ones((1, 17), bool), skeleton.names).tolist() == [10.0]
    assert np.isnan(torso_sizes(truth, np.zeros((1, 17), bool), skeleton.names)).all()
    assert np.isnan(torso_sizes(np.zeros((1, 21, 2)), np.ones((1, 21), bool), load_skeleton("hand21").names)).all()


def test_pckh_matches_mpii_evaluation() -> None:
    with np.load(GOLDEN / "codecs" / "mpii_pckh.npz") as data:
        found = data["preds_0based"] + 1.0
        truth = data["gt_1based"].transpose(2, 0, 1)
        labeled = data["jnt_missing"].T == 0
        heads = head_sizes(truth, labeled, (), [np.concatenate(box) for box in data["headboxes"].transpose(2, 0, 1)])
        names = [str(name) for name in data["dataset_joints"]]
        wanted = dict(zip([str(name) for name in data["result_names"]], data["result"] / 100, strict=True))
    metrics = pckh(truth, found, labeled, heads, 0.5)
    groups = {
        "Head": ["head"],
        "Shoulder": ["lsho", "rsho"],
        "Elbow": ["lelb", "relb"],
        "Wrist": ["lwri", "rwri"],
        "Hip": ["lhip", "rhip"],
        "Knee": ["lkne", "rkne"],
        "Ankle": ["lank", "rank"],
    }
    for group, members in groups.items():
        mean = np.mean([metrics.each[names.index(member)] for member in members])
        assert mean == pytest.approx(wanted[group], abs=1e-6), group
    counted = [i for i, name in enumerate(names) if name not in ("pelv", "thor")]  # MPII's mean leaves these out
    for alpha, name in ((0.5, "Mean"), (0.11, "Mean@0.1")):  # its code reads the threshold table one step too far
        mean = pckh(truth[:, counted], found[:, counted], labeled[:, counted], heads, alpha).all
        assert mean == pytest.approx(wanted[name], abs=1e-6)


def test_pck_matches_mmpose() -> None:
    with np.load(GOLDEN / "codecs" / "mmpose0.npz") as data:
        scale = data["metric_norm"][:, None]
        truth, found = data["metric_gt"] / scale, data["metric_pred"] / scale
        metrics = within(truth, found, data["metric_mask"] > 0, np.ones(len(truth)), 0.2)
        assert metrics.each == pytest.approx(data["metric_pck02_per_joint"], abs=1e-6)
        assert metrics.each.mean() == pytest.approx(float(data["metric_pck02"]), abs=1e-6)

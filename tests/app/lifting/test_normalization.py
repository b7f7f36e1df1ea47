"""Pixels become the numbers that the original implementations feed (golden arrays of VideoPose3D and MMPose)."""

from __future__ import annotations

import numpy as np

from app.inference.lifter_card import LifterCard
from app.lifting.normalization import fit_to_usual_place, normalize_screen, to_inputs, to_meters
from tests.conftest import GOLDEN

CODECS = GOLDEN / "codecs2"


def test_screen_coordinates_are_those_of_videopose3d() -> None:
    with np.load(CODECS / "lifting3d.npz") as golden:
        for size, pixels, wanted in zip(
            golden["screen_wh"], golden["screen_px"], golden["screen_normalized"], strict=True
        ):
            found = normalize_screen(pixels, np.broadcast_to(size.astype(np.float64), pixels.shape))
            np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_inputs_are_those_of_mmposes_video_lifting() -> None:
    card = LifterCard("video", "h36m17", "h36m17", history=(1, 1))
    with np.load(CODECS / "lifting_codecs_mmpose1.npz") as golden:
        for kind in ("video", "video_noroot", "video_cam"):
            keypoints = np.concatenate([golden[f"{kind}_keypoints"], np.ones((3, 17, 1))], axis=2)[None]
            found = to_inputs(keypoints.astype(np.float32), np.array([[1000, 1002]], np.float32), card)
            labels = golden[f"{kind}_labels"].reshape(17, 2, 3).transpose(2, 0, 1)
            np.testing.assert_allclose(found[0], labels, atol=2e-6)


def test_inputs_and_outputs_are_those_of_mmposes_image_lifting() -> None:
    with np.load(CODECS / "lifting_codecs_mmpose1.npz") as golden:
        card = LifterCard(
            "image",
            "h36m17",
            "h36m16",
            normalization="standard",
            mean=tuple(map(tuple, golden["image_keypoints_mean"].tolist())),
            std=tuple(map(tuple, golden["image_keypoints_std"].tolist())),
            target_mean=tuple(map(tuple, golden["image_target_mean"].tolist())),
            target_std=tuple(map(tuple, golden["image_target_std"].tolist())),
            axes="stance",
        )
        keypoints = np.concatenate([golden["image_keypoints"], np.ones((1, 17, 1))], axis=2)[None]
        found = to_inputs(keypoints.astype(np.float32), np.array([[1000, 1002]], np.float32), card)
        np.testing.assert_allclose(found.reshape(-1), golden["image_labels"][:, 0], atol=1e-5)
        points = to_meters(golden["image_target_label"].astype(np.float32), card)
        wanted = golden["image_decoded"][:, 1:] - golden["image_target_root"]
        np.testing.assert_allclose(points, wanted, atol=1e-5)


def test_meters_of_a_camera_are_turned_upright_and_toward_it() -> None:
    card = LifterCard("camera", "h36m17", "h36m17", unit=0.001)
    outputs = np.zeros((1, 17, 3), np.float32)
    outputs[0, 10] = [100, -700, 50]  # a head to the right of the pelvis, above it, and behind it
    np.testing.assert_allclose(to_meters(outputs, card)[0, 10], [0.1, 0.7, -0.05], atol=1e-6)


def test_a_person_is_fitted_to_the_usual_place_whatever_its_place_and_size() -> None:
    keypoints = np.random.default_rng(1).uniform(0, 300, (2, 5, 17, 3)).astype(np.float32)
    keypoints[..., 2] = 1
    moved = keypoints * np.array([3, 3, 1], np.float32) + np.array([400, 90, 0], np.float32)
    np.testing.assert_allclose(fit_to_usual_place(moved), fit_to_usual_place(keypoints), atol=1e-2)
    fitted = fit_to_usual_place(keypoints[:, :1])
    extent = np.ptp(fitted[:, 0], axis=1).max(axis=1)
    np.testing.assert_allclose(extent, 400, atol=1e-2)

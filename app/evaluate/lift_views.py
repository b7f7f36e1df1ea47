"""True motions in the pictures of cameras that go along, for measuring lifters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.core.people import Floats
from app.evaluate.motions import FOCAL, MISSING_SCORES, SIZE, Motion, Values
from app.pose.model import TrackWindow

CAMERAS = 4
"""Cameras of each motion, a quarter turn apart."""
PITCH_DEGREES = (-15.0, 25.0)
"""Range of the direction in which a camera looks, downward positive."""
DISTANCE_M = (2.5, 7.0)
NOISE = 0.01
"""Standard deviation of keypoints, as a fraction of the person's height in the picture."""
MISSING = 0.03
"""Fraction of the keypoints that are not found."""


@dataclass(frozen=True, slots=True)
class LiftView:
    """A motion of T frames as one camera sees it.

    ``window`` are the keypoints as a network would find them, ``true`` (T, K, 3) the points in meters around the
    pelvis: x to the right as the camera sees it, y up, z toward the camera.
    """

    window: TrackWindow
    true: Values


def lift_views(motion: Motion, seed: int = 0) -> list[LiftView]:
    """``motion`` from ``CAMERAS`` sides, with the same errors each time.

    The cameras keep the pelvis in the middle of the picture, at one distance and from one direction. The first
    direction, and each camera's pitch and distance, are random in the ranges of this module. Keypoints have independent
    errors of ``NOISE``; those that are ``MISSING`` are anywhere near and have low scores.
    """
    chance = np.random.default_rng([seed, *motion.name.encode()])
    first = float(chance.uniform(0, 2 * np.pi))
    return [_view(motion, first + turn * 2 * np.pi / CAMERAS, chance) for turn in range(CAMERAS)]


def _view(motion: Motion, yaw: float, chance: np.random.Generator) -> LiftView:
    pitch, distance = np.radians(chance.uniform(*PITCH_DEGREES)), float(chance.uniform(*DISTANCE_M))
    right = np.array([np.cos(yaw), 0.0, -np.sin(yaw)])
    toward = np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
    axes = np.stack([right, np.cross(toward, right), toward])
    pelvis = motion.skeleton.names.index("hip")
    true = (motion.points - motion.points[:, pelvis, None]) @ axes.T
    scale = FOCAL / np.maximum(distance - true[..., 2], 0.5)
    pixels = true[..., :2] * [1, -1] * scale[..., None] + np.array(SIZE) / 2
    height_px = motion.height_m * FOCAL / distance
    pixels += chance.normal(0, NOISE * height_px, pixels.shape)
    scores = np.clip(chance.normal(0.85, 0.07, scale.shape), 0.5, 1.0)
    missing = chance.random(scale.shape) < MISSING
    pixels[missing] += chance.normal(0, 0.15 * height_px, (int(missing.sum()), 2))
    scores[missing] = chance.uniform(*MISSING_SCORES, int(missing.sum()))
    keypoints = np.concatenate([pixels, scores[..., None]], axis=-1).astype(np.float32)
    return LiftView(TrackWindow(1, motion.times_s, keypoints, _boxes(keypoints), SIZE), true)


def _boxes(keypoints: Floats) -> Floats:
    """Boxes (T, 4) around ``keypoints`` (T, K, 3)."""
    return np.concatenate([keypoints[..., :2].min(1), keypoints[..., :2].max(1)], axis=1)

"""Pixels to the input numbers of lifters, and their output numbers to meters, as the trained networks expect."""

from __future__ import annotations

import numpy as np

from app.core.people import Floats
from app.inference.lifter_card import LifterCard
from app.lifting.body_units import normalize_body

PICTURE = (1000.0, 1000.0)
"""Width and height of the pictures of Human3.6M, in pixels, to which people are fitted."""
PERSON_CENTER, PERSON_SIZE = (528.0, 427.0), 400.0
"""Usual center and longer side of a person there, in pixels, as in MMPose's inference."""
SHOWN = 0.1
"""Keypoints that score less do not count for the person's place."""


def to_inputs(keypoints: Floats, sizes: Floats, card: LifterCard) -> Floats:
    """The network's input (N, T, J, C) for ``keypoints`` (N, T, J, 3) = x y score in pixels.

    ``sizes`` (N, 2) are width and height of the pictures.
    """
    if card.normalization == "body":
        placed, seen = normalize_body(keypoints, card.input_names)
        return np.concatenate([placed, seen[..., None]], axis=-1).astype(np.float32) if card.mask else placed
    points = keypoints[..., :2].astype(np.float32)
    if card.fit == "person":
        points, sizes = fit_to_usual_place(keypoints), np.broadcast_to(np.array(PICTURE, np.float32), sizes.shape)
    if card.normalization == "standard":
        points = np.asarray((points - np.array(card.mean, np.float32)) / np.array(card.std, np.float32), np.float32)
    else:
        points = normalize_screen(points, sizes[:, None, None])
    if card.scores:
        points = np.concatenate([points, keypoints[..., 2:]], axis=-1)
    if not card.mask:
        return points.astype(np.float32)
    seen = (keypoints[..., 2:] >= SHOWN).astype(np.float32)
    return np.concatenate([points * seen, seen], axis=-1).astype(np.float32)


def normalize_screen(points: Floats, sizes: Floats) -> Floats:
    """Pixels (..., 2) with x from -1 to 1 over the width of the picture and y in the same unit.

    ``sizes`` (..., 2) are width and height. As ``normalize_screen_coordinates`` of VideoPose3D (Pavllo et al.,
    CVPR 2019).
    """
    width = sizes[..., :1]
    return np.asarray(points / width * 2 - np.concatenate([np.ones_like(width), sizes[..., 1:] / width], axis=-1))


def fit_to_usual_place(keypoints: Floats) -> Floats:
    """Pixels (N, T, J, 2) with each person moved and scaled to the usual place in pictures of Human3.6M.

    ``keypoints`` (N, T, J, 3). Center and size are means over the T frames, so that motion within them stays.
    """
    points, seen = keypoints[..., :2], keypoints[..., 2:] >= SHOWN
    seen = seen | ~seen.any(axis=2, keepdims=True)
    low = np.where(seen, points, np.inf).min(axis=2)
    high = np.where(seen, points, -np.inf).max(axis=2)
    center = ((low + high) / 2).mean(axis=1)[:, None, None]
    size = np.maximum((high - low).max(axis=2).mean(axis=1), 1.0)[:, None, None, None]
    return np.asarray((points - center) / size * PERSON_SIZE + np.array(PERSON_CENTER), np.float32)


def to_meters(outputs: Floats, card: LifterCard) -> Floats:
    """Points (N, J2, 3) in meters on the axes of ``Person.points_3d``, from the network's ``outputs`` (N, J2, 3)."""
    points = np.asarray(outputs, np.float32)
    if card.target_mean:
        points = points * np.array(card.target_std, np.float32) + np.array(card.target_mean, np.float32)
    points = points * np.float32(card.unit)
    return points if card.axes == "stance" else points * np.array([1, -1, -1], np.float32)

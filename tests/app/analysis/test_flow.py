"""Points are followed through pictures."""

from __future__ import annotations

import cv2
import numpy as np

from app.analysis.flow import follow
from app.core.people import Image


def texture() -> Image:
    noise = np.random.default_rng(4).integers(0, 255, (160, 240)).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 2.0), np.uint8)


def moving(frames: int) -> tuple[list[Image], np.ndarray]:
    """Pictures of a texture that moves, and where it is (T, 2)."""
    places = np.stack([1.7 * np.arange(frames), 4 * np.sin(np.arange(frames) / 3)], axis=1)
    picture = texture()
    shifts = [np.array([[1, 0, x], [0, 1, y]], np.float64) for x, y in places]
    return [
        np.asarray(cv2.warpAffine(picture, shift, (240, 160), borderMode=cv2.BORDER_REFLECT), np.uint8)
        for shift in shifts
    ], places


def test_a_point_is_followed_in_both_directions() -> None:
    images, places = moving(12)
    start = places[6] + [100, 80]
    cue = follow(images, {6: (float(start[0]), float(start[1]))}, 150.0, 12)
    assert cue.rows.tolist() == list(range(11))
    assert np.abs(cue.steps - np.diff(places, axis=0)).max() < 0.25
    assert (cue.sigmas > 0).all()


def test_a_point_is_not_followed_over_a_cut_a_missing_picture_or_another_correction() -> None:
    images, places = moving(12)
    point = (float(places[6, 0] + 100), float(places[6, 1] + 80))
    images[9] = np.asarray(np.random.default_rng(1).integers(0, 255, (160, 240)), np.uint8)
    assert max(follow(images, {6: point}, 150.0, 12).rows) == 7
    gap = [*images[:3], None, *images[4:]]
    assert min(follow(gap, {6: point}, 150.0, 12).rows) == 4
    both = follow(images, {6: point, 4: (float(places[4, 0] + 100), float(places[4, 1] + 80))}, 150.0, 2)
    assert both.rows.tolist() == [2, 3, 4, 5, 6, 7]
    assert follow(images, {6: (-50.0, 3.0)}, 150.0, 12).rows.tolist() == []

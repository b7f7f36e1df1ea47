"""A change anywhere in the picture is seen; the noise of a camera and a slow drift of light within a look are not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.core.people import Frame, Image
from app.detection.scene_change import SIDE, SceneChange, small_gray

SIZES = [(720, 1280), (480, 640), (994, 1768), (1920, 1080), (120, 160), (50, 70)]


def room(height: int, width: int) -> Image:
    """A picture with structure of all sizes."""
    rng = np.random.default_rng(3)
    coarse = rng.integers(30, 220, (9, 16, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def noisy(image: Image, seed: int, spread: float = 6.0) -> Image:
    """``image`` with the noise of a bad camera."""
    noise = np.random.default_rng(seed).normal(0, spread, image.shape)
    return np.clip(np.round(image + noise), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_the_small_copy_is_small_and_covers_the_whole_picture(height: int, width: int) -> None:
    small = small_gray(room(height, width))
    assert max(small.shape) < 2 * SIDE
    assert abs(small.shape[1] / small.shape[0] - width / height) < 0.05 * width / height


def test_the_first_picture_counts_as_changed() -> None:
    scene = SceneChange()
    frame = Frame(0, 0.0, room(480, 640))
    assert scene.has_changed(frame)
    scene.mark_detected(frame)
    assert not scene.has_changed(frame)
    scene.reset()
    assert scene.has_changed(frame)


@pytest.mark.parametrize(("height", "width"), SIZES[:4])
def test_noise_is_no_change(height: int, width: int) -> None:
    scene = SceneChange()
    still = room(height, width)
    scene.mark_detected(Frame(0, 0.0, noisy(still, 0)))
    assert not any(scene.has_changed(Frame(seed, seed / 30, noisy(still, seed))) for seed in range(1, 9))


@pytest.mark.parametrize(("height", "width"), SIZES[:4])
@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_someone_small_at_the_border_is_a_change(height: int, width: int, side: str) -> None:
    scene = SceneChange()
    still = room(height, width)
    scene.mark_detected(Frame(0, 0.0, noisy(still, 0)))
    entered = still.copy()
    tall, wide = height // 10, width // 60  # the first strip of a person who is a tenth of the picture high
    x = {"left": 0, "right": width - wide}.get(side, width // 2)
    y = {"top": 0, "bottom": height - tall}.get(side, height // 2)
    entered[y : y + tall, x : x + wide] = np.where(entered[y : y + tall, x : x + wide] > 125, 60, 190)
    assert scene.has_changed(Frame(1, 1 / 30, noisy(entered, 1)))


def test_a_picture_of_another_size_is_a_change() -> None:
    scene = SceneChange()
    scene.mark_detected(Frame(0, 0.0, room(480, 640)))
    assert scene.has_changed(Frame(1, 1 / 30, room(640, 480)))


@pytest.mark.parametrize(("height", "width"), [(1, 500), (500, 1), (2, 16384), (1, 1)])
def test_a_picture_of_a_few_pixels_is_compared_too(height: int, width: int) -> None:
    scene = SceneChange()
    dark, bright = (Frame(0, 0.0, np.full((height, width, 3), value, np.uint8)) for value in (20, 200))
    scene.mark_detected(dark)
    assert not scene.has_changed(dark)
    assert scene.has_changed(bright)

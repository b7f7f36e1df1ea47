"""Whether anything happens: a person who comes in does; noise does not, nor do people who are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.people import Floats, Frame, Image
from app.watch import Watch

NOBODY: Floats = np.empty((0, 4), np.float32)


def scene(width: int, height: int) -> Image:
    """A picture with much in it."""
    rough = np.random.default_rng(3).integers(0, 255, (height // 8, width // 8, 3), np.uint8)
    return np.asarray(cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def noisy(image: Image, seed: int) -> Image:
    """As a camera in a dim room gives it."""
    noise = np.random.default_rng(seed).normal(0, 6, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def with_somebody(image: Image, x: int, height: int) -> Image:
    """Somebody in grey clothes stands at ``x`` in the middle of the picture."""
    there = image.copy()
    top = (image.shape[0] - height) // 2
    cv2.ellipse(there, (x, top + height // 2), (height // 6, height // 2), 0, 0, 360, (70, 66, 60), cv2.FILLED)
    return there


SIZES = [(1920, 1080), (640, 480), (540, 960), (320, 240)]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_noise_is_nothing(width: int, height: int) -> None:
    watch, image = Watch(), scene(width, height)
    watch.remember(Frame(0, 0.0, noisy(image, 0)), NOBODY)
    assert not [n for n in range(1, 12) if watch.stirred(Frame(n, n / 30, noisy(image, n)), NOBODY)]


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("part", [0.08, 0.2, 0.6])
def test_somebody_who_comes_in_is_noticed(width: int, height: int, part: float) -> None:
    watch, image = Watch(), scene(width, height)
    watch.remember(Frame(0, 0.0, noisy(image, 0)), NOBODY)
    come = with_somebody(image, width // 3, round(part * max(width, height)))
    assert watch.stirred(Frame(1, 0.2, noisy(come, 1)), NOBODY)


def test_who_is_known_may_move_and_leave_the_place_empty() -> None:
    watch, image = Watch(), scene(1280, 720)
    before, after = with_somebody(image, 400, 300), with_somebody(image, 520, 300)
    then, now = (np.array([[x - 60, 210, x + 60, 510]], np.float32) for x in (400, 520))
    watch.remember(Frame(0, 0.0, before), then)
    assert not watch.stirred(Frame(1, 0.2, after), now)
    assert watch.stirred(Frame(2, 0.4, with_somebody(after, 900, 300)), now)


def test_a_picture_of_another_size_is_another_picture() -> None:
    watch = Watch()
    watch.remember(Frame(0, 0.0, scene(640, 480)), NOBODY)
    assert watch.stirred(Frame(1, 0.2, scene(540, 960)), NOBODY)


def test_after_a_reset_everything_is_new() -> None:
    watch, frame = Watch(), Frame(0, 0.0, scene(640, 480))
    watch.remember(frame, NOBODY)
    assert not watch.stirred(frame, NOBODY)
    watch.reset()
    assert watch.stirred(frame, NOBODY)

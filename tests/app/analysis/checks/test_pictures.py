"""Light, movement of the camera and blur, in pictures that are painted so."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.analysis.checks.camera_motion import CameraMotion
from app.analysis.checks.finding import plain_name
from app.analysis.checks.light import Light
from app.analysis.checks.motion_blur import MotionBlur
from app.core.people import Floats, Frame, FramePoses, Image
from tests.app.analysis.checks.bodies import FPS, SIZE, SKELETON, THRESHOLD, person, standing

WIDTH, HEIGHT = SIZE


def background(dark: int = 60, bright: int = 200) -> Image:
    """A room of blocks of different brightness, larger than the picture."""
    blocks = np.random.default_rng(0).integers(dark, bright, (40, 60), np.uint8)
    gray = cv2.resize(blocks, (WIDTH + 200, HEIGHT + 200), interpolation=cv2.INTER_NEAREST)
    return np.repeat(gray[..., None], 3, axis=2)


def painted(pose: Floats, room: Image, brightness: int = 150) -> Image:
    """The person in ``pose``, in clothes of one ``brightness``, before a ``room``."""
    image: Image = room[100 : 100 + HEIGHT, 100 : 100 + WIDTH].copy()
    for a, b in SKELETON.limbs:
        ends = [tuple(np.rint(pose[i, :2]).astype(int).tolist()) for i in (a, b)]
        cv2.line(image, ends[0], ends[1], (brightness,) * 3, 18)
    return image


def light_of(brightness: int, room: int) -> list[str]:
    light = Light(SKELETON, THRESHOLD)
    pose = standing(320, 60, 380)
    image = painted(pose, np.full((HEIGHT + 200, WIDTH + 200, 3), room, np.uint8), brightness)
    for index in range(8):
        poses = FramePoses(index, index / 4, (person(pose),))
        light.add(Frame(index, index / 4, image), poses, float(image.mean()))
    return [found.kind for found in light.findings([1], plain_name)]


@pytest.mark.parametrize(
    ("brightness", "room", "wanted"),
    [(150, 120, []), (30, 40, ["dark"]), (30, 220, ["backlight"]), (255, 180, ["overexposed"]), (150, 250, [])],
)
def test_light_of_a_person(brightness: int, room: int, wanted: list[str]) -> None:
    assert light_of(brightness, room) == wanted


def camera_kinds(ways: Floats) -> list[str]:
    """The findings about a camera that is shifted by ``ways`` (T,) pixels to the right, before a person who walks."""
    motion, room = CameraMotion(), background()
    for index, way in enumerate(ways):
        pose = standing(100 + 8 * index, 60, 380)
        image = painted(pose, np.roll(room, -round(float(way)), axis=1))
        gray = cv2.cvtColor(cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
        motion.add(index / 4, np.asarray(gray, np.uint8), FramePoses(index, index / 4, (person(pose),)), 0.5)
    return [found.kind for found in motion.findings()]


def test_a_person_who_walks_before_a_camera_that_stands_is_no_fault() -> None:
    assert camera_kinds(np.zeros(40, np.float32)) == []


def test_a_camera_that_pans_slowly_or_shakes_is_told() -> None:
    assert camera_kinds(np.arange(40, dtype=np.float32)) == ["camera"]
    assert camera_kinds(np.random.default_rng(0).normal(0, 8, 40).astype(np.float32)) == ["camera"]


def test_nothing_is_told_of_a_background_without_detail() -> None:
    motion = CameraMotion()
    gray = np.full((240, 320), 128, np.uint8)
    for index in range(20):
        motion.add(index / 4, gray, FramePoses(index, index / 4, ()), 0.5)
    assert motion.findings() == []


def swinging(exposure: float) -> list[str]:
    """The findings about hands that swing fast; ``exposure`` is the part of the time between frames."""
    blur, room = MotionBlur(SKELETON, THRESHOLD), background(80, 110)

    def pose_at(time_s: float) -> Floats:
        pose = standing(320, 60, 380)
        for name, share in (("left_wrist", 1.0), ("left_elbow", 0.3)):
            pose[SKELETON.names.index(name), 0] += 90 * share * (1 + np.sin(2 * np.pi * 1.2 * time_s))
        return pose

    def taken(index: int) -> tuple[Frame, FramePoses]:
        time_s = index / FPS
        moments = np.linspace(-0.5, 0.5, 9) * exposure / FPS + time_s if exposure else [time_s]
        image = np.mean([painted(pose_at(moment), room, 230) for moment in moments], axis=0).astype(np.uint8)
        return Frame(index, time_s, image), FramePoses(index, time_s, (person(pose_at(time_s)),))

    for index in range(0, 90, 5):
        blur.add(taken(index), *taken(index + 1))
    return [found.kind for found in blur.findings([1], plain_name)]


def test_blur_of_fast_hands() -> None:
    assert swinging(0.0) == []
    assert swinging(1.0) == ["blur"]

"""Other programs receive the frames with the people drawn on them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Frame, FramePoses, Image, Person
from app.core.skeleton import load_skeleton
from app.overlay import DrawStyle, painted
from app.overlay.privacy import GROUND
from app.sinks import Header
from app.sinks.virtual_camera import VirtualCamera
from tests.app.overlay.test_privacy import detail, frame, head_of, person

SENT: list[np.ndarray] = []
HEADER = Header("0", (65, 48), 30, load_skeleton("coco17"), "pose", "detector", "auto", "cpu")


class Memory:
    """A pyvirtualcam backend that stores frames in a list."""

    def __init__(self, *, width: int, height: int, **rest: object) -> None:
        self._shape = (height, width, 3)

    def close(self) -> None:
        """Do nothing."""

    def send(self, frame: np.ndarray) -> None:
        SENT.append(frame.reshape(self._shape).copy())

    def device(self) -> str:
        return "memory"

    def native_fourcc(self) -> None:
        return None


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    pyvirtualcam = pytest.importorskip("pyvirtualcam", reason="pyvirtualcam is optional")
    backends = dict(pyvirtualcam.camera.BACKENDS)
    pyvirtualcam.camera.BACKENDS.clear()
    pyvirtualcam.register_backend("memory", Memory)
    SENT.clear()
    yield
    pyvirtualcam.camera.BACKENDS.clear()
    pyvirtualcam.camera.BACKENDS.update(backends)


def test_faces_are_not_sent(device: None) -> None:
    grain = np.random.default_rng(2).integers(0, 256, (48, 64, 3), np.uint8)
    camera = VirtualCamera(replace(HEADER, size=(64, 48)), DrawStyle(privacy="faces", skeleton=False, ids=False))
    seen = frame(0, person(1, 32, 16, 100))
    camera.write(Frame(0, 0.0, grain), seen)
    camera.write(Frame(1, 0.1, grain), frame(1))  # missed for a moment
    camera.style = replace(camera.style, privacy="skeleton")
    camera.write(Frame(2, 0.2, grain), seen)
    points = head_of(seen.people[0])
    assert detail(SENT[0], points) < 0.1 * detail(grain, points)
    assert detail(SENT[1], points) < 0.1 * detail(grain, points)
    assert (SENT[2] == GROUND).all()


def test_drawn_frames_are_sent(device: None) -> None:
    camera = VirtualCamera(HEADER, DrawStyle())
    assert camera.device == "memory"
    keypoints = np.tile(np.array([30, 20, 0.9], np.float32), (17, 1)) + np.arange(17)[:, None] * [0.5, 0.7, 0]
    person = Person(1, 0.9, np.array([20, 10, 45, 40], np.float32), keypoints.astype(np.float32))
    image: Image = np.full((48, 65, 3), 90, np.uint8)
    poses = FramePoses(0, 0.0, (person,))
    camera.write(Frame(0, 0.0, image), poses)
    camera.close()
    wanted = cv2.resize(painted(image, poses, HEADER.skeleton, DrawStyle()), (64, 48), interpolation=cv2.INTER_AREA)
    assert np.array_equal(SENT[0], wanted)


def test_missing_package_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with pytest.raises(StanceError, match="pip install pyvirtualcam"):
        VirtualCamera(HEADER, DrawStyle())


def test_missing_device_error_says_where_to_get_one(device: None) -> None:
    import pyvirtualcam

    pyvirtualcam.camera.BACKENDS.clear()
    with pytest.raises(StanceError, match="virtual camera"):
        VirtualCamera(HEADER, DrawStyle())

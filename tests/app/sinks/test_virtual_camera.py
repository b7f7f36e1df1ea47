"""Other programs receive the frames with the people drawn on them."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Frame, FramePoses, Image, Person
from app.core.skeleton import load_skeleton
from app.overlay import DrawStyle, painted
from app.sinks import Header
from app.sinks.virtual_camera import VirtualCamera

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

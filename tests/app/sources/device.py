"""A camera at the boundary to OpenCV: it can be unplugged, freeze, stay dark; one program at a time has it."""

from __future__ import annotations

import threading
import time

import cv2
import pytest

from app.people import Image
from tests.app.sources.clips import numbered

SIZES = ((640, 480), (1280, 720))
FPS = (30.0, 60.0)


class FakeDevice:
    """Stands where OpenCV's capture of a camera stands: 60 pictures a second, until told otherwise."""

    frozen = threading.Event()
    unplugged = threading.Event()
    dark = threading.Event()
    number = 0
    held: list[FakeDevice] = []  # noqa: RUF012 - emptied for each test
    opened: list[int | str] = []  # noqa: RUF012
    taken: set[int | str] = set()  # noqa: RUF012

    def __init__(self, address: int | str, api: int = 0, options: object = ()) -> None:
        self.address = address
        self.open = not self.unplugged.is_set() and address not in self.taken
        self.open = self.open and address not in [other.address for other in self.held]
        self.size, self.fps = SIZES[0], FPS[-1]
        self._wish = list(self.size)
        if self.open:
            self.held.append(self)
            self.opened.append(address)

    def isOpened(self) -> bool:
        return self.open

    def get(self, what: int) -> float:
        known = {cv2.CAP_PROP_FPS: self.fps, cv2.CAP_PROP_FRAME_WIDTH: self.size[0]}
        return known.get(what, self.size[1] if what == cv2.CAP_PROP_FRAME_HEIGHT else -1.0)

    def set(self, what: int, value: float) -> bool:
        if what == cv2.CAP_PROP_FPS:
            self.fps = min(FPS, key=lambda rate: (abs(rate - value), rate))
        if what == cv2.CAP_PROP_FRAME_WIDTH:
            self._wish[0] = round(value)
        if what == cv2.CAP_PROP_FRAME_HEIGHT:
            self._wish[1] = round(value)
            self.size = min(SIZES, key=lambda size: abs(size[0] - self._wish[0]) + abs(size[1] - self._wish[1]))
        return True

    def read(self) -> tuple[bool, Image | None]:
        time.sleep(1 / 60)
        if not self.open or self.unplugged.is_set() or self.dark.is_set():
            return False, None
        if not self.frozen.is_set():
            FakeDevice.number = FakeDevice.number % 200 + 1
        return True, numbered(FakeDevice.number, *self.size)

    def release(self) -> None:
        if self in self.held:
            self.held.remove(self)


def plugged_in(monkeypatch: pytest.MonkeyPatch) -> type[FakeDevice]:
    """Put the camera in OpenCV's place, in good order."""
    for state in (FakeDevice.frozen, FakeDevice.unplugged, FakeDevice.dark):
        state.clear()
    for kept in (FakeDevice.held, FakeDevice.opened, FakeDevice.taken):
        kept.clear()
    monkeypatch.setattr(cv2, "VideoCapture", FakeDevice)
    return FakeDevice

"""A fake camera for OpenCV: it can be unplugged, freeze, or deliver no frames; only one program can open it."""

from __future__ import annotations

import threading
import time

import cv2
import pytest

from app.core.people import Image
from tests.app.sources.clips import numbered

SIZES = ((640, 480), (1280, 720))
FPS = (30.0, 60.0)


class FakeDevice:
    """Replaces OpenCV's capture of a camera; 60 frames per second at first.

    ``held`` are the open captures, ``tried`` the addresses that were asked for, ``opened`` those of them that were
    opened, ``taken`` those that another program uses.
    """

    frozen = threading.Event()
    unplugged = threading.Event()
    dark = threading.Event()
    number = 0
    held: list[FakeDevice] = []  # noqa: RUF012 - emptied for each test
    tried: list[int | str] = []  # noqa: RUF012
    opened: list[int | str] = []  # noqa: RUF012
    taken: set[int | str] = set()  # noqa: RUF012

    def __init__(self, address: int | str, api: int = 0, options: object = ()) -> None:
        self.address = address
        self.tried.append(address)
        self.open = not self.unplugged.is_set() and address not in self.taken
        self.open = self.open and address not in [other.address for other in self.held]
        self.size, self.fps = SIZES[0], FPS[-1]
        self._requested = list(self.size)
        if self.open:
            self.held.append(self)
            self.opened.append(address)

    def isOpened(self) -> bool:
        return self.open

    def get(self, property_id: int) -> float:
        known = {cv2.CAP_PROP_FPS: self.fps, cv2.CAP_PROP_FRAME_WIDTH: self.size[0]}
        return known.get(property_id, self.size[1] if property_id == cv2.CAP_PROP_FRAME_HEIGHT else -1.0)

    def set(self, property_id: int, value: float) -> bool:
        if property_id == cv2.CAP_PROP_FPS:
            self.fps = min(FPS, key=lambda rate: (abs(rate - value), rate))
        if property_id == cv2.CAP_PROP_FRAME_WIDTH:
            self._requested[0] = round(value)
        if property_id == cv2.CAP_PROP_FRAME_HEIGHT:
            self._requested[1] = round(value)
            self.size = min(
                SIZES, key=lambda size: abs(size[0] - self._requested[0]) + abs(size[1] - self._requested[1])
            )
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
    """Replace OpenCV's capture by the fake camera, with all faults cleared."""
    for state in (FakeDevice.frozen, FakeDevice.unplugged, FakeDevice.dark):
        state.clear()
    for record in (FakeDevice.held, FakeDevice.tried, FakeDevice.opened, FakeDevice.taken):
        record.clear()
    monkeypatch.setattr(cv2, "VideoCapture", FakeDevice)
    return FakeDevice

"""Looking at a camera without playing it: small pictures of it, and the sizes that it has."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import cast

import cv2

from app.errors import StanceError
from app.people import Image
from app.sources.camera import ask_for, open_device
from app.sources.mode import Mode

EVERY_S = 0.5
COMMON = ((640, 480), (1280, 720), (1920, 1080))
ATTEMPTS, PAUSE_S = 4, 0.5


def glimpses(index: int, width: int, stop: Callable[[], bool]) -> Iterator[Image | None]:
    """Pictures of camera ``index``, ``width`` pixels wide, twice a second until ``stop()`` is true.

    None, once, where it gives none or no more. The camera is let go as soon as the iteration ends.
    """
    capture = open_device(index)
    try:
        shown_s = 0.0
        while not stop():
            got, image = capture.read()  # each one, or the camera's driver would queue old ones
            if not got or image is None:
                yield None
                return
            if time.monotonic() - shown_s >= EVERY_S:
                shown_s = time.monotonic()
                height = max(round(image.shape[0] * width / image.shape[1]), 1)
                yield cast(Image, cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))
    finally:
        capture.release()


def sizes_of(index: int) -> list[tuple[int, int]]:
    """Those of the common sizes (width, height) that camera ``index`` has.

    Whoever had it until now may need a moment to let go of it. Raises StanceError where it does not open.
    """
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_S)
        capture = open_device(index)
        try:
            if capture.isOpened():
                return [size for size in COMMON if _given(size, capture) == size]
        finally:
            capture.release()
    raise StanceError(f"Camera {index} does not open: another program seems to be using it.")


def _given(size: tuple[int, int], capture: cv2.VideoCapture) -> tuple[int, int]:
    """The size that a camera takes when it is asked for ``size``."""
    ask_for(Mode(size), capture)
    return round(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), round(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))

"""Previews of a camera: small images of it, and the sizes that it supports."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import cast

import cv2

from app.core.errors import StanceError
from app.core.people import Image
from app.sources.camera import ask_for, open_device
from app.sources.camera_mode import Mode

INTERVAL_S = 0.5
"""Time between preview images, in seconds."""
COMMON_SIZES = ((640, 480), (1280, 720), (1920, 1080))
ATTEMPTS, PAUSE_S = 4, 0.5
"""Number of attempts to open a camera, and the pause between them in seconds."""


def preview_frames(index: int, width: int, stop: Callable[[], bool]) -> Iterator[Image | None]:
    """Yield images (H, ``width``, 3) uint8 BGR of camera ``index``, two per second until ``stop()`` is true.

    Yields None once and ends if the camera delivers no image. The camera is released when the iteration ends.
    """
    capture = open_device(index)
    try:
        shown_s = 0.0
        while not stop():
            got, image = capture.read()  # read every frame, or the driver would queue old ones
            if not got or image is None:
                yield None
                return
            if time.monotonic() - shown_s >= INTERVAL_S:
                shown_s = time.monotonic()
                height = max(round(image.shape[0] * width / image.shape[1]), 1)
                yield cast(Image, cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))
    finally:
        capture.release()


def camera_sizes(index: int) -> list[tuple[int, int]]:
    """The common sizes (width, height) in pixels that camera ``index`` supports.

    Retries while another program is releasing the camera. Raises StanceError if it does not open.
    """
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_S)
        capture = open_device(index)
        try:
            if capture.isOpened():
                return [size for size in COMMON_SIZES if _try_size(size, capture) == size]
        finally:
            capture.release()
    raise StanceError("Camera {index} cannot be opened: another program seems to be using it.", index=index)


def _try_size(size: tuple[int, int], capture: cv2.VideoCapture) -> tuple[int, int]:
    """The size that the camera sets when ``size`` is requested."""
    ask_for(Mode(size), capture)
    return round(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), round(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))

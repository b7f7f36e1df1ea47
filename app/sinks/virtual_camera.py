"""The annotated picture as a camera that other programs see: meetings, streams."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import cv2

from app.errors import StanceError
from app.overlay import Look, painted
from app.people import Frame, FramePoses
from app.sinks import Header

WAYS = {
    "linux": "load the kernel module v4l2loopback",
    "win32": "install OBS Studio, whose virtual camera it uses",
    "darwin": "install OBS Studio and start its virtual camera once",
}


class VirtualCamera:
    """Sends every frame with its people drawn on it, by pyvirtualcam; ``size`` (width, height) stays as it began.

    Raises StanceError where pyvirtualcam or a device of its kind is missing.
    """

    def __init__(self, header: Header, look: Look) -> None:
        try:
            import pyvirtualcam
        except ImportError:
            raise StanceError(
                "pyvirtualcam is not installed: wanted `pip install pyvirtualcam` for a virtual camera."
            ) from None
        self.look = look
        self._skeleton = header.skeleton
        self._size = (header.size[0] // 2 * 2, header.size[1] // 2 * 2)
        try:
            self._camera: Any = pyvirtualcam.Camera(
                *self._size, fps=header.fps or 30, fmt=pyvirtualcam.PixelFormat.BGR, print_fps=False
            )
        except RuntimeError as error:
            reason = " ".join(str(error).split()).rstrip(".")
            way = WAYS.get(sys.platform, "see pyvirtualcam's manual")
            raise StanceError(f"No virtual camera can be opened ({reason}): {way}.") from None

    @property
    def device(self) -> str:
        """What other programs call the camera."""
        return str(self._camera.device)

    @property
    def paths(self) -> list[Path]:
        """No file."""
        return []

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Draw one frame's people and send it."""
        image = painted(frame.image, poses, self._skeleton, self.look)
        if (image.shape[1], image.shape[0]) != self._size:
            image = cv2.resize(image, self._size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        self._camera.send(image)

    def close(self) -> None:
        """Be no camera any more; idempotent."""
        self._camera.close()

"""The annotated video as a virtual camera for other programs, such as meetings."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2

from app.core.errors import StanceError
from app.core.message import Message, foreign
from app.core.people import Frame, FramePoses
from app.overlay import DrawStyle, FramePainter
from app.overlay.privacy import PrivacyFilter
from app.sinks import Header

INSTALL_HINTS = {
    "linux": Message("load the kernel module v4l2loopback"),
    "win32": Message("install OBS Studio, which provides the virtual camera"),
    "darwin": Message("install OBS Studio and start its virtual camera once"),
}


class VirtualCamera:
    """Sends every frame with its people drawn on it, by pyvirtualcam; the size of the header is kept.

    ``style`` is the drawing style and can be changed at any time. Raises StanceError if pyvirtualcam or its device is
    missing.
    """

    name = Message("The virtual camera")
    is_passing = True
    """A frame that is missing here is missing from no recording."""

    def __init__(self, header: Header, style: DrawStyle) -> None:
        try:
            import pyvirtualcam
        except ImportError:
            raise StanceError(
                "The virtual camera needs the package pyvirtualcam: wanted `pip install pyvirtualcam`."
            ) from None
        self._filter = PrivacyFilter(header.skeleton, style.privacy)
        self._painter = FramePainter(header.skeleton, replace(style, privacy="off"))
        self.style = style
        self._size = (header.size[0] // 2 * 2, header.size[1] // 2 * 2)
        try:
            self._camera: Any = pyvirtualcam.Camera(
                *self._size, fps=header.fps or 30, fmt=pyvirtualcam.PixelFormat.BGR, print_fps=False
            )
        except RuntimeError as error:
            reason = foreign(" ".join(str(error).split()).rstrip("."))
            hint = INSTALL_HINTS.get(sys.platform, Message("see the documentation of pyvirtualcam"))
            raise StanceError("No virtual camera can be opened ({reason}): {hint}.", reason=reason, hint=hint) from None

    @property
    def style(self) -> DrawStyle:
        """How people are drawn."""
        return self._style

    @style.setter
    def style(self, style: DrawStyle) -> None:
        self._style = style
        self._filter.privacy = style.privacy
        self._painter.restyle(replace(style, privacy="off"))

    @property
    def device(self) -> str:
        """The name that other programs show for the camera."""
        return str(self._camera.device)

    @property
    def paths(self) -> list[Path]:
        """Always empty: a virtual camera writes no file."""
        return []

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Draw one frame's people and send it."""
        image = self._painter.paint(self._filter.hide(frame, poses).image, poses)
        if (image.shape[1], image.shape[0]) != self._size:
            image = cv2.resize(image, self._size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        self._camera.send(image)

    def close(self) -> None:
        """Remove the virtual camera; idempotent."""
        self._camera.close()

"""The menu of what is live: cameras by name, the screen, a stream's address."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QInputDialog, QLineEdit, QMenu, QWidget

from app.window.background import Background

if TYPE_CHECKING:
    from app.sources.camera import CameraInfo


class CameraMenu(QMenu):
    """Looks for cameras each time it is shown, without holding up the window; ``chosen`` gets the source's text."""

    def __init__(self, background: Background, chosen: Callable[[str], None], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Cameras")
        self._background = background
        self._chosen = chosen
        self._looking = False
        self.aboutToShow.connect(self.look)
        self._fill([("Looking for cameras …", None)])

    def look(self) -> None:
        """Look for cameras once more."""
        if self._looking:
            return
        self._looking = True

        def work() -> list[CameraInfo]:
            from app.sources.camera import list_cameras

            return list_cameras()

        self._background.run("cameras", work, self._found, self._failed)

    def _found(self, cameras: list[CameraInfo]) -> None:
        self._looking = False
        self._fill([(camera.name, str(camera.index)) for camera in cameras] or [("No camera found", None)])

    def _failed(self, error: Exception) -> None:
        self._looking = False
        self._fill([(f"Cameras cannot be listed: {error}", None)])

    def _fill(self, cameras: list[tuple[str, str | None]]) -> None:
        self.clear()
        for title, text in cameras:
            self._add(title, text)
        self.addSeparator()
        self._add("This screen", "screen")
        action = self.addAction("Stream address …")
        if action is not None:
            action.triggered.connect(self._ask)

    def _add(self, title: str, text: str | None) -> None:
        action = self.addAction(title.replace("&", "&&"))
        if action is None:
            return
        action.setEnabled(text is not None)
        if text is not None:
            action.triggered.connect(partial(self._choose, text))

    def _choose(self, text: str, checked: bool = False) -> None:
        self._chosen(text)

    def _ask(self) -> None:
        text, given = QInputDialog.getText(
            self.parentWidget(), "Stream", "Address (rtsp://, http://, …):", QLineEdit.EchoMode.Normal, "rtsp://"
        )
        if given and text.strip():
            self._chosen(text.strip())

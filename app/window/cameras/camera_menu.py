"""The menu of what is live: cameras by name, the screen, a stream's address."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QInputDialog, QMenu, QWidget

from app.window.background import Background
from app.window.camera_dialog import CameraDialog
from app.window.sentences import told
from app.window.words import tr

if TYPE_CHECKING:
    from app.sources.camera import CameraInfo


class CameraMenu(QMenu):
    """Looks for cameras each time it is shown, without holding up the window; ``chosen`` gets the source's text."""

    def __init__(self, background: Background, chosen: Callable[[str], None], parent: QWidget) -> None:
        super().__init__(tr("Camera"), parent)
        self.setAccessibleName(tr("Cameras"))
        self._background = background
        self._chosen = chosen
        self._looking = False
        self._found_any = False
        self.aboutToShow.connect(self.look)
        self._fill([(tr("Looking for cameras …"), None)])

    def look(self) -> None:
        """Look for cameras once more."""
        if self._looking:
            return
        self._looking = True

        def work() -> list[CameraInfo]:
            from app.sources.camera import list_cameras

            return list_cameras()

        self._background.run("cameras", work, self._found, self._failed)

    def ask_for_mode(self) -> None:
        """Let the person choose a camera, its size and its rate."""
        dialog = CameraDialog(self._background, self.parentWidget())
        dialog.chosen.connect(self._chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def ask_for_address(self) -> None:
        """Let the person name a stream."""
        dialog = QInputDialog(self.parentWidget())
        dialog.setWindowTitle(tr("Stream"))
        dialog.setLabelText(tr("Address (rtsp://, http://, …):"))
        dialog.setTextValue("rtsp://")
        dialog.resize(420, dialog.sizeHint().height())
        dialog.textValueSelected.connect(self._choose_address)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _found(self, cameras: list[CameraInfo]) -> None:
        self._looking = False
        self._found_any = bool(cameras)
        self._fill([(camera.name, str(camera.index)) for camera in cameras] or [(tr("No camera found"), None)])

    def _failed(self, error: Exception) -> None:
        self._looking = False
        self._fill([(tr("Cameras cannot be listed: {error}", error=told(str(error))), None)])

    def _fill(self, cameras: list[tuple[str, str | None]]) -> None:
        self.clear()
        for title, text in cameras:
            self._add(title, text is not None, partial(self._chosen, text or ""))
        self._add(tr("Size and rate …"), self._found_any, self.ask_for_mode)
        self.addSeparator()
        self._add(tr("This screen"), True, partial(self._chosen, "screen"))
        self._add(tr("Stream address …"), True, self.ask_for_address)

    def _add(self, title: str, possible: bool, deed: Callable[[], object]) -> None:
        if (action := self.addAction(title.replace("&", "&&"))) is not None:
            action.setEnabled(possible)
            action.triggered.connect(lambda _: deed())

    def _choose_address(self, text: str) -> None:
        if text.strip():
            self._chosen(text.strip())

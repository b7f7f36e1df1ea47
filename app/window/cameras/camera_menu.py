"""Menu of live sources: cameras by name, the screen, a phone, a stream address."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QInputDialog, QMenu, QWidget

from app.core.errors import message_of
from app.window.cameras.camera_dialog import CameraDialog
from app.window.core.preferences import Preferences
from app.window.core.tasks import TaskRunner
from app.window.i18n.backend_messages import translate
from app.window.i18n.tr import tr
from app.window.widgets.screen_fit import fit_on_screen

if TYPE_CHECKING:
    from app.sources.camera import CameraInfo


class CameraMenu(QMenu):
    """Lists the cameras in the background each time it is shown; ``chosen`` gets the source's text."""

    def __init__(
        self, background: TaskRunner, preferences: Preferences, chosen: Callable[[str], None], parent: QWidget
    ) -> None:
        super().__init__(tr("Camera"), parent)
        self.setAccessibleName(tr("Cameras"))
        self._background = background
        self._preferences = preferences
        self._chosen = chosen
        self._listing = False
        self._has_cameras = False
        self.aboutToShow.connect(self.refresh)
        self._fill([(tr("Searching for cameras …"), None)])

    def refresh(self) -> None:
        """List the cameras again."""
        if self._listing:
            return
        self._listing = True

        def work() -> list[CameraInfo]:
            from app.sources.camera import list_cameras

            return list_cameras()

        self._background.run("cameras", work, self._on_listed, self._on_failed, self)

    def ask_for_mode(self) -> None:
        """Ask for a camera, its size and its rate."""
        dialog = CameraDialog(self._background, self.parentWidget())
        dialog.chosen.connect(self._chosen)
        dialog.finished.connect(dialog.deleteLater)
        fit_on_screen(dialog)
        dialog.open()

    def ask_for_phone(self) -> None:
        """Ask for the app and the address of a phone."""
        from app.window.cameras.phone_dialog import PhoneDialog

        dialog = PhoneDialog(self._background, self._preferences, self.parentWidget())
        dialog.chosen.connect(self._chosen)
        dialog.finished.connect(dialog.deleteLater)
        fit_on_screen(dialog)
        dialog.open()

    def ask_for_address(self) -> None:
        """Ask for the address of a stream."""
        dialog = QInputDialog(self.parentWidget())
        dialog.setWindowTitle(tr("Stream"))
        dialog.setLabelText(tr("Address (rtsp://, http://, …):"))
        dialog.setTextValue("rtsp://")
        dialog.resize(420, dialog.sizeHint().height())
        dialog.textValueSelected.connect(self._choose_address)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_listed(self, cameras: list[CameraInfo]) -> None:
        self._listing = False
        self._has_cameras = bool(cameras)
        self._fill(
            [(translate(camera.name), str(camera.index)) for camera in cameras] or [(tr("No camera found"), None)]
        )

    def _on_failed(self, error: Exception) -> None:
        self._listing = False
        self._fill([(tr("Cameras cannot be listed: {error}", error=translate(message_of(error))), None)])

    def _fill(self, cameras: list[tuple[str, str | None]]) -> None:
        self.clear()
        for title, text in cameras:
            self._add(title, text is not None, partial(self._chosen, text or ""))
        self._add(tr("Resolution and frame rate …"), self._has_cameras, self.ask_for_mode)
        self.addSeparator()
        self._add(tr("This screen"), True, partial(self._chosen, "screen"))
        self._add(tr("Phone …"), True, self.ask_for_phone)
        self._add(tr("Stream address …"), True, self.ask_for_address)

    def _add(self, title: str, enabled: bool, callback: Callable[[], object]) -> None:
        if (action := self.addAction(title.replace("&", "&&"))) is not None:
            action.setEnabled(enabled)
            action.triggered.connect(lambda _: callback())

    def _choose_address(self, text: str) -> None:
        if text.strip():
            self._chosen(text.strip())

"""The virtual camera: other programs see the shown video as a camera."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QAction

from app.core.errors import StanceError
from app.window.core.tasks import TaskRunner, nothing
from app.window.player.player import Player

if TYPE_CHECKING:
    from app.engine import Engine
    from app.overlay import DrawStyle
    from app.sinks.virtual_camera import VirtualCamera


class CameraOutput(QObject):
    """Owns the virtual camera while ``action`` is checked; ``draw_style`` returns how people are drawn."""

    opened = pyqtSignal(str)  # the device
    failed = pyqtSignal(object)

    def __init__(
        self,
        background: TaskRunner,
        player: Player,
        action: QAction,
        draw_style: Callable[[], DrawStyle],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._background = background
        self._player = player
        self._action = action
        self._draw_style = draw_style
        self._camera: VirtualCamera | None = None
        self._engine: Engine | None = None  # which feeds the camera
        self._opening = False

    def set_on(self, wanted: bool) -> None:
        """Open the virtual camera for the shown source, or close it."""
        camera, engine, self._camera = self._camera, self._engine, None
        if camera is not None and engine is not None:
            self._background.queue(partial(engine.remove_sink, camera), nothing, self.failed.emit, self)
        if wanted:
            self._open()

    def follow_source(self) -> None:
        """Close the camera where another source is shown."""
        if self._camera is not None and self._player.engine is not self._engine:
            self._action.setChecked(False)
            self.set_on(False)

    def restyle(self) -> None:
        """Draw people in the present style."""
        if self._camera is not None:
            self._camera.style = self._draw_style()

    def _open(self) -> None:
        engine, pipeline, text, style = (
            self._player.engine,
            self._player.pipeline,
            self._player.text,
            self._draw_style(),
        )
        if engine is None or pipeline is None:
            self._action.setChecked(False)
            return
        if self._opening:  # a device can be opened once: the one being opened is used if it is still wanted then
            return

        def work() -> VirtualCamera:
            from app.engine.header import make_header
            from app.sinks.virtual_camera import VirtualCamera

            return VirtualCamera(make_header(text, engine.source, pipeline), style)

        def done(camera: VirtualCamera) -> None:
            self._opening = False
            if not self._action.isChecked() or engine is not self._player.engine:  # switched off, or another source
                self._action.setChecked(False)
                self._background.queue(camera.close, nothing, self.failed.emit, self)
                return
            try:
                engine.add_sink(camera)
            except StanceError as error:
                failed(error)
                return
            self._camera, self._engine = camera, engine
            self.opened.emit(camera.device)

        def failed(error: Exception) -> None:
            self._opening = False
            self._action.setChecked(False)
            self.failed.emit(error)

        self._opening = True
        self._background.run("virtual-camera", work, done, failed, self)

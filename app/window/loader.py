"""Loading models away from the window's thread; the newest wish wins and a failure changes nothing."""

from __future__ import annotations

from PyQt6.QtCore import QObject, pyqtSignal

from app.settings import Settings
from app.window.background import Background
from app.window.fetching import located


class ModelLoader(QObject):
    """Opens pipelines. ``doing`` tells in a few words what it is at (empty: nothing), from any thread."""

    doing = pyqtSignal(str)
    loaded = pyqtSignal(object, object)  # Pipeline, the Settings it was made for
    failed = pyqtSignal(object, object)  # the exception, the Settings that did not work

    def __init__(self, background: Background) -> None:
        super().__init__(background)
        self._background = background
        self._wish = 0

    def load(self, settings: Settings) -> None:
        """Open the pipeline for ``settings``; what is being opened for others is dropped."""
        self._wish += 1
        wish = self._wish
        self.doing.emit("Loading the models")

        def stale() -> bool:
            return wish != self._wish or self._background.closing.is_set()

        def work() -> object:
            from app.pipeline import open_pipeline

            for name in (settings.pose, settings.detector):
                if name != "none":
                    located(name, self.doing.emit, stale)
            if not stale():
                self.doing.emit("Loading the models")
            return open_pipeline(settings)

        def done(pipeline: object) -> None:
            if wish == self._wish:
                self.doing.emit("")
                self.loaded.emit(pipeline, settings)

        def failed(error: Exception) -> None:
            if wish == self._wish:
                self.doing.emit("")
                self.failed.emit(error, settings)

        self._background.run("models", work, done, failed)

"""The settings in force and the models behind them: the newest wish wins, a failure changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.settings import Settings
from app.window.background import Background
from app.window.fetching import located

if TYPE_CHECKING:
    from app.pipeline import Pipeline

LOADING = "Loading the models"


class ModelLoader(QObject):
    """Turns wishes into ``settings`` and a ``pipeline`` (None until the first one is there).

    ``doing`` says in a few words what is going on (empty: nothing); any thread may emit it.
    """

    doing = pyqtSignal(str)
    loaded = pyqtSignal(object)  # Pipeline
    adjusted = pyqtSignal(object)  # Settings
    failed = pyqtSignal(object, object)  # the exception, and the Settings that did not work

    def __init__(self, background: Background, settings: Settings) -> None:
        super().__init__(background)
        self.settings = settings
        self.pipeline: Pipeline | None = None
        self._background = background
        self._wished: tuple[str, str, str] | None = None
        self._count = 0

    @property
    def loading(self) -> bool:
        """Whether models are on their way."""
        return self._wished is not None and (self.pipeline is None or self._wished != _models(self.settings))

    def wish(self, settings: Settings) -> None:
        """Go on with ``settings``; the models that are in force stay until those that it names are there."""
        self.settings = _with_models(settings, self.settings)
        self.adjusted.emit(self.settings)
        if _models(settings) != self._wished:
            self._load(settings)

    def _load(self, settings: Settings) -> None:
        self._count += 1
        count, self._wished = self._count, _models(settings)
        self.doing.emit(LOADING)

        def stale() -> bool:
            return count != self._count or self._background.closing.is_set()

        def work() -> Pipeline:
            from app.pipeline import open_pipeline

            for name in (settings.pose, settings.detector):
                if name != "none":
                    located(name, self.doing.emit, stale)
            if not stale():
                self.doing.emit(LOADING)
            return open_pipeline(settings)

        def done(pipeline: Pipeline) -> None:
            if count == self._count:
                self.settings, self.pipeline = _with_models(self.settings, settings), pipeline
                self.doing.emit("")
                self.loaded.emit(pipeline)

        def failed(error: Exception) -> None:
            if count == self._count:
                self._wished = None if self.pipeline is None else _models(self.settings)
                self.doing.emit("")
                self.failed.emit(error, settings)

        self._background.run("models", work, done, failed)


def _models(settings: Settings) -> tuple[str, str, str]:
    """What a change of means that networks are loaded."""
    return settings.pose, settings.detector, settings.device


def _with_models(settings: Settings, models: Settings) -> Settings:
    return replace(settings, pose=models.pose, detector=models.detector, device=models.device)

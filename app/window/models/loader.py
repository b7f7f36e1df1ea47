"""The settings in force and the models behind them: the newest wish wins, a failure changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.address import path_of
from app.settings import Settings
from app.window.background import Background
from app.window.fetching import located_network
from app.window.words import later, tr
from app.zoo.importing import EXPORTER, is_checkpoint

if TYPE_CHECKING:
    from app.pipeline import Pipeline
    from app.window.foreign import Guess

LOADING = later("Loading the models")


class ModelLoader(QObject):
    """Turns wishes into ``settings`` and a ``pipeline`` (None until the first one is there).

    ``doing`` says in a few words what is going on (empty: nothing). ``exporter`` is what converts checkpoints.
    """

    doing = pyqtSignal(str)
    loaded = pyqtSignal(object)  # Pipeline
    adjusted = pyqtSignal(object)  # Settings
    failed = pyqtSignal(object, object)  # the exception, and the Settings that did not work
    guessed = pyqtSignal(object)  # Guess: wait for ``accept`` or ``cancel``
    imported = pyqtSignal(str)  # the checkpoint from which the pose model was made
    cancelled = pyqtSignal()
    _told = pyqtSignal(int, str)

    def __init__(self, background: Background, settings: Settings) -> None:
        super().__init__(background)
        self.settings = settings
        self.pipeline: Pipeline | None = None
        self.exporter: Sequence[str] = EXPORTER
        self._background = background
        self._wished: tuple[str, str, str] | None = None
        self._asked: tuple[Pipeline, Settings, Guess] | None = None
        # Who names a file on the command line means it.
        self._trusted = {path_of(name) for name in (settings.pose, settings.detector)}
        self._count = 0
        self._told.connect(self._tell)

    @property
    def loading(self) -> bool:
        """Whether models are on their way."""
        return self._wished is not None and (self.pipeline is None or self._wished != _models(self.settings))

    def wish(self, settings: Settings, checkpoint: Path | None = None) -> None:
        """Go on with ``settings``; the models that are in force stay until those that it names are there.

        ``checkpoint`` is the file of the pose model that it names, where that is one to be fetched by hand.
        """
        self.settings = _with_models(settings, self.settings)
        self.adjusted.emit(self.settings)
        if _models(settings) != self._wished:
            self._load(settings, checkpoint)

    def cancel(self) -> None:
        """Leave it at the models that are in force, or that were asked for first."""
        wished, self._asked = self._wished, None
        self._count += 1
        self._wished = None if self.pipeline is None else _models(self.settings)
        self.doing.emit("")
        self.cancelled.emit()
        if self.pipeline is None and wished != _models(self.settings):
            self.wish(self.settings)

    def accept(self) -> None:
        """Use the network that had to be guessed."""
        if self._asked is not None:
            (pipeline, settings, guess), self._asked = self._asked, None
            self._trusted.add(guess.path)
            self._ask_or_use(pipeline, settings)

    def _load(self, settings: Settings, checkpoint: Path | None) -> None:
        self._count += 1
        count, self._wished, self._asked = self._count, _models(settings), None
        self.doing.emit(tr(LOADING))

        def stale() -> bool:
            return count != self._count or self._background.closing.is_set()

        def tell(text: str) -> None:
            self._told.emit(count, text)

        def work() -> Pipeline:
            from app.pipeline import open_pipeline

            pose = located_network(settings.pose, checkpoint, tell, stale, self.exporter)
            detector = settings.detector
            if detector != "none":
                detector = str(located_network(detector, None, tell, stale, self.exporter))
            tell(tr(LOADING))
            return open_pipeline(replace(settings, pose=str(pose), detector=detector))

        def done(pipeline: Pipeline) -> None:
            if count == self._count:
                self.doing.emit("")
                self._ask_or_use(pipeline, settings)

        def failed(error: Exception) -> None:
            if count == self._count:
                self._wished = None if self.pipeline is None else _models(self.settings)
                self.doing.emit("")
                self.failed.emit(error, settings)

        self._background.run("models", work, done, failed)

    def _tell(self, count: int, text: str) -> None:
        """What a thread says counts only as long as its models are wanted."""
        if count == self._count:
            self.doing.emit(text)

    def _ask_or_use(self, pipeline: Pipeline, settings: Settings) -> None:
        """Nothing that had to be guessed is used before a person has seen it."""
        from app.window.foreign import guesses

        for guess in guesses(pipeline):
            if guess.path not in self._trusted:
                self._asked = (pipeline, settings, guess)
                self.guessed.emit(guess)
                return
        self._use(pipeline, settings)

    def _use(self, pipeline: Pipeline, settings: Settings) -> None:
        checkpoint = settings.pose
        if is_checkpoint(checkpoint):
            settings = replace(settings, pose=str(pipeline.estimator.network.path))
        self.settings, self.pipeline = _with_models(self.settings, settings), pipeline
        self._wished = _models(settings)
        self.loaded.emit(pipeline)
        if settings.pose != checkpoint:
            self.imported.emit(checkpoint)


def _models(settings: Settings) -> tuple[str, str, str]:
    """What a change of means that networks are loaded."""
    return settings.pose, settings.detector, settings.device


def _with_models(settings: Settings, models: Settings) -> Settings:
    return replace(settings, pose=models.pose, detector=models.detector, device=models.device)

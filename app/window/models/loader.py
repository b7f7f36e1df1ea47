"""The current settings and their models: the newest request wins, a failed one changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.core.address import path_of
from app.core.settings import NETWORK_FIELDS, Settings
from app.window.core.model_files import locate_network
from app.window.core.preferences import with_model_paths
from app.window.core.tasks import Task, TaskRunner
from app.window.i18n.tr import later, tr
from app.window.widgets.notification import sentence_of
from app.zoo.conversion import EXPORTER, is_checkpoint

if TYPE_CHECKING:
    from app.pipeline import Pipeline
    from app.window.models.inspection import Guess

LOADING = later("Loading the models")


class ModelLoader(QObject):
    """Turns requests into ``settings`` and a ``pipeline`` (None until the first one is loaded).

    ``activity_changed`` emits a short text of the current activity (empty: none). ``exporter`` is the command that
    converts checkpoints. ``detector_is_requested``: the user has named the detector on the command line, so that a pose
    model that runs without one is refused at first.
    """

    activity_changed = pyqtSignal(str)
    loaded = pyqtSignal(object)  # Pipeline
    adjusted = pyqtSignal(object)  # Settings
    failed = pyqtSignal(object, object)  # the exception, and the Settings that did not work
    guessed = pyqtSignal(object)  # Guess: waits for ``accept`` or ``cancel``
    imported = pyqtSignal(str)  # the checkpoint that the pose model was converted from
    cancelled = pyqtSignal()
    superseded = pyqtSignal(object)  # Settings whose models were being loaded when others were requested
    state_changed = pyqtSignal()  # loading has begun, failed or was cancelled

    def __init__(self, background: TaskRunner, settings: Settings) -> None:
        super().__init__(background)
        self.settings = settings = with_model_paths(settings)
        self.pipeline: Pipeline | None = None
        self.failure = ""  # why the last request failed, in a sentence
        self.exporter: Sequence[str] = EXPORTER
        self.detector_is_requested = False
        self._background = background
        self._requested: tuple[object, ...] | None = None
        self._opening: Settings | None = None  # of the models that are being loaded, or wait for ``accept``
        self._unconfirmed: tuple[Pipeline, Settings, Guess] | None = None
        # Files named on the command line need no confirmation.
        self._trusted = {path_of(name) for name in (settings.pose, settings.detector)}
        self._task: Task | None = None

    @property
    def loading(self) -> bool:
        """Whether models are being loaded."""
        return self._requested is not None and (self.pipeline is None or self._requested != _models(self.settings))

    def why_none(self) -> str:
        """Why there is no pipeline, in a few words; empty if there is one."""
        if self.pipeline is not None:
            return ""
        if self.loading:
            return tr("the models are still loading")
        return tr("the models could not be loaded") if self.failure else tr("no models are loaded")

    def request(self, settings: Settings, checkpoint: Path | None = None) -> None:
        """Apply ``settings``; the current models stay in use until the requested ones are loaded.

        ``checkpoint`` is the file of the requested pose model, if it has to be downloaded by the user.
        """
        settings = with_model_paths(settings)
        if settings.pose != self.settings.pose and settings.crop == self.settings.crop:
            settings = replace(settings, crop="")  # the crop size belonged to the previous network
        self.settings = settings.with_networks_of(self.settings)
        self.adjusted.emit(self.settings)
        if _models(settings) != self._requested:
            self._load(settings, checkpoint)

    def cancel(self) -> None:
        """Keep the current models, or load those requested first if none are loaded yet."""
        requested, self._unconfirmed, self._opening = self._requested, None, None
        self.failure = ""
        if self._task is not None:
            self._task.cancel()
        self._requested = None if self.pipeline is None else _models(self.settings)
        self.activity_changed.emit("")
        self.cancelled.emit()
        self.state_changed.emit()
        if self.pipeline is None and requested != _models(self.settings):
            self.request(self.settings)

    def accept(self, crop: str = "") -> None:
        """Use the guessed network; load it again if ``crop`` is a different input size."""
        if self._unconfirmed is not None:
            (pipeline, settings, guess), self._unconfirmed = self._unconfirmed, None
            self._trusted.add(guess.path)
            self._opening = None
            if crop and crop != "x".join(map(str, guess.card.picture.size)):
                self._load(replace(settings, crop=crop), None)
            else:
                self._ask_or_use(pipeline, settings)

    def _load(self, settings: Settings, checkpoint: Path | None) -> None:
        task = self._task = self._background.new_task(self._task)
        self._requested, self._unconfirmed, self.failure = _models(settings), None, ""
        before, self._opening = self._opening, settings
        if before is not None:
            self.superseded.emit(before)
        self.activity_changed.emit(tr(LOADING))
        self.state_changed.emit()
        report = self._background.callback(self.activity_changed.emit, self, task)
        is_requested, self.detector_is_requested = self.detector_is_requested, False

        def work() -> Pipeline:
            from app.pipeline import open_pipeline

            def find_file(name: str) -> Path:
                path = locate_network(name, checkpoint if name == settings.pose else None, report, task, self.exporter)
                report(tr(LOADING))
                return path

            return open_pipeline(settings, find_file, is_requested)

        def done(pipeline: Pipeline) -> None:
            self.activity_changed.emit("")
            self._ask_or_use(pipeline, settings)

        def failed(error: Exception) -> None:
            self._requested = None if self.pipeline is None else _models(self.settings)
            self._opening, self.failure = None, sentence_of(error)
            self.activity_changed.emit("")
            self.failed.emit(error, settings)
            self.state_changed.emit()

        self._background.run("models", work, done, failed, self, task)

    def _ask_or_use(self, pipeline: Pipeline, settings: Settings) -> None:
        """Use ``pipeline``, or emit ``guessed`` if it has a guessed network that the user has not confirmed."""
        from app.window.models.inspection import guesses

        for guess in guesses(pipeline):
            if guess.path not in self._trusted:
                self._unconfirmed = (pipeline, settings, guess)
                self.guessed.emit(guess)
                return
        self._use(pipeline, settings)

    def _use(self, pipeline: Pipeline, settings: Settings) -> None:
        checkpoint, self._opening = settings.pose, None
        if is_checkpoint(checkpoint):
            settings = replace(settings, pose=str(pipeline.networks[0].network.path))
        self.settings, self.pipeline = self.settings.with_networks_of(settings), pipeline
        self._requested = _models(settings)
        self.loaded.emit(pipeline)
        if settings.pose != checkpoint:
            self.imported.emit(checkpoint)


def _models(settings: Settings) -> tuple[object, ...]:
    """The settings whose change requires loading networks."""
    return tuple(getattr(settings, name) for name in NETWORK_FIELDS)

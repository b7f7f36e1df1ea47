"""Import of the user's own networks: chosen or dropped, converted if checkpoints, confirmed if guessed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QWidget

from app.core.address import path_of
from app.core.settings import Settings
from app.inference.model_card import ModelCard
from app.window.core.file_names import show_in_folder
from app.window.core.model_files import ByHandError, locate_network
from app.window.core.preferences import Preferences
from app.window.core.tasks import Task, TaskRunner
from app.window.i18n.backend_messages import display_name
from app.window.i18n.tr import tr
from app.window.models.guess_dialog import GuessDialog
from app.window.models.inspection import Guess, Kind, kind_of, networks
from app.window.models.loader import ModelLoader
from app.window.models.weights_dialog import WeightsDialog
from app.window.panels.side_panel import SidePanel
from app.window.widgets.file_dialogs import pick_network
from app.window.widgets.notification import Notice, sentence_of
from app.window.widgets.screen_fit import fit_on_screen
from app.zoo.conversion import SeveralSetsError, WeightSet, is_checkpoint

if TYPE_CHECKING:
    from app.pipeline import Pipeline


class Importer(QObject):
    """Turns files of weights into requests to the ``loader``; notices go to ``notify``.

    ``activity_changed`` emits a short text of the activity (empty: none). Cancelling the loader cancels all imports. A
    network that is not in use yet when another is imported stays in the list of the user's own.
    """

    activity_changed = pyqtSignal(str)

    def __init__(
        self,
        background: TaskRunner,
        loader: ModelLoader,
        panel: SidePanel,
        preferences: Preferences,
        notify: Callable[[Notice], None],
    ) -> None:
        super().__init__(background)
        self._background = background
        self._loader = loader
        self._panel = panel
        self._preferences = preferences
        panel.models.networks_folder = preferences.networks_folder
        self._notify = notify
        self._tasks: dict[Path, Task] = {}  # of the files that are being inspected or converted
        self._newest: Task | None = None
        self._text = ""
        self._converted: tuple[str, Path] | None = None  # a checkpoint's name, and the network converted from it
        self._before: Settings | None = None  # the settings before the import that is being loaded
        panel.models.own_networks = lambda kind: [path for path, known in preferences.networks if known == kind]
        if preferences.networks:
            panel.show_settings(panel.settings)
        loader.guessed.connect(self._ask)
        loader.loaded.connect(self._loaded)
        loader.failed.connect(self._give_up)
        loader.cancelled.connect(self._cancel)
        loader.superseded.connect(self._keep_superseded)
        loader.imported.connect(self._on_loader_imported)

    def pick(self) -> None:
        """Let the user choose a network file."""
        if file := pick_network(self._window, tr("Import model"), self._preferences.networks_folder):
            self.take(Path(file))

    def take(self, path: Path, weights: WeightSet | None = None) -> None:
        """Use the network in ``path``: an ONNX file directly, a checkpoint after conversion.

        If a checkpoint has several sets of ``weights`` and none is given, the user is asked.
        """
        if self._refuse(path):
            return
        self._preferences.networks_folder = self._panel.models.networks_folder = path.absolute().parent
        task = self._background.new_task(self._tasks.pop(path, None))
        self._tasks[path] = self._newest = task

        def show(text: str) -> None:
            if task is self._newest:
                self._show(text)

        def finish() -> None:
            show("")
            self._tasks.pop(path, None)

        report = self._background.callback(show, self, task)

        def work() -> tuple[Kind, Path]:
            file = locate_network(str(path), None, report, task, self._loader.exporter, weights)
            return kind_of(file), file

        def done(found: tuple[Kind, Path]) -> None:
            finish()
            if task is self._newest:
                self._use(path, *found)
            else:
                self._keep(str(found[1]), found[0])

        def failed(error: Exception) -> None:
            finish()
            if isinstance(error, SeveralSetsError):
                self._ask_for_weights(path, error.sets)
                return
            retry = partial(self.take, path, weights)
            self._notify(Notice("error", sentence_of(error), tr("Retry"), retry, "models"))

        show(tr("Checking {name}", name=path.name))
        self._background.run("import", work, done, failed, self, task)

    def report_failure(self, error: Exception, settings: Settings) -> None:
        """Show that ``settings`` failed to load, with what the user can do, or ask what is missing."""
        notify = partial(self._notify, self._failure_notice(error, settings))
        if isinstance(error, SeveralSetsError):
            self._ask_for_weights(path_of(settings.pose), error.sets, notify)
        else:
            notify()

    def _failure_notice(self, error: Exception, settings: Settings) -> Notice:
        if isinstance(error, ByHandError):
            return Notice("warning", str(error), tr("Locate file…"), partial(self._pick_checkpoint, settings), "models")
        retry = partial(self._request, settings)
        automatic = partial(self._panel.request, replace(settings, device="auto"))
        more = ((tr("Automatic device"), automatic),) if settings.device != "auto" else ()
        return Notice("error", sentence_of(error), tr("Retry"), retry, "models", more)

    @property
    def _window(self) -> QWidget:
        return self._panel.window() or self._panel

    def _request(self, settings: Settings, checkpoint: Path | None = None) -> None:
        self._panel.show_settings(settings)
        self._loader.request(settings, checkpoint)

    def _pick_checkpoint(self, settings: Settings) -> None:
        title, folder = tr("Choose the file of {name}", name=settings.pose), self._preferences.networks_folder
        if file := pick_network(self._window, title, folder, ready=False):
            self._preferences.networks_folder = Path(file).absolute().parent
            self._request(settings, Path(file))

    def _ask_for_weights(
        self, path: Path, sets: Sequence[WeightSet], declined: Callable[[], object] = lambda: None
    ) -> None:
        dialog = WeightsDialog(path.name, sets, self._window)
        dialog.accepted.connect(lambda: self.take(path, dialog.chosen))
        dialog.rejected.connect(lambda: declined())
        dialog.finished.connect(dialog.deleteLater)
        fit_on_screen(dialog)
        dialog.open()

    def _ask(self, guess: Guess) -> None:
        dialog = GuessDialog(guess, self._window)
        dialog.accepted.connect(lambda: self._loader.accept(dialog.crop))
        dialog.rejected.connect(self._loader.cancel)
        dialog.finished.connect(dialog.deleteLater)
        fit_on_screen(dialog)
        dialog.open()

    def _refuse(self, path: Path) -> bool:
        """Notify and return True if the models cannot be changed now."""
        if self._panel.models.pose.isEnabled():
            return False
        self._notify(
            Notice("warning", tr("{name} was not imported: models cannot be changed while recording.", name=path.name))
        )
        return True

    def _use(self, path: Path, kind: Kind, file: Path) -> None:
        if self._refuse(path):  # may have changed while the file was inspected
            return
        settings = self._before = self._panel.settings
        self._converted = (path.name, file) if file != path else None
        self._request(replace(settings, pose=str(file)) if kind == "pose" else replace(settings, detector=str(file)))
        if not self._loader.loading and self._loader.pipeline is not None:  # it was already in use
            self._loaded(self._loader.pipeline)

    def _loaded(self, pipeline: Pipeline) -> None:
        self._restore_activity()
        if self._panel.models.networks_folder is not None:
            self._preferences.networks_folder = self._panel.models.networks_folder
        self._keep_choice()
        self._preferences.keep_network(self._loader.settings.pose, "pose")
        self._preferences.keep_network(self._loader.settings.detector, "detector")
        converted, self._converted = self._converted, None
        if converted is None:
            return
        for network, card in networks(pipeline):
            if network.path == converted[1]:
                self._notify_imported(*converted, card)

    def _keep_superseded(self, settings: Settings) -> None:
        """Keep the networks of ``settings`` in the list, though others are loaded instead."""
        self._keep(settings.detector, "detector")
        if not is_checkpoint(settings.pose):  # which is a network once it is converted
            self._keep(settings.pose, "pose")

    def _keep(self, name: str, kind: Kind) -> None:
        self._preferences.keep_network(name, kind)
        self._panel.models.show_settings(self._panel.settings)

    def _keep_choice(self) -> None:
        """Save the models after an import as the last choice, like those chosen in the panel."""
        before, self._before, now = self._before, None, self._loader.settings
        if before is not None:
            models = replace(before, pose=now.pose, detector=now.detector, crop=now.crop)
            self._preferences.keep_change(before, models)

    def _give_up(self) -> None:
        """The imported network does not run."""
        self._before = None
        self._restore_activity()

    def _on_loader_imported(self, checkpoint: str) -> None:
        if self._loader.pipeline is not None:
            network, card = networks(self._loader.pipeline)[0]
            self._notify_imported(Path(checkpoint).name, network.path, card)

    def _notify_imported(self, name: str, file: Path, card: ModelCard) -> None:
        assumed = card.provenance.assumed
        facts = tr(", ").join(map(display_name, assumed))
        usual = tr(" Not stated in the file: {facts}. Default values are used.", facts=facts) if facts else ""
        folder = partial(show_in_folder, file)
        self._notify(
            Notice(
                "info",
                tr("{name} is in use as {file}.", name=name, file=file.name) + usual,
                tr("Show in folder"),
                folder,
            )
        )

    def _cancel(self) -> None:
        self._before = None
        if not self._tasks:
            return
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        self._show("")
        if self._loader.pipeline is None:  # cancel only the import, not the first loading
            self._loader.request(self._loader.settings)

    def _show(self, text: str) -> None:
        self._text = text
        self.activity_changed.emit(text)

    def _restore_activity(self) -> None:
        """Show the import's activity again after the loader has cleared it."""
        if self._text:
            self.activity_changed.emit(self._text)

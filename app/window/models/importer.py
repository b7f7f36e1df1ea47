"""Networks of one's own: picked or dropped, converted where they are checkpoints, confirmed where they were guessed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import QWidget

from app.card import ModelCard
from app.settings import Settings
from app.window.background import Background
from app.window.banner import Notice, sentence_of
from app.window.fetching import ByHandError, located_network
from app.window.foreign import Guess, Kind, kind_of, networks
from app.window.guess_dialog import GuessDialog
from app.window.loader import ModelLoader
from app.window.picking import pick_network
from app.window.preferences import Preferences
from app.window.sentences import called
from app.window.side_panel import SidePanel
from app.window.words import tr

if TYPE_CHECKING:
    from app.pipeline import Pipeline


class Importer(QObject):
    """Turns files of weights into wishes of the ``loader``; what is to be said goes to ``tell``.

    ``doing`` says in a few words what is going on (empty: nothing). What cancels the loader ends an import too.
    """

    doing = pyqtSignal(str)
    _told = pyqtSignal(int, str)

    def __init__(
        self,
        background: Background,
        loader: ModelLoader,
        panel: SidePanel,
        preferences: Preferences,
        tell: Callable[[Notice], None],
    ) -> None:
        super().__init__(background)
        self._background = background
        self._loader = loader
        self._panel = panel
        self._preferences = preferences
        self._tell = tell
        self._count = 0
        self._text = ""
        self._made: tuple[str, Path] | None = None  # a checkpoint's name, and the network made of it
        self._told.connect(self._show)
        loader.guessed.connect(self._ask)
        loader.loaded.connect(self._loaded)
        loader.failed.connect(self._show_again)
        loader.cancelled.connect(self._cancel)
        loader.imported.connect(self._imported_by_loader)

    def pick(self) -> None:
        """Let the person pick a network."""
        if file := pick_network(self._window, tr("Import network")):
            self.take(Path(file))

    def take(self, path: Path) -> None:
        """Use the network in ``path``: an ONNX file as it is, a checkpoint once it is converted."""
        if self._refused(path):
            return
        self._count += 1
        count = self._count

        def stale() -> bool:
            return count != self._count or self._background.closing.is_set()

        def work() -> tuple[Kind, Path]:
            file = located_network(str(path), None, partial(self._told.emit, count), stale, self._loader.exporter)
            return kind_of(file), file

        def done(found: tuple[Kind, Path]) -> None:
            if count == self._count:
                self._show(count, "")
                self._use(path, *found)

        def failed(error: Exception) -> None:
            if count == self._count:
                self._show(count, "")
                self._tell(Notice("error", sentence_of(error), tr("Retry"), partial(self.take, path)))

        self._show(count, tr("Looking at {name}", name=path.name))
        self._background.run("import", work, done, failed)

    def way_out(self, error: Exception, settings: Settings) -> Notice:
        """What to say where ``settings`` did not load, and what can be done about it."""
        if isinstance(error, ByHandError):
            return Notice("warning", str(error), tr("I have the file…"), partial(self._pick_checkpoint, settings))
        return Notice("error", sentence_of(error), tr("Retry"), partial(self._wish, settings))

    @property
    def _window(self) -> QWidget:
        return self._panel.window() or self._panel

    def _wish(self, settings: Settings, checkpoint: Path | None = None) -> None:
        self._panel.show_settings(settings)
        self._loader.wish(settings, checkpoint)

    def _pick_checkpoint(self, settings: Settings) -> None:
        if file := pick_network(self._window, tr("The file of {name}", name=settings.pose), ready=False):
            self._wish(settings, Path(file))

    def _ask(self, guess: Guess) -> None:
        dialog = GuessDialog(guess, self._window)
        dialog.accepted.connect(self._loader.accept)
        dialog.rejected.connect(self._loader.cancel)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _refused(self, path: Path) -> bool:
        """Say so where the models have to stay as they are."""
        if self._panel.pose.isEnabled():
            return False
        self._tell(
            Notice(
                "warning", tr("{name} is not imported: the models stay while something is recorded.", name=path.name)
            )
        )
        return True

    def _use(self, path: Path, kind: Kind, file: Path) -> None:
        if self._refused(path):  # since it was looked at
            return
        settings = self._panel.settings
        self._made = (path.name, file) if file != path else None
        self._wish(replace(settings, pose=str(file)) if kind == "pose" else replace(settings, detector=str(file)))
        if not self._loader.loading and self._loader.pipeline is not None:  # it was in use already
            self._loaded(self._loader.pipeline)

    def _loaded(self, pipeline: Pipeline) -> None:
        self._show_again()
        self._preferences.keep_network(self._loader.settings.pose, "pose")
        self._preferences.keep_network(self._loader.settings.detector, "detector")
        made, self._made = self._made, None
        if made is None:
            return
        for network, card in networks(pipeline):
            if network.path == made[1]:
                self._tell_imported(*made, card)

    def _imported_by_loader(self, checkpoint: str) -> None:
        if self._loader.pipeline is not None:
            network, card = networks(self._loader.pipeline)[0]
            self._tell_imported(Path(checkpoint).name, network.path, card)

    def _tell_imported(self, name: str, file: Path, card: ModelCard) -> None:
        assumed = card.provenance.assumed
        facts = tr(", ").join(map(called, assumed))
        usual = tr(" Nobody states its {facts}: the usual is assumed.", facts=facts) if facts else ""
        folder = partial(QDesktopServices.openUrl, QUrl.fromLocalFile(str(file.parent)))
        self._tell(
            Notice(
                "info", tr("{name} is in use as {file}.", name=name, file=file.name) + usual, tr("Show folder"), folder
            )
        )

    def _cancel(self) -> None:
        if not self._text:
            return
        self._count += 1
        self._show(self._count, "")
        if self._loader.pipeline is None:  # only the import was meant
            self._loader.wish(self._loader.settings)

    def _show(self, count: int, text: str) -> None:
        """What a thread says counts only as long as its network is wanted."""
        if count == self._count:
            self._text = text
            self.doing.emit(text)

    def _show_again(self) -> None:
        """The loader has had its say."""
        if self._text:
            self.doing.emit(self._text)

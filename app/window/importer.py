"""Networks of one's own: picked or dropped, converted where they are checkpoints, confirmed where they were guessed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import QWidget

from app.settings import Settings
from app.window.background import Background
from app.window.banner import Notice, sentence_of
from app.window.fetching import ByHandError
from app.window.foreign import Guess, kind_of
from app.window.guess_dialog import GuessDialog
from app.window.loader import ModelLoader
from app.window.picking import pick_network
from app.window.side_panel import SidePanel


class Importer(QObject):
    """Turns files of weights into wishes of the ``loader``; what is to be said goes to ``tell``."""

    doing = pyqtSignal(str)

    def __init__(
        self, background: Background, loader: ModelLoader, panel: SidePanel, tell: Callable[[Notice], None]
    ) -> None:
        super().__init__(background)
        self._background = background
        self._loader = loader
        self._panel = panel
        self._tell = tell
        loader.guessed.connect(self._ask)
        loader.imported.connect(self._tell_imported)

    def pick(self) -> None:
        """Let the person pick a network."""
        if file := pick_network(self._window, "Import network"):
            self.take(Path(file))

    def take(self, path: Path) -> None:
        """Use the network in ``path``: an ONNX file as it is, a checkpoint once it is converted."""
        if not self._panel.pose.isEnabled():
            self._tell(Notice("warning", f"{path.name} is not imported: {self._panel.pose.toolTip().lower()}."))
            return
        if path.suffix.lower() != ".onnx":
            self._wish(replace(self._panel.settings, pose=str(path)))
            return

        def done(kind: str) -> None:
            self.doing.emit("")
            settings, file = self._panel.settings, str(path)
            self._wish(replace(settings, pose=file) if kind == "pose" else replace(settings, detector=file))

        def failed(error: Exception) -> None:
            self.doing.emit("")
            self._tell(Notice("error", sentence_of(error)))

        self.doing.emit(f"Looking at {path.name}")
        self._background.run("look", partial(kind_of, path), done, failed)

    def way_out(self, error: Exception, settings: Settings) -> Notice:
        """What to say where ``settings`` did not load, and what can be done about it."""
        if isinstance(error, ByHandError):
            return Notice("warning", str(error), "I have the file…", partial(self._pick_checkpoint, settings))
        return Notice("error", sentence_of(error), "Retry", partial(self._wish, settings))

    @property
    def _window(self) -> QWidget:
        return self._panel.window() or self._panel

    def _wish(self, settings: Settings, checkpoint: Path | None = None) -> None:
        self._panel.show_settings(settings)
        self._loader.wish(settings, checkpoint)

    def _pick_checkpoint(self, settings: Settings) -> None:
        if file := pick_network(self._window, f"The file of {settings.pose}", ready=False):
            self._wish(settings, Path(file))

    def _ask(self, guess: Guess) -> None:
        dialog = GuessDialog(guess, self._window)
        dialog.accepted.connect(self._loader.accept)
        dialog.rejected.connect(self._loader.cancel)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _tell_imported(self, checkpoint: str) -> None:
        if self._loader.pipeline is None:
            return
        estimator = self._loader.pipeline.estimator
        path, assumed = estimator.network.path, estimator.card.provenance.assumed
        usual = f" Nobody states its {', '.join(assumed)}: the usual is assumed." if assumed else ""
        folder = partial(QDesktopServices.openUrl, QUrl.fromLocalFile(str(path.parent)))
        self._tell(Notice("info", f"{Path(checkpoint).name} is in use as {path.name}.{usual}", "Show folder", folder))

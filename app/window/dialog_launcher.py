"""What opens beside the window: files to pick, models, settings, shortcuts, exports, and what was opened lately."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QDialog, QMenu, QMessageBox

from app import __version__
from app.settings import Settings
from app.window.actions import DEEDS
from app.window.banner import Notice
from app.window.diagnostics import copy_diagnostics
from app.window.picking import pick_data, pick_file, pick_folder
from app.window.words import tr

if TYPE_CHECKING:
    from app.window.main_window import MainWindow


class Dialogs(QObject):
    """Opens the dialogues of ``window``, each at most once; ``preferred`` tells which preference was changed."""

    preferred = pyqtSignal(str)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.shown: dict[str, QDialog] = {}
        self.recent = QMenu(tr("Open recent"), window)
        self.recent.aboutToShow.connect(self._fill_recent)
        for name, deed in (
            ("open", lambda: self._open(pick_file(window))),
            ("open-folder", lambda: self._open(pick_folder(window))),
            ("open-recording", lambda: self._open(pick_data(window))),
            ("models", partial(self._show, "models", self._models)),
            ("settings", partial(self._show, "settings", self._settings)),
            ("shortcuts", partial(self._show, "shortcuts", self._shortcuts)),
            ("export", partial(self._show, "export", self._export)),
            ("diagnostics", partial(copy_diagnostics, window)),
            ("about", partial(self._show, "about", self._about)),
        ):
            window.deeds[name].triggered.connect(lambda _, deed=deed: deed())

    def close(self) -> None:
        """Close whatever is open."""
        for dialog in list(self.shown.values()):
            dialog.close()

    def _show(self, name: str, make: Callable[[], QDialog]) -> None:
        if name not in self.shown:
            dialog = self.shown[name] = make()
            dialog.finished.connect(lambda _: self.shown.pop(name, None))
            dialog.finished.connect(dialog.deleteLater)
        self.shown[name].show()
        self.shown[name].activateWindow()

    def _open(self, text: str) -> None:
        if text:
            self._window.open(text)

    def _fill_recent(self) -> None:
        self.recent.clear()
        for text in self._window.preferences.recent:
            action = self.recent.addAction(text.replace("&", "&&"))
            if action is not None:
                action.triggered.connect(lambda _, text=text: self._window.open(text))
        self.recent.addSeparator()
        if self.recent.isEmpty() and (nothing := self.recent.addAction(tr("Nothing yet"))) is not None:
            nothing.setEnabled(False)

    def _models(self) -> QDialog:
        from app.window.models_dialog import ModelsDialog

        window = self._window
        dialog = ModelsDialog(window.background, window.preferences, window.panel.settings, window)
        dialog.chosen.connect(self._use)
        dialog.importing.connect(lambda file: window.importer.take(Path(file)))
        window.loader.loaded.connect(lambda _: dialog.show_used(window.loader.settings) if dialog.isVisible() else None)
        return dialog

    def _use(self, kind: str, name: str) -> None:
        panel = self._window.panel
        self._wish(replace(panel.settings, pose=name) if kind == "pose" else replace(panel.settings, detector=name))

    def _settings(self) -> QDialog:
        from app.window.settings_dialog import SettingsDialog

        window = self._window
        dialog = SettingsDialog(window.preferences, window.panel.settings, window)
        dialog.changed.connect(self._wish)
        dialog.preferred.connect(self._prefer)
        return dialog

    def _wish(self, settings: Settings) -> None:
        self._window.panel.show_settings(settings)
        self._window.panel.changed.emit(settings)

    def _prefer(self, name: str) -> None:
        if name == "language":
            self._window.tell(Notice("info", tr("The language changes when Stance is started again.")))
        elif name == "reset":
            self._wish(Settings())
            if self._window.welcome.recent is not None:
                self._window.welcome.recent.refresh()
        self._window.memory.follow()

    def _shortcuts(self) -> QDialog:
        from app.window.shortcuts_dialog import ShortcutsDialog

        usual = {name: deed.keys for name, deed in DEEDS.items()}
        dialog = ShortcutsDialog(self._window.deeds, usual, self._window.preferences, self._window)
        dialog.changed.connect(lambda _: self._window.memory.follow())
        return dialog

    def _export(self) -> QDialog:
        from app.window.export_dialog import ExportDialog

        window = self._window
        return ExportDialog(window.background, window.player, window.look, window.preferences, window)

    def _about(self) -> QDialog:
        box = QMessageBox(self._window)
        box.setWindowTitle(tr("About Stance"))
        box.setText(f"Stance {__version__}")
        box.setInformativeText(
            tr("Steady skeletons of the people in a camera or a video, in real time. Free software, GPL 3 or later.")
        )
        return box

"""Opens what is not part of the window: file dialogs, models, settings, shortcuts, export, and the recent sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QDialog, QMenu, QMessageBox, QWidget

from app import __version__
from app.core.settings import Settings
from app.window.core.key_sets import KEY_SETS, usual_keys
from app.window.core.preferences import Preferences
from app.window.core.tasks import TaskRunner
from app.window.diagnostics import copy_diagnostics
from app.window.i18n.tr import tr
from app.window.models.loader import ModelLoader
from app.window.panels.side_panel import SidePanel
from app.window.player.player import Player
from app.window.review.people_table import PeopleTable
from app.window.video.video_view import VideoView
from app.window.widgets.file_dialogs import pick_data, pick_file, pick_folder, pick_project
from app.window.widgets.notification import Banner
from app.window.widgets.screen_fit import fit_on_screen
from app.zoo.part_files import HAND_LANDMARKS

if TYPE_CHECKING:
    from app.overlay import DrawStyle
    from app.pipeline import Pipeline
    from app.window.dialogs.export_dialog import ExportDialog
    from app.window.dialogs.settings_dialog import SettingsDialog
    from app.window.models.models_dialog import ModelsDialog


class DialogLauncher(QObject):
    """Opens the dialogs over ``window``, each at most once, when their ``actions`` are triggered.

    Settings that are changed in a dialog are shown in ``panel`` and requested through it. ``draw_style`` returns how
    people are drawn now, ``marks_s`` the moments that are marked in the clip.
    """

    source_chosen = pyqtSignal(str)
    network_picked = pyqtSignal(Path)  # a file to import
    preference_changed = pyqtSignal(str)  # its name; "reset" for all of them
    shortcuts_changed = pyqtSignal()

    def __init__(
        self,
        window: QWidget,
        background: TaskRunner,
        preferences: Preferences,
        actions: dict[str, QAction],
        panel: SidePanel,
        loader: ModelLoader,
        player: Player,
        draw_style: Callable[[], DrawStyle],
        banner: Banner,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._background = background
        self._preferences = preferences
        self._actions = actions
        self._panel = panel
        self._loader = loader
        self._player = player
        self._draw_style = draw_style
        self._banner = banner
        self.marks_s: Callable[[], Sequence[float]] = tuple
        self.shown: dict[str, QDialog] = {}
        self.recent = QMenu(tr("Open recent"), window)
        self.recent.aboutToShow.connect(self._fill_recent)
        loader.loaded.connect(self._on_loaded)
        for name, action in (
            ("open", lambda: self._open(pick_file(window, preferences.folder))),
            ("open-folder", lambda: self._open(pick_folder(window, preferences.folder))),
            ("open-recording", lambda: self._open(pick_data(window, preferences.folder))),
            ("open-project", lambda: self._open(pick_project(window, preferences.folder))),
            ("models", partial(self._show, "models", self._models)),
            ("settings", partial(self._show, "settings", self._settings)),
            ("shortcuts", partial(self._show, "shortcuts", self._shortcuts)),
            ("export", partial(self._show, "export", self._export)),
            ("report", self._report),
            ("scale", partial(self._show, "scale", self._scale)),
            ("diagnostics", self._copy_diagnostics),
            ("about", partial(self._show, "about", self._about)),
        ):
            actions[name].triggered.connect(lambda _, action=action: action())

    @property
    def exporting(self) -> ExportDialog | None:
        """The export dialog while it writes an export, else None."""
        dialog = self.shown.get("export")
        return cast("ExportDialog", dialog) if dialog is not None and cast("ExportDialog", dialog).running else None

    def close(self) -> None:
        """Close every open dialog."""
        for dialog in list(self.shown.values()):
            dialog.close()

    def _show(self, name: str, make: Callable[[], QDialog]) -> None:
        if name not in self.shown:
            dialog = self.shown[name] = make()
            dialog.finished.connect(lambda _: self.shown.pop(name, None))
            dialog.finished.connect(dialog.deleteLater)
            fit_on_screen(dialog)
        self.shown[name].show()
        self.shown[name].activateWindow()

    def _open(self, text: str) -> None:
        if text:
            self.source_chosen.emit(text)

    def _fill_recent(self) -> None:
        self.recent.clear()
        for text in self._preferences.recent:
            action = self.recent.addAction(text.replace("&", "&&"))
            if action is not None:
                action.triggered.connect(lambda _, text=text: self._open(text))
        self.recent.addSeparator()
        if self.recent.isEmpty() and (nothing := self.recent.addAction(tr("No recent files"))) is not None:
            nothing.setEnabled(False)

    def _models(self) -> QDialog:
        from app.window.models.models_dialog import ModelsDialog

        dialog = ModelsDialog(self._background, self._preferences, self._panel.settings, self._window)
        dialog.chosen.connect(self._use)
        dialog.measured.connect(self._panel.models.show_costs)
        dialog.importing.connect(lambda file: self.network_picked.emit(Path(file)))
        return dialog

    def _on_loaded(self, pipeline: Pipeline) -> None:
        """Show the models that are in use now."""
        if (models := self.shown.get("models")) is not None:
            cast("ModelsDialog", models).show_used(self._loader.settings)
        if (settings := self.shown.get("settings")) is not None:
            cast("SettingsDialog", settings).show_pipeline(pipeline)

    def _use(self, kind: str, name: str) -> None:
        settings = self._panel.settings
        if kind == "part":
            self._request_settings(replace(settings, hands=True, hand_network=HAND_LANDMARKS[name]))
            return
        self._request_settings(replace(settings, pose=name) if kind == "pose" else replace(settings, detector=name))

    def _settings(self) -> QDialog:
        from app.window.dialogs.settings_dialog import SettingsDialog

        dialog = SettingsDialog(self._preferences, self._panel.settings, self._window)
        dialog.changed.connect(self._request_settings)
        dialog.preferred.connect(self._note_preference)
        dialog.show_pipeline(self._loader.pipeline)
        return dialog

    def _request_settings(self, settings: Settings) -> None:
        self._panel.show_settings(settings)
        self._panel.request(settings)

    def _note_preference(self, name: str) -> None:
        if name == "reset":
            self._request_settings(Settings())
        self.preference_changed.emit(name)

    def _shortcuts(self) -> QDialog:
        from app.window.dialogs.shortcuts_dialog import ShortcutsDialog

        key_sets = {name: (title, usual_keys(name)) for name, (title, _) in KEY_SETS.items()}
        dialog = ShortcutsDialog(self._actions, key_sets, self._preferences, self._window)
        dialog.changed.connect(lambda _: self.shortcuts_changed.emit())
        return dialog

    def _export(self) -> QDialog:
        from app.window.dialogs.export_dialog import ExportDialog

        return ExportDialog(
            self._background, self._player, self._draw_style, self._preferences, self._window, self.marks_s
        )

    def _scale(self) -> QDialog:
        from app.window.dialogs.scale_dialog import ScaleDialog

        view, people = self._window.findChild(VideoView), self._window.findChild(PeopleTable)
        assert view is not None
        assert people is not None
        dialog = ScaleDialog(self._background, self._player, view, self._window)
        people.changed.connect(dialog.follow_people)
        return dialog

    def _report(self) -> None:
        self._show("export", self._export)
        cast("ExportDialog", self.shown["export"]).choose_report()

    def _copy_diagnostics(self) -> None:
        action = self._actions["diagnostics"]
        copy_diagnostics(self._background, self._panel.settings, action, self._banner, self._window)

    def _about(self) -> QDialog:
        box = QMessageBox(self._window)
        box.setWindowTitle(tr("About Stance"))
        box.setText(f"Stance {__version__}")
        box.setInformativeText(
            tr("Stable skeletons of people in live cameras and videos, in real time. Free software, GPL 3 or later.")
        )
        return box

"""Projects as files of the user: opened with their settings, and saved beside a clip."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.core.address import path_of
from app.window.i18n.tr import tr
from app.window.parts import WindowParts
from app.window.review.edit_keeper import EditKeeper
from app.window.widgets.file_dialogs import pick_file, pick_project_name
from app.window.widgets.notification import Notice, sentence_of

if TYPE_CHECKING:
    from app.core.settings import Settings
    from app.project.opened_project import MissingClipError


class ProjectFiles(QObject):
    """Requests the settings of a project that is opened, asks for its clip where it is gone, and saves projects.

    ``edits`` saves the user's changes before a project is copied; ``saved`` emits the path of a project that was saved.
    """

    saved = pyqtSignal(Path)

    def __init__(self, parts: WindowParts, edits: EditKeeper) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._edits = edits
        parts.actions["save-project"].triggered.connect(lambda _: self._ask_and_save())
        parts.player.opened.connect(self._on_opened)
        parts.player.failed.connect(self._on_failed)

    def save(self, into: Path) -> None:
        """Save everything that is kept of the open clip in the file ``into``, in the background.

        The notes are queued to be written first, and are copied with the rest.
        """
        player, store = self._parts.player, self._parts.player.clip_analysis.projects
        clip, run = path_of(player.film), player.clip_analysis.project_run(player.analysis)
        self._edits.save()
        self._parts.notes.save()

        def work() -> Path:
            from app.project.opened_project import save_project

            return save_project(
                clip, into, store, lambda path, write: write() if run is None else run.move(path, write)
            )

        self._parts.background.queue(work, self._report_saved, self._report_error, self)

    def _ask_and_save(self) -> None:
        player = self._parts.player
        if player.source is not None and (into := pick_project_name(self._parts.window, player.film)) is not None:
            self.save(into)

    def _on_opened(self) -> None:
        """Continue with the settings of the project that was opened."""
        player = self._parts.player
        run = player.project.run if player.project is not None else None
        if run is None:
            return
        if player.recorded:
            sentence = tr(
                "The models of this project are not on this computer. Its people are shown as they were saved."
            )
            again = partial(player.analyse_again)
            self._notify(Notice("info", sentence, tr("Analyse anyway"), again, "source"))
        else:
            self._request(run.info.settings)

    def _request(self, settings: Settings) -> None:
        loader, panel, player = self._parts.loader, self._parts.panel, self._parts.player
        if settings != loader.settings:
            panel.show_settings(settings)
            panel.request(settings)
        if player.analysis is None and loader.pipeline is not None and not loader.loading:
            player.set_pipeline(loader.pipeline, loader.settings)

    def _on_failed(self, error: Exception, _again: object) -> None:
        from app.project.opened_project import MissingClipError

        if isinstance(error, MissingClipError):
            text = pick_file(self._parts.window, error.project.parent)
            if text:
                self.find(error, Path(text))

    def find(self, missing: MissingClipError, clip: Path) -> None:
        """Open the project again whose clip was ``missing``: it is ``clip``."""
        project = missing.project

        def work() -> None:
            from app.project.opened_project import relink

            relink(project, clip)

        def done(_: None) -> None:
            self._parts.player.open(str(project))

        self._parts.background.queue(work, done, self._report_error, self)

    def _report_saved(self, path: Path) -> None:
        self._parts.preferences.add_recent(str(path))
        self._notify(Notice("info", tr("The project was saved as {path}.", path=path)))
        self.saved.emit(path)

    def _report_error(self, error: Exception) -> None:
        self._notify(Notice("error", sentence_of(error)))

    def _notify(self, notice: Notice) -> None:
        self._parts.stack.banner.notify(notice)

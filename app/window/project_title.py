"""The title of the window: what is open, and the project that it is kept in."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QWidget

from app.window.player.player import Player


class ProjectTitle(QObject):
    """Shows in the title of ``window`` the source of ``player``, and the file of its project if the user saved one."""

    def __init__(self, window: QWidget, player: Player) -> None:
        super().__init__(window)
        self._window = window
        self._player = player
        self._shown: Path | None = None
        player.clip_analysis.ended.connect(self.refresh)  # the project is found by then

    def show(self) -> None:
        """Show the title of a source that was just opened."""
        self._shown = self._project()
        project = f" ({self._shown.name})" if self._shown is not None else ""
        self._window.setWindowTitle(f"{self._player.title}{project} – Stance")

    def refresh(self) -> None:
        """Show the title again if the project is another one."""
        if self._player.source is not None and self._project() != self._shown:
            self.show()

    def _project(self) -> Path | None:
        player = self._player
        run = player.clip_analysis.project_run(player.analysis)
        if run is None or run.file is None:
            return player.project.path if player.project is not None else None
        from app.project.store import folder

        return run.file if run.file.parent != folder() else None

"""Saves what the user changes in the people of a clip in the clip's project."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import QObject, pyqtSignal

from app.window.core.tasks import TaskRunner, nothing
from app.window.player.player import Player


class EditKeeper(QObject):
    """Saves the edits of the shown analysis; ``failed`` emits the exception if they cannot be written."""

    failed = pyqtSignal(object)

    def __init__(self, background: TaskRunner, player: Player) -> None:
        super().__init__(player)
        self._background = background
        self._player = player

    def save(self) -> None:
        """Write the edits in the background, if they have changed."""
        analysis = self._player.analysis
        run = self._player.clip_analysis.project_run(analysis)
        if analysis is None or run is None:
            return
        from app.project.kept_edits import encode_edits

        edits = encode_edits(analysis)
        if edits != run.edits:
            run.edits = edits
            self._background.queue(partial(run.save_edits, edits), nothing, self.failed.emit, self)

"""Saves what the user changes in the people of a clip in the clip's project."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.window.core.tasks import TaskRunner, nothing
from app.window.player.player import Player

if TYPE_CHECKING:  # these import OpenCV, which must not delay the start of the window
    from app.analysis.edits import Edits
    from app.core.message import Message


class EditKeeper(QObject):
    """Saves the edits of the shown analysis, and those ``pending`` that are still being computed.

    ``failed`` emits the exception if they cannot be written, ``noted`` a sentence if the project is gone.
    """

    failed = pyqtSignal(object)
    noted = pyqtSignal(object)

    def __init__(self, background: TaskRunner, player: Player) -> None:
        super().__init__(player)
        self._background = background
        self._player = player
        self.pending: Callable[[], Edits] = tuple

    def save(self) -> None:
        """Write the edits in the background, if they have changed and there is a project that they belong to."""
        analysis = self._player.analysis
        if analysis is None:
            return
        from app.project.kept_edits import encode_edits, save_edits

        run, project = self._player.clip_analysis.project_run(analysis), self._player.project
        edits = encode_edits(analysis, self.pending())
        if run is not None:
            if edits != run.edits:
                run.edits = edits
                self._background.queue(partial(run.save_edits, edits), self._report, self.failed.emit, self)
        elif self._player.recorded and project is not None and project.run is not None:  # its models are missing
            write = partial(save_edits, project.path, project.run, edits)
            self._background.queue(write, nothing, self.failed.emit, self)

    def _report(self, sentence: Message | None) -> None:
        if sentence is not None:
            self.noted.emit(sentence)

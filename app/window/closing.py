"""Closes the window in bounded time: files are finished, or an export is cancelled if the user chooses that."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import IntEnum
from functools import partial

from PyQt6.QtCore import QObject, QTimer, pyqtSignal
from PyQt6.QtWidgets import QMessageBox, QWidget

from app.window.core.tasks import TaskRunner
from app.window.dialog_launcher import DialogLauncher
from app.window.i18n.tr import tr
from app.window.player.capture import CaptureController
from app.window.player.player import Player

STOP_S = 2.0
"""Time limit for stopping an engine, in seconds."""
LEAVE_S = 2 * STOP_S + 1.0
"""Time limit for closing the window while no file is being written, in seconds, even if a driver hangs."""
FINISH_S = 60.0
"""Time limit for finishing the files that are being written, and before that the changes of keypoints, in seconds."""
TERMINATE_S = 2.5
"""Time limit for closing the window after SIGINT or SIGTERM, in seconds."""
WRITING = ("export", "ring", "record", "finish", "rename")
"""Names of the background tasks that write files."""
POLL_MS = 50


class Stage(IntEnum):
    """How far the window has been closed, in order of time."""

    OPEN = 0
    EDITING = 1  # changes of keypoints are still being computed
    STOPPING = 2  # the player is being stopped
    STOPPED = 3  # files may still be written
    OVER = 4


class Closing(QObject):
    """Closes ``window`` once ``begin`` is called; ``over`` is emitted when all is stopped and finished.

    ``save_state`` is called once, before anything is stopped. ``show_activity`` shows what is being waited for.
    ``is_editing`` tells whether changes of keypoints are still being computed; they are waited for.
    """

    over = pyqtSignal()

    def __init__(
        self,
        window: QWidget,
        background: TaskRunner,
        player: Player,
        capture: CaptureController,
        dialogs: DialogLauncher,
        save_state: Callable[[], None],
        show_activity: Callable[[str], None],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._background = background
        self._player = player
        self._capture = capture
        self._dialogs = dialogs
        self._save_state = save_state
        self._show_activity = show_activity
        self.is_editing: Callable[[], bool] = lambda: False
        self._stage = Stage.OPEN
        self._within_s = self._deadline_s = self._edits_until_s = 0.0
        self._question: QMessageBox | None = None
        self._polling = QTimer(self)
        self._polling.setInterval(POLL_MS)
        self._polling.timeout.connect(self._end_if_done)

    @property
    def done(self) -> bool:
        """Whether the window may be closed now."""
        return self._stage == Stage.OVER

    def begin(self) -> None:
        """Close the window; while an export is written the user is asked first."""
        if self._stage > Stage.OPEN:
            self._window.hide()  # closed a second time: the rest is done with the window hidden
        elif self._dialogs.exporting is None:
            self._leave(FINISH_S if self._writing() else LEAVE_S)
        elif self._question is None:
            self._ask()

    def at_once(self) -> None:
        """Close the window without a question, within ``TERMINATE_S``: the process received a signal to end."""
        if self._stage > Stage.OPEN:
            self._edits_until_s, self._within_s = 0.0, TERMINATE_S
            self._deadline_s = min(self._deadline_s, time.monotonic() + TERMINATE_S)
        else:
            self._leave(TERMINATE_S)

    def _ask(self) -> None:
        """Ask whether to finish the export, cancel it, or keep the window; does not block."""
        self._question = box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(tr("Close Stance?"))
        box.setText(tr("An export is in progress."))
        box.setInformativeText(
            tr("Stance can finish it before closing, or cancel it. A cancelled export leaves no files.")
        )
        finish = box.addButton(tr("Finish export, then close"), QMessageBox.ButtonRole.AcceptRole)
        cancel = box.addButton(tr("Cancel export"), QMessageBox.ButtonRole.DestructiveRole)
        stay = box.addButton(tr("Keep Stance open"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(finish)
        box.setEscapeButton(stay)
        answers: dict[object, Callable[[], None]] = {
            finish: self._finish_export,
            cancel: partial(self._leave, LEAVE_S),
        }

        def answered(_: int) -> None:
            self._question = None
            pressed = box.clickedButton()
            box.deleteLater()
            if self._stage == Stage.OPEN:
                answers.get(pressed, lambda: None)()

        box.finished.connect(answered)
        export = self._dialogs.exporting
        if export is not None:
            export.ended.connect(box.close)  # the export has ended meanwhile: the question is obsolete
        box.open()

    def _finish_export(self) -> None:
        export = self._dialogs.exporting
        if export is None:
            self.begin()
        else:
            export.ended.connect(self.begin)

    def _leave(self, within_s: float) -> None:
        self._stage, self._within_s = Stage.EDITING, within_s
        if within_s > TERMINATE_S:
            self._edits_until_s = time.monotonic() + FINISH_S
        if self._question is not None:
            self._question.close()
        if self._capture.recording:
            self._show_activity(tr("Finishing recording"))
        else:
            self._window.hide()
        self._capture.asks = False
        self._save_state()
        self._dialogs.close()
        self._polling.start()
        self._stop_player_if_edited()

    def _stop_player_if_edited(self) -> None:
        """Stop the player once the changes of keypoints have been computed, which belong to what it shows."""
        if self._stage != Stage.EDITING or (self.is_editing() and time.monotonic() < self._edits_until_s):
            return
        self._stage, self._deadline_s = Stage.STOPPING, time.monotonic() + self._within_s
        stop = self._player.close(FINISH_S if self._capture.recording else STOP_S)
        self._background.queue(stop, self._note_stopped, self._note_stopped, self)

    def _note_stopped(self, _: object) -> None:
        self._stage = max(self._stage, Stage.STOPPED)
        self._end_if_done()

    def _writing(self) -> bool:
        """Whether files are being written that would be left unfinished."""
        recorder = self._capture.recorder
        return recorder.recording is not None or recorder.busy or self._background.busy(*WRITING)

    def _end_if_done(self) -> None:
        self._stop_player_if_edited()
        if self._stage not in (Stage.STOPPING, Stage.STOPPED):
            return
        done = self._stage == Stage.STOPPED and not self._writing()
        if done or time.monotonic() > self._deadline_s:
            self._stage = Stage.OVER
            self._polling.stop()
            self.over.emit()

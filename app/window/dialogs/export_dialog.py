"""Export dialog: files, range, progress and cancelling; playback continues meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.core.address import without_secrets
from app.core.film_options import AS_SOURCE
from app.window.core.file_names import show_in_folder
from app.window.core.preferences import Preferences
from app.window.core.tasks import TaskRunner
from app.window.core.times import clock, precise_clock
from app.window.dialogs.depth_reason import missing_depth
from app.window.dialogs.export_run import ExportRun
from app.window.dialogs.export_targets import ExportTargets
from app.window.dialogs.film_choice import FilmChoice, has_films
from app.window.dialogs.smoothing_choice import SmoothingChoice
from app.window.i18n.backend_messages import translate
from app.window.i18n.tr import tr
from app.window.player.player import Player
from app.window.widgets.file_dialogs import suggested_folder
from app.window.widgets.notification import sentence_of

if TYPE_CHECKING:
    from app.overlay import DrawStyle

REASON_HEIGHT, MESSAGE_HEIGHT = 24, 56
"""Heights in pixels kept free for one line and for three, so that the list of formats does not shrink for them."""


class ExportDialog(QDialog):
    """Exports the source that ``player`` has open, drawn as ``style`` says; ``marks_s`` are its marks in seconds."""

    exported = pyqtSignal(object)  # the paths written
    ended = pyqtSignal()  # successfully or not

    def __init__(
        self,
        background: TaskRunner,
        player: Player,
        style: Callable[[], DrawStyle],
        preferences: Preferences,
        parent: QWidget | None = None,
        marks_s: Callable[[], Sequence[float]] = tuple,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Export"))
        self.setMinimumWidth(520)
        self._player = player
        self._style = style
        self._first_written: Path | None = None
        self._run = ExportRun(background, player, self)
        self._run.progressed.connect(self._show_progress)
        self._run.written.connect(self._on_written)
        self._run.failed.connect(self._on_failed)
        folder = preferences.exports or preferences.recordings or suggested_folder(player.film)
        stem = f"{Path(without_secrets(player.text)).stem}_stance".lstrip("_")
        self.targets = ExportTargets(preferences, folder, stem)
        self.targets.changed.connect(self._forget_last)
        self.reason = QLabel()
        self.range_only = QCheckBox()
        self.smoothing = SmoothingChoice(preferences)
        self.film = FilmChoice(player, marks_s)
        self.film.changed.connect(self._forget_last)
        self.progress_bar = QProgressBar()
        self.message = QLabel()
        self.start = QPushButton(tr("Export"))
        self.in_folder = QPushButton(tr("Show in folder"))
        self.stop = QPushButton(tr("Close"))
        self._lay_out()
        self.start.clicked.connect(self.export)
        self.stop.clicked.connect(self._cancel_or_close)
        self.in_folder.clicked.connect(self._show_in_folder)
        self.update_enabled()

    def export(self) -> None:
        """Write the chosen files in the background."""
        paths = self.targets.paths()
        if not paths or self.running:
            return
        if self._player.pipeline is None:
            self.message.setText(tr("Export is not possible: {reason}", reason=self._player.models.why_none()))
            return
        style, film = self._style(), self.film.options() if self._has_films() else AS_SOURCE
        if style.privacy == "skeleton":  # else nothing would be left
            film = replace(film, overlay=True)
        cutoff_hz, whole = self.smoothing.cutoff_hz, not self.range_only.isChecked()
        self._run.start(paths, style, whole=whole, cutoff_hz=cutoff_hz, film=film)
        self.targets.remember_formats()
        self._first_written = None
        self.update_enabled()
        self.message.setText(tr("Starting"))

    def choose_report(self) -> None:
        """Offer a report, unless an export is running."""
        if not self.running:
            self.setWindowTitle(tr("Report"))
            self.targets.choose_report()

    @property
    def running(self) -> bool:
        """Whether files are being written, or removed after cancelling."""
        return self._run.running

    def reject(self) -> None:
        """Esc: cancel a running export, as the button does; else close the dialog."""
        if self.running and not self._run.is_cancelled:
            self._cancel_or_close()
        else:
            super().reject()

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Cancel the export when the dialog is closed."""
        self._run.cancel()
        super().closeEvent(event)

    # Construction.

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 18, 22, 16)
        column.setSpacing(8)
        column.addWidget(self.targets, 1)
        self.reason.setObjectName("faint")
        self.reason.setWordWrap(True)
        self.reason.setMinimumHeight(REASON_HEIGHT)
        self.reason.setTextFormat(Qt.TextFormat.PlainText)
        column.addWidget(self.reason)
        for part in (self.reason, self.progress_bar):  # when they appear, they must not take room from the list
            policy = part.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            part.setSizePolicy(policy)
        playback = self._player.playback
        self.range_only.setText(
            tr(
                "Only between in and out points: {start} to {end}",
                start=precise_clock(playback.start_s),
                end=self._end(),
            )
        )
        self.range_only.setChecked(playback.marked)
        self.range_only.setVisible(playback.marked)
        column.addWidget(self.range_only)
        column.addWidget(self.smoothing)
        column.addWidget(self.film)
        source = self._player.source
        is_still = source is not None and source.still
        self.smoothing.setVisible(not is_still)  # photos are no sequence
        self.film.setVisible(not is_still)
        self.progress_bar.setTextVisible(False)
        self.progress_bar.setFixedHeight(6)
        self.progress_bar.setAccessibleName(tr("Progress"))
        column.addWidget(self.progress_bar)
        self.message.setObjectName("faint")
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setMinimumHeight(MESSAGE_HEIGHT)
        foot = QHBoxLayout()
        foot.addWidget(self.message, 1)
        self.start.setObjectName("primary")
        self.start.setDefault(True)
        self.in_folder.setAutoDefault(False)
        for button in (self.in_folder, self.stop, self.start):
            foot.addWidget(button)
        column.addLayout(foot)

    def _has_films(self) -> bool:
        return has_films(self.targets.formats())

    def _end(self) -> str:
        source, out_s = self._player.source, self._player.playback.out_s
        return precise_clock(out_s if out_s is not None else (source.duration_s or 0.0) if source is not None else 0.0)

    def _show_in_folder(self) -> None:
        if self._first_written is not None:
            show_in_folder(self._first_written)

    # State and progress.

    def _forget_last(self) -> None:
        """Clear the message about the last export after a change of the files."""
        self.message.setText("")
        self._first_written = None
        self.update_enabled()

    def update_enabled(self) -> None:
        """Enable the controls that apply now, and say why an export is not possible."""
        running = self.running
        if running:  # before parts with the focus are disabled, which would scroll the list of formats to its end
            self.stop.setFocus()
        has_films = self._has_films()
        reason = "" if running else self._blocking_reason()
        self.start.setEnabled(not running and not reason)
        self.start.setToolTip(reason)
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))
        self.in_folder.setVisible(self._first_written is not None and not running)
        self.stop.setText(tr("Cancel") if running else tr("Close"))
        self.progress_bar.setVisible(running)
        self.targets.set_enabled(not running)
        self.range_only.setEnabled(not running)
        self.smoothing.set_enabled(not running)
        self.film.set_enabled(has_films and not running)

    def _blocking_reason(self) -> str:
        """Why the chosen files cannot be written; empty if they can."""
        reason = self.targets.blocking_reason() or missing_depth(self._player, self.targets.formats())
        return reason or (self.film.blocking_reason() if self._has_films() else "")

    def _cancel_or_close(self) -> None:
        if self.running:
            self._run.cancel()
            self.message.setText(tr("Cancelling"))
        else:
            self.close()

    def _show_progress(self, done: int, total: int | None, left_s: float | None) -> None:
        self.progress_bar.setRange(0, total or 0)
        self.progress_bar.setValue(done)
        if left_s is None:
            self.message.setText(tr("{done} frames", done=done))
        else:
            left = clock(left_s)
            self.message.setText(tr("{done} of {total} frames, {left} to go", done=done, total=total, left=left))

    def _on_written(self, paths: list[Path], missing: list[str]) -> None:
        if self._run.is_cancelled:
            self.message.setText(tr("Cancelled. Nothing was saved."))
        else:
            saved = tr("Saved {names}.", names=", ".join(dict.fromkeys(_display_path(path) for path in paths)))
            self.message.setText(" ".join([*([saved] if paths else []), *map(translate, missing)]))
            self._first_written = paths[0] if paths else None
            self.targets.propose_name()
        self.update_enabled()
        self.exported.emit(paths)
        self.ended.emit()

    def _on_failed(self, error: Exception) -> None:
        self.message.setText(sentence_of(error))
        self.update_enabled()
        if self.focusWidget() is self.stop:
            self.start.setFocus()
        self.ended.emit()


def _display_path(path: Path) -> str:
    """The file's name, or the folder's name for numbered files."""
    return path.parent.name if path.stem.isdecimal() or path.stem.endswith("_keypoints") else path.name

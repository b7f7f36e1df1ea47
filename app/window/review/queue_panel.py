"""The queue of clips: one row per clip with its state, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.window.i18n.backend_messages import translate
from app.window.i18n.tr import tr
from app.window.widgets.plain_table import plain_table

if TYPE_CHECKING:
    from app.engine.clip_queue import QueuedClip

CLIP, STATE = range(2)


class QueuePanel(QWidget):
    """Shows the clips that ``show_clips`` was given last. A double click on a clip emits ``open_requested``.

    ``pause_requested`` emits whether to pause; the other signals emit the chosen clips.
    """

    open_requested = pyqtSignal(str)
    pause_requested = pyqtSignal(bool)
    remove_requested = pyqtSignal(object)
    again_requested = pyqtSignal(object)
    folder_requested = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Queue"))
        self._clips: list[QueuedClip] = []
        self.tree = plain_table(tr("Clips"), [tr("Clip"), tr("State")], numbers=False)
        if (header := self.tree.header()) is not None:  # a long reason must not take the room of the names
            header.setSectionResizeMode(STATE, QHeaderView.ResizeMode.Stretch)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.hint = QLabel(tr("Drop a folder or several videos on the window: they are analysed one after another."))
        self.hint.setObjectName("faint")
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.pause = QPushButton(tr("Pause"))
        self.pause.setCheckable(True)
        self.again = QPushButton(tr("Try again"))
        self.remove = QPushButton(tr("Remove"))
        self.in_folder = QPushButton(tr("Show in folder"))
        row = QHBoxLayout()
        for button in (self.pause, self.again, self.remove, self.in_folder):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 8)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self.tree, 1)
        column.addWidget(self.hint, 1)
        self.pause.clicked.connect(self.pause_requested)
        self.remove.clicked.connect(lambda: self.remove_requested.emit(self.chosen()))
        self.again.clicked.connect(lambda: self.again_requested.emit(self.chosen()))
        self.in_folder.clicked.connect(lambda: self.folder_requested.emit(self._first_written()))
        self.tree.itemSelectionChanged.connect(self._update_enabled)
        self.tree.itemDoubleClicked.connect(self._open)
        self.show_clips([])

    def show_clips(self, clips: Sequence[QueuedClip], paused: bool = False) -> None:
        """Show ``clips`` in this order."""
        self.pause.setChecked(paused)
        self.pause.setText(tr("Continue") if paused else tr("Pause"))
        if list(clips) != self._clips:
            self._clips = list(clips)
            self.tree.clear()
            self.tree.addTopLevelItems([QTreeWidgetItem([Path(clip.path).name, ""]) for clip in clips])
        for number, clip in enumerate(clips):
            if (row := self.tree.topLevelItem(number)) is not None:
                row.setText(STATE, state_text(clip, paused))
                row.setToolTip(CLIP, clip.path)
                row.setToolTip(STATE, _details(clip))
        self.tree.setVisible(bool(clips))
        self.hint.setVisible(not clips)
        self._update_enabled()

    def chosen(self) -> list[QueuedClip]:
        """The clips of the selected rows."""
        return [self._clips[self.tree.indexOfTopLevelItem(row)] for row in self.tree.selectedItems()]

    def _first_written(self) -> Path | None:
        return next((path for clip in self.chosen() for path in clip.written), None)

    def _open(self, row: QTreeWidgetItem) -> None:
        self.open_requested.emit(self._clips[self.tree.indexOfTopLevelItem(row)].path)

    def _update_enabled(self) -> None:
        chosen = self.chosen()
        going = any(clip.state in ("waiting", "analysing", "writing") for clip in self._clips)
        self.pause.setEnabled(going)
        self.remove.setEnabled(bool(chosen))
        self.again.setEnabled(any(clip.state == "failed" for clip in chosen))
        self.in_folder.setEnabled(self._first_written() is not None)


def state_text(clip: QueuedClip, paused: bool = False) -> str:
    """The state of ``clip`` in a few words, with the share that is done."""
    share = f" {100 * clip.done // clip.total} %" if clip.total else ""
    texts = {
        "waiting": tr("Waiting"),
        "analysing": (tr("Paused") if paused else tr("Analysing")) + share,
        "writing": tr("Writing") + share,
        "done": tr("Done"),
        "failed": _failed(clip),
        "removed": tr("Removed"),
    }
    return texts[clip.state]


def _failed(clip: QueuedClip) -> str:
    """That ``clip`` failed, and why, in one line; its name stands beside it."""
    if clip.problem is None:
        return tr("Failed")
    reason = " ".join(translate(clip.problem).split()).removeprefix(str(clip.path)).lstrip()
    return tr("Failed: {reason}", reason=reason)


def _details(clip: QueuedClip) -> str:
    """What went wrong, or the files that were made."""
    problem = [] if clip.problem is None else [translate(clip.problem)]
    return "\n".join([*problem, *map(translate, clip.missing), *(path.name for path in clip.written)])

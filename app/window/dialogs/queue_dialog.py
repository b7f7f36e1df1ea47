"""Asks once what is written for many clips, and where."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.window.core.export_presets import ExportPresets
from app.window.core.file_names import free_stem
from app.window.core.preferences import Preferences
from app.window.dialogs.export_targets import FORMATS
from app.window.dialogs.format_boxes import FormatBoxes
from app.window.i18n.tr import tr
from app.window.widgets.screen_fit import Scrolling
from app.window.widgets.value_controls import ComboBox

LIST_HEIGHT = 96


class QueueDialog(QDialog):
    """Asks for the formats of ``clips``, by a preset or one by one, and for the folder.

    ``chosen`` emits pairs of a clip and its outputs. Existing files are not overwritten: names get a number.
    """

    chosen = pyqtSignal(object)

    def __init__(self, clips: Sequence[Path], preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Analyse many clips"))
        self.setMinimumWidth(660)
        self._clips = list(clips)
        self._preferences = preferences
        self._presets = ExportPresets(preferences)
        self._folder: Path | None = None
        self.preset = ComboBox()
        self.preset.setAccessibleName(tr("Preset"))
        self.save_preset = QPushButton(tr("Save as preset…"))
        self.formats = FormatBoxes(FORMATS, preferences.export_formats or [FORMATS[3][1]])
        self.place = QPushButton()
        self.place.setObjectName("place")
        self.reason = QLabel()
        self.start = QPushButton(tr("Start"))
        self._lay_out()
        self.preset.activated.connect(self._use_preset)
        self.save_preset.clicked.connect(self._ask_name)
        self.formats.changed.connect(self._update)
        self.place.clicked.connect(self._pick_folder)
        self.start.clicked.connect(self._finish)
        self._show_presets()
        self._update()

    def use_folder(self, folder: Path | None) -> None:
        """Write all files to ``folder``; None: beside each clip."""
        self._folder = folder
        self._update()

    def keep_preset(self, name: str) -> None:
        """Save the chosen formats as a preset."""
        if name.strip():
            self._presets.keep(name, self.formats.formats())
            self._show_presets(name.strip())

    def _lay_out(self) -> None:
        count = len(self._clips)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 18, 22, 16)
        column.setSpacing(10)
        column.addWidget(QLabel(tr("1 clip") if count == 1 else tr("{count} clips", count=count)))
        names = QListWidget()
        names.setAccessibleName(tr("Clips"))
        names.addItems([clip.name for clip in self._clips])
        names.setMaximumHeight(LIST_HEIGHT)
        names.setSelectionMode(QListWidget.SelectionMode.NoSelection)
        names.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column.addWidget(names)
        row = QHBoxLayout()
        row.addWidget(QLabel(tr("Preset")))
        row.addWidget(self.preset, 1)
        row.addWidget(self.save_preset)
        column.addLayout(row)
        column.addWidget(Scrolling(self.formats), 1)
        where = QHBoxLayout()
        where.addWidget(QLabel(tr("Folder")))
        where.addWidget(self.place, 1)
        column.addLayout(where)
        foot = QHBoxLayout()
        self.reason.setObjectName("faint")
        foot.addWidget(self.reason, 1)
        close = QPushButton(tr("Cancel"))
        close.clicked.connect(self.reject)
        self.start.setObjectName("primary")
        self.start.setDefault(True)
        for button in (self.save_preset, self.place, close):
            button.setAutoDefault(False)
        foot.addWidget(close)
        foot.addWidget(self.start)
        column.addLayout(foot)

    def _show_presets(self, chosen: str = "") -> None:
        self.preset.clear()
        self.preset.addItem(tr("As last time"), None)
        for name in self._presets.names():
            self.preset.addItem(name, name)
        self.preset.setCurrentIndex(max(self.preset.findData(chosen), 0))

    def _use_preset(self, row: int) -> None:
        name = self.preset.itemData(row)
        self.formats.choose(self._preferences.export_formats if name is None else self._presets.formats(name))

    def _ask_name(self) -> None:
        name, accepted = QInputDialog.getText(self, tr("Save as preset"), tr("Name"))
        if accepted:
            self.keep_preset(name)

    def _pick_folder(self) -> None:
        start = self._folder or self._preferences.exports or self._clips[0].parent
        folder = QFileDialog.getExistingDirectory(self, tr("Export to"), str(start))
        if folder:
            self.use_folder(Path(folder))

    def _update(self) -> None:
        self.place.setText(tr("Beside each clip") if self._folder is None else self._folder.name or str(self._folder))
        self.place.setToolTip("" if self._folder is None else str(self._folder))
        some = bool(self.formats.formats())
        self.reason.setText("" if some else tr("Without a format the clips are analysed and kept only."))
        self.save_preset.setEnabled(some)

    def _finish(self) -> None:
        formats = self.formats.formats()
        self._preferences.export_formats = formats
        self.chosen.emit([(clip, self._outputs(clip, formats)) for clip in self._clips])
        self.accept()

    def _outputs(self, clip: Path, formats: list[str]) -> list[Path]:
        """The files to write for ``clip``; clips of the same name in one folder differ by their own folders' names."""
        folder = self._folder or clip.parent
        same = self._folder is not None and sum(other.stem == clip.stem for other in self._clips) > 1
        stem = f"{clip.parent.name}_{clip.stem}_stance" if same else f"{clip.stem}_stance"
        stem = free_stem(folder, stem, formats)
        return [folder / name.format(stem=stem) for name in formats]

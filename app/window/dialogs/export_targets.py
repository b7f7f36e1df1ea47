"""The files that an export writes: formats, file name and folder."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.window.core.file_names import existing_files, free_stem
from app.window.core.preferences import Preferences
from app.window.dialogs.format_boxes import FormatBoxes
from app.window.i18n.tr import later, tr
from app.window.widgets.screen_fit import Scrolling

REPORT = "{stem}.html"
FORMATS = (
    (later("Annotated video"), "{stem}.mp4", later("H.264 with the source's audio")),
    (later("GIF"), "{stem}.gif", later("A short animation, up to 20 s, for pages and messages")),
    (later("WebP"), "{stem}.webp", later("The same, smaller and with more colors")),
    (later("JSON Lines"), "{stem}.jsonl", later("All data, one line per frame; Stance can open it again")),
    (later("Table"), "{stem}.csv", later("One row per person and frame, for spreadsheets")),
    (later("Spreadsheet"), "{stem}.xlsx", later("Summary, angles and keypoints as sheets, for Excel and others")),
    (later("Report"), REPORT, later("A page to read and print: pictures, ranges of motion, curves")),
    (later("Events"), "{stem}.events.csv", later("Steps, jumps and repetitions with their times")),
    (later("OpenSim markers"), "{stem}.trc", later("Keypoints over time, one file per person")),
    (later("Kinovea"), "{stem}.kinovea.trc", later("Keypoints over the video in Kinovea, one file per person")),
    (later("OpenSim angles"), "{stem}.mot", later("Joint and segment angles in degrees, one file per person")),
    (later("C3D"), "{stem}.c3d", later("Points over time for biomechanics, everybody in one file")),
    (later("BVH animation"), "{stem}.bvh", later("A moving skeleton for animation programs, one file per person")),
    (later("glTF animation"), "{stem}.glb", later("Moving skeletons for Blender, browsers and game engines")),
    (later("COCO results"), "{stem}.json", later("For pycocotools")),
    (later("OpenPose"), "{stem}-openpose/%012d_keypoints.json", later("A folder with one JSON file per frame")),
    (later("MMPose"), "{stem}.mmpose.json", later("Same format as MMPose's inferencer")),
    (later("Images"), "{stem}-pictures/%06d.png", later("A folder with one annotated image per frame")),
)
"""Title, file name and description of each format."""


class ExportTargets(QWidget):
    """Proposes free names that begin with ``stem`` in ``folder``; ``changed`` is emitted when the user changes a file.

    Formats and folder are remembered in ``preferences``.
    """

    changed = pyqtSignal()

    def __init__(self, preferences: Preferences, folder: Path, stem: str) -> None:
        super().__init__()
        self._preferences = preferences
        self._folder = folder
        self._stem = stem
        self._proposed = ""
        self._is_remembered = True
        kept = preferences.export_formats
        usual = [FORMATS[0][1], FORMATS[3][1]]
        self._chosen = FormatBoxes(FORMATS, kept or usual)
        self._chosen.changed.connect(self._on_changed)
        self.name = QLineEdit()
        self.place = QPushButton()
        self.place.setObjectName("place")
        self._lay_out()
        self.place.clicked.connect(self._pick_folder)
        self.name.textChanged.connect(lambda _: self._on_changed())
        self._show_folder()
        self.propose_name()

    @property
    def boxes(self) -> dict[str, QCheckBox]:
        """The check box of each format, by its file name."""
        return self._chosen.boxes

    def paths(self) -> list[Path]:
        """Paths to write."""
        return [self._folder / name.format(stem=self._written_stem) for name in self.formats()]

    def formats(self) -> list[str]:
        """File name templates of the chosen formats."""
        return self._chosen.formats()

    def blocking_reason(self) -> str:
        """Why these files cannot be written; empty if they can. Existing files and folders are not overwritten."""
        if not self.formats():
            return tr("Choose at least one format.")
        there = existing_files(self._folder, self._written_stem, self.formats())
        return tr("{name} already exists: choose another name.", name=there[0].name) if there else ""

    def propose_name(self) -> None:
        """Propose a free name, unless the user has entered one."""
        if self.name.text() == self._proposed:
            self._proposed = free_stem(self._folder, self._stem, self.formats())
            self.name.blockSignals(True)
            self.name.setText(self._proposed)
            self.name.blockSignals(False)

    def choose_report(self) -> None:
        """Choose the report alone, this time."""
        self._chosen.choose([REPORT])
        self._is_remembered = False

    def remember_formats(self) -> None:
        """Propose the chosen formats in the next export."""
        if self._is_remembered:
            self._preferences.export_formats = self.formats()

    def set_enabled(self, enabled: bool) -> None:
        """Enable or disable the controls."""
        for control in (*self.boxes.values(), self.name, self.place):
            control.setEnabled(enabled)

    @property
    def _written_stem(self) -> str:
        return self.name.text().strip() or "stance"

    def _lay_out(self) -> None:
        self.name.setAccessibleName(tr("File name"))
        self.place.setAutoDefault(False)
        name_row = QHBoxLayout()
        name_row.addWidget(self.name, 1)
        name_row.addWidget(QLabel(tr("in")))
        name_row.addWidget(self.place, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(Scrolling(self._chosen), 1)
        column.addSpacing(4)
        column.addLayout(name_row)

    def _show_folder(self) -> None:
        self.place.setText(self._folder.name or str(self._folder))
        self.place.setToolTip(str(self._folder))
        self.place.setAccessibleName(tr("Folder: {folder}", folder=self._folder))

    def _pick_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Export to"), str(self._folder))
        if folder:
            self._folder = self._preferences.exports = Path(folder)
            self._show_folder()
            self._on_changed()

    def _on_changed(self) -> None:
        self.propose_name()
        self.changed.emit()

"""The analyses that are kept of the open clip: which is shown, which is compared with it, and how far they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.core.settings import Settings
from app.window.core.shortcut_filter import ShortcutFilter
from app.window.i18n.backend_messages import display_name
from app.window.i18n.tr import tr
from app.window.widgets.plain_table import plain_table

if TYPE_CHECKING:
    from app.analysis.comparison import Comparison
    from app.project.project_file import KeptRun

RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
KEYS = (Qt.Key.Key_Home, Qt.Key.Key_End)


class AnalysesPanel(QWidget):
    """Lists analyses; signals emit the ``KeptRun`` of the chosen row.

    ``chosen``: show it. ``compared``: draw it faintly beside the shown one, None: no longer. ``removed``: delete it.
    """

    chosen = pyqtSignal(object)
    compared = pyqtSignal(object)
    removed = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Analyses"))
        self.table = plain_table(tr("Analyses"), [tr("Analysis"), tr("Frames")])
        self.table.setUniformRowHeights(False)
        self.table.itemSelectionChanged.connect(self._update_enabled)
        self.table.itemActivated.connect(lambda item, _: self.chosen.emit(self._runs[self._row(item)]))
        self.differences = plain_table(tr("Differences"), [tr("Differences"), tr("mean"), tr("of the height")])
        self.show_button = self._button(tr("Show"), tr("Show this analysis; its settings are chosen"))
        self.show_button.clicked.connect(lambda _: self._emit_chosen())
        self.compare = self._button(tr("Compare"), tr("Draw its people faintly and its curves dashed"))
        self.compare.setCheckable(True)
        self.compare.clicked.connect(self._emit_compared)
        self.remove = self._button(tr("Remove"), tr("Remove this analysis from the project"))
        self.remove.clicked.connect(lambda _: self.removed.emit(self.selected) if self.selected else None)
        self.hint = QLabel(tr("Analyses of the open clip with other models or settings are listed here."))
        self.hint.setObjectName("faint")
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._runs: list[KeptRun] = []
        self._shown = ""
        self._lay_out()
        self.show_runs([], "")

    @property
    def selected(self) -> KeptRun | None:
        """The analysis of the selected row."""
        items = self.table.selectedItems()
        return self._runs[self._row(items[0])] if items else None

    def show_runs(self, runs: list[KeptRun], shown: str) -> None:
        """List ``runs``; the one with the key ``shown`` is on screen."""
        if (runs, shown) == (self._runs, self._shown) and runs:
            return
        before = self.selected
        self._runs, self._shown = runs, shown
        self.table.clear()
        for run in runs:
            frames = f"{run.frames}" if run.complete else tr("{count}, not finished", count=run.frames)
            names = f"{run.info.pose_model} · {run.info.detector}"
            text = f"{names}\n{settings_text(run.info.settings) or tr('Default settings')}"
            item = QTreeWidgetItem([text, frames])
            item.setTextAlignment(1, RIGHT)
            item.setToolTip(0, text)
            font = self.table.font()
            font.setBold(run.key == shown)
            item.setFont(0, font)
            self.table.addTopLevelItem(item)
            item.setSelected(before is not None and run.key == before.key)
        self.parts.setVisible(bool(runs))
        self.hint.setVisible(not runs)
        self._update_enabled()

    def show_comparison(self, comparison: Comparison | None) -> None:
        """Show how far the two analyses differ; None while nothing is compared."""
        self.differences.clear()
        self.differences.setVisible(comparison is not None)
        self.compare.setChecked(comparison is not None)
        self.compare.setText(tr("Compare") if comparison is None else tr("End comparison"))
        if comparison is None:
            return
        for keypoint in comparison.keypoints:
            distance = tr("{number} px", number=f"{keypoint.pixels:.1f}")
            self._add_difference(display_name(keypoint.name), distance, f"{keypoint.percent:.1f} %")
        for angle in comparison.angles:
            self._add_difference(display_name(angle.name), f"{angle.degrees:.1f}°", "")

    def _add_difference(self, *texts: str) -> None:
        item = QTreeWidgetItem(list(texts))
        for column in (1, 2):
            item.setTextAlignment(column, RIGHT)
        self.differences.addTopLevelItem(item)

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        return button

    def _lay_out(self) -> None:
        self.parts = QSplitter(Qt.Orientation.Vertical)
        for view in (self.table, self.differences):
            view.installEventFilter(ShortcutFilter(KEYS, view))
            self.parts.addWidget(view)
        self.differences.hide()
        bar = QHBoxLayout()
        for button in (self.show_button, self.compare, self.remove):
            bar.addWidget(button)
        bar.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.parts, 1)
        column.addWidget(self.hint, 1)
        column.addLayout(bar)

    def _row(self, item: QTreeWidgetItem) -> int:
        return self.table.indexOfTopLevelItem(item)

    def _emit_chosen(self) -> None:
        if (run := self.selected) is not None:
            self.chosen.emit(run)

    def _emit_compared(self, on: bool) -> None:
        self.compared.emit(self.selected if on else None)

    def _update_enabled(self) -> None:
        run = self.selected
        other = run is not None and run.key != self._shown
        self.show_button.setEnabled(other)
        self.compare.setEnabled(self.compare.isChecked() or (other and run is not None and run.frames > 0))
        self.remove.setEnabled(other)


def settings_text(settings: Settings) -> str:
    """The settings that differ from the usual ones, in a few words."""
    usual = Settings()
    texts = {
        "person_threshold": tr("Person threshold") + f" {settings.person_threshold:g}",
        "threshold": tr("Keypoint threshold") + f" {settings.threshold:g}",
        "detect_every": tr("Detect people") + f" {settings.detect_every:g} s",
        "max_people": tr("Maximum people") + f" {settings.max_people}",
        "smooth": tr("Smoothing") + f" {settings.smooth}",
        "flip_test": tr("Flip test"),
        "half_rate": tr("Half rate"),
        "crop": settings.crop,
        "lifter": settings.lifter,
        "hold_bones": tr("Hold bone lengths"),
        "nms": f"NMS {settings.nms}",
        "hands": tr("Hands"),
        "hand_network": tr("Hands") + f" {settings.hand_network}",
        "face": tr("Face"),
    }
    return ", ".join(text for name, text in texts.items() if getattr(settings, name) != getattr(usual, name))

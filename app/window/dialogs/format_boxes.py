"""Check boxes for the formats of files."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from app.window.i18n.tr import tr


class FormatBoxes(QWidget):
    """One check box for each of ``formats`` (title, file name with ``{stem}``, description); ``chosen`` are checked.

    ``changed`` is emitted when the user changes the choice.
    """

    changed = pyqtSignal()

    def __init__(self, formats: Sequence[tuple[str, str, str]], chosen: Collection[str]) -> None:
        super().__init__()
        self.boxes: dict[str, QCheckBox] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(1)
        grid.setColumnStretch(1, 1)
        for row, (title, name, description) in enumerate(formats):
            box = QCheckBox(tr(title))
            box.setChecked(name in chosen)
            box.setAccessibleDescription(tr(description))
            box.toggled.connect(lambda _: self.changed.emit())
            hint = QLabel(tr(description))
            hint.setObjectName("faint")
            grid.addWidget(box, row, 0)
            grid.addWidget(hint, row, 1)
            self.boxes[name] = box

    def formats(self) -> list[str]:
        """File names of the chosen formats, in their order."""
        return [name for name, box in self.boxes.items() if box.isChecked()]

    def choose(self, formats: Collection[str]) -> None:
        """Choose these formats and no others."""
        for name, box in self.boxes.items():
            box.setChecked(name in formats)

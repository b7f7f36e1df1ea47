"""Asks which of the sets of weights in a checkpoint is imported."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QRadioButton, QVBoxLayout, QWidget

from app.window.i18n.tr import tr
from app.window.widgets.screen_fit import Scrolling
from app.zoo.conversion import WeightSet

WIDTH = 420


class WeightsDialog(QDialog):
    """Lists the ``sets`` of weights of ``file``, the usual one first; ``chosen`` is the one to use if accepted."""

    def __init__(self, file: str, sets: Sequence[WeightSet], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Import model"))
        self.setMinimumWidth(WIDTH)
        self._sets = sets
        title = QLabel(file)
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setObjectName("subtitle")
        hint = QLabel(tr("This file has several sets of weights. Which one should be used?"))
        hint.setObjectName("faint")
        hint.setWordWrap(True)
        body = QWidget()
        rows = QVBoxLayout(body)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(8)
        self.options = [QRadioButton(_title(one).replace("&", "&&")) for one in sets]
        self.options[0].setChecked(True)
        for option in self.options:
            rows.addWidget(option)
        rows.addStretch(1)
        cancel = QPushButton(tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.use = QPushButton(tr("Use"))
        self.use.setObjectName("primary")
        self.use.setDefault(True)
        self.use.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.use)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 20, 22, 18)
        column.setSpacing(6)
        column.addWidget(title)
        column.addWidget(hint)
        column.addSpacing(8)
        column.addWidget(Scrolling(body), 1)
        column.addSpacing(12)
        column.addLayout(buttons)

    @property
    def chosen(self) -> WeightSet:
        """The selected set."""
        return next(one for one, option in zip(self._sets, self.options, strict=True) if option.isChecked())


def _title(one: WeightSet) -> str:
    name = one.name or tr("an unnamed set")
    return tr("{name}: moving average of the weights (EMA)", name=name) if one.is_average else name

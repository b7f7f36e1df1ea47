"""Asks which of the sets of weights in a checkpoint is imported."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtWidgets import QRadioButton, QVBoxLayout, QWidget

from app.window.i18n.tr import tr
from app.window.models.question_dialog import QuestionDialog
from app.zoo.conversion import WeightSet


class WeightsDialog(QuestionDialog):
    """Lists the ``sets`` of weights of ``file``, the usual one first; ``chosen`` is the one to use if accepted."""

    def __init__(self, file: str, sets: Sequence[WeightSet], parent: QWidget | None = None) -> None:
        super().__init__(file, tr("This file has several sets of weights. Which one should be used?"), parent)
        self._sets = sets
        body = QWidget()
        rows = QVBoxLayout(body)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(8)
        self.options = [QRadioButton(_title(one).replace("&", "&&")) for one in sets]
        self.options[0].setChecked(True)
        for option in self.options:
            rows.addWidget(option)
        rows.addStretch(1)
        self.lay_out(body)

    @property
    def chosen(self) -> WeightSet:
        """The selected set."""
        return next(one for one, option in zip(self._sets, self.options, strict=True) if option.isChecked())


def _title(one: WeightSet) -> str:
    name = one.name or tr("an unnamed set")
    return tr("{name}: moving average of the weights (EMA)", name=name) if one.is_average else name

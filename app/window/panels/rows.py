"""The rows of the side panel: a title with a choice, a slider or switches."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.window.core.shortcut_filter import MOVE, ShortcutFilter
from app.window.widgets.reset_button import ResetButton
from app.window.widgets.title_follower import TitleFollower
from app.window.widgets.toggle import Switch
from app.window.widgets.value_controls import ComboBox, Slider

CHOICE_WIDTH = 140
PAIR_WIDTH = 100


def add_choice(
    column: QVBoxLayout,
    title: str,
    chosen: Callable[[QComboBox], object],
    wide: bool = False,
    note: QWidget | None = None,
) -> QComboBox:
    """Add a combo box to ``column``, beside its title or, if ``wide``, below it and with a ``note`` below.

    ``chosen`` is called on a choice.
    """
    label = QLabel(title)
    box = ComboBox()
    box.setAccessibleName(title)
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.activated.connect(lambda _: chosen(box))
    TitleFollower(label, box)
    if wide:
        column.addWidget(label)
        column.addWidget(box)
        if note is not None:
            column.addWidget(note)
        column.addSpacing(4)
    else:
        box.setFixedWidth(CHOICE_WIDTH)
        row = QHBoxLayout()
        row.addWidget(label, 1)
        row.addWidget(box)
        column.addLayout(row)
    return box


class UsualSlider(Slider):
    """A slider with a default, to which the button ``reset`` goes back; it is hidden while the slider is there."""

    def __init__(self, title: str, usual: int) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.reset = ResetButton(title, lambda: self.value() == usual, lambda: self.setValue(usual))
        self.valueChanged.connect(lambda _: self.reset.refresh())


def add_slider(
    column: QVBoxLayout, title: str, limits: tuple[int, int], usual: int, text_of: Callable[[int], str]
) -> UsualSlider:
    """Add a slider with the default ``usual`` to ``column``, below its title and its value, which ``text_of`` makes."""
    label, value = QLabel(title), QLabel()
    value.setObjectName("faint")
    row = QHBoxLayout()
    row.addWidget(label, 1)
    slider = UsualSlider(title, usual)
    row.addWidget(slider.reset)
    row.addWidget(value)
    TitleFollower(label, slider)
    slider.setAccessibleName(title)
    slider.setRange(*limits)
    slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    slider.valueChanged.connect(lambda number: value.setText(text_of(number)))
    slider.setValue(usual)
    slider.reset.refresh()
    value.setText(text_of(slider.value()))
    column.addSpacing(2)
    column.addLayout(row)
    column.addWidget(slider)
    return slider


def make_switch(title: str, tip: str) -> Switch:
    """A switch, to be added by ``add_switches``."""
    switch = Switch(title)
    switch.setToolTip(tip)
    switch.installEventFilter(ShortcutFilter(MOVE, switch))
    return switch


def add_switches(column: QVBoxLayout, switches: Iterable[Switch]) -> None:
    """Add ``switches`` to ``column``, two per row."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(4)
    for position, switch in enumerate(switches):
        grid.addWidget(switch, position // 2, position % 2)
        grid.setColumnMinimumWidth(position % 2, PAIR_WIDTH)
        grid.setColumnStretch(position % 2, 1)
    column.addLayout(grid)

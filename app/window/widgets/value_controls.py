"""Sliders, combo boxes and spin boxes that react to the wheel only while focused.

Turning the wheel over a panel scrolls the panel and does not change the control under the pointer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QComboBox, QDoubleSpinBox, QSlider, QSpinBox, QWidget

if TYPE_CHECKING:
    Widget = QWidget
else:  # Qt allows one of its classes among the bases; the mixin's user brings it
    Widget = object


class FocusedWheel(Widget):
    """Ignores the wheel unless focused, and is not focused by the wheel; put it before the Qt class."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Leave the event to the scroll area around the control, unless the control has the focus."""
        if event is not None and not self.hasFocus():
            event.ignore()
        else:
            super().wheelEvent(event)


class Slider(FocusedWheel, QSlider):
    """A slider."""


class ComboBox(FocusedWheel, QComboBox):
    """A combo box."""


class SpinBox(FocusedWheel, QSpinBox):
    """A spin box."""


class DoubleSpinBox(FocusedWheel, QDoubleSpinBox):
    """A spin box for decimals."""

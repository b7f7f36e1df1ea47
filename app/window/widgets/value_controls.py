"""Sliders, combo boxes and spin boxes that react to the wheel only while focused, and then keep their keys.

Turning the wheel over a panel scrolls the panel and does not change the control under the pointer. The keys that move a
focused control are not taken by the shortcuts of the window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QComboBox, QDoubleSpinBox, QSlider, QSpinBox, QWidget

from app.window.core.shortcut_filter import MOVE, STEPS, ShortcutFilter

if TYPE_CHECKING:
    Widget = QWidget
else:  # Qt allows one of its classes among the bases; the mixin's user brings it
    Widget = object


class FocusedWheel(Widget):
    """Ignores the wheel unless focused, and is not focused by the wheel; put it before the Qt class."""

    keys: ClassVar[tuple[Qt.Key, ...]] = MOVE

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.installEventFilter(ShortcutFilter(self.keys, self))

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

    keys = STEPS


class DoubleSpinBox(FocusedWheel, QDoubleSpinBox):
    """A spin box for decimals."""

    keys = STEPS

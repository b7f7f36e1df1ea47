"""Windows and dialogs that fit on the screen, and parts that scroll where they do not fit."""

from __future__ import annotations

from PyQt6.QtCore import QRect, QSize, Qt
from PyQt6.QtWidgets import QFrame, QScrollArea, QStyle, QWidget

FRAME = QSize(16, 48)
"""Assumed size of window borders and title bar, in pixels."""
MIN_SIZE = QSize(60, 44)
"""Minimum size of a scrolling part, in pixels."""


def room_on_screen(widget: QWidget) -> QRect:
    """The area of the screen in which the window of ``widget`` fits, without its frame."""
    screen = widget.screen()
    whole = screen.availableGeometry() if screen is not None else QRect(0, 0, 800, 600)
    sides = FRAME.width() // 2
    return whole.adjusted(sides, FRAME.height() - sides, -sides, -sides)


def fit_on_screen(window: QWidget, wanted: QSize | None = None) -> None:
    """Resize ``window`` to ``wanted`` (None: to its content), at most to the size of the screen.

    Larger content must be in a ``Scrolling``. Call it before the window is shown, so that its final size is known when
    it is placed on the screen.
    """
    room = room_on_screen(window)
    for part in (window, *window.findChildren(QWidget)):
        part.ensurePolished()  # applies fonts and paddings of the style sheet
        if isinstance(part, Scrolling):
            part.updateGeometry()
    size = wanted or window.sizeHint().expandedTo(window.minimumSize())
    if wanted is None and size.height() > room.height() and (style := window.style()) is not None:
        size.setWidth(size.width() + style.pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent, None, window))
    if wanted is None and window.testAttribute(Qt.WidgetAttribute.WA_Resized):
        size = size.expandedTo(window.size())
    window.setMinimumSize(window.minimumSize().boundedTo(room.size()))
    window.resize(size.boundedTo(room.size()))


class Scrolling(QScrollArea):
    """Shows ``widget``, with scroll bars if it does not fit; horizontal ones only if ``sideways``."""

    def __init__(self, widget: QWidget, *, sideways: bool = False) -> None:
        super().__init__()
        self._sideways = sideways
        self.setWidget(widget)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        if not sideways:
            self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def sizeHint(self) -> QSize:
        """The size of the whole content."""
        widget = self.widget()
        return widget.sizeHint() if widget is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        """A small size; without horizontal scrolling, wide enough for the content and the scroll bar."""
        widget, bar = self.widget(), self.verticalScrollBar()
        if self._sideways or widget is None or bar is None:
            return MIN_SIZE
        return QSize(widget.minimumSizeHint().width() + bar.sizeHint().width(), MIN_SIZE.height())

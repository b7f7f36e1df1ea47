"""What limits the accuracy of the recording, one line for each fault, with what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.window.i18n.tr import tr


@dataclass(frozen=True, slots=True)
class CheckSection:
    """One part of the panel: its ``title``, the translated ``lines``, and what is shown where there are none."""

    title: str
    lines: tuple[str, ...]
    otherwise: str


class CheckPanel(QScrollArea):
    """Shows the findings about what is played and what was recorded; ``show_sections`` replaces them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Recording check"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        body = QWidget()
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(14, 10, 14, 14)
        self._column.setSpacing(8)
        self.setWidget(body)
        self._shown: tuple[CheckSection, ...] | None = None
        self.show_sections(())

    @property
    def texts(self) -> list[str]:
        """All lines that are shown."""
        return [label.text() for label in self.findChildren(QLabel)]

    def show_sections(self, sections: Sequence[CheckSection]) -> None:
        """Show these instead; without any, what the panel is for."""
        if self._shown == tuple(sections):
            return
        self._shown = tuple(sections)
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        for section in sections:
            if self._column.count():
                self._column.addSpacing(8)
            self._column.addWidget(_label(section.title.upper(), "heading"))
            for line in section.lines:
                self._column.addWidget(_finding(line))
            if not section.lines:
                self._column.addWidget(_label(section.otherwise, "faint"))
        if not sections:
            hint = tr("Faults of a recording that limit its accuracy are listed here while it is made or analysed.")
            self._column.addWidget(_label(hint, "faint"))
        self._column.addStretch(1)


def _finding(text: str) -> QFrame:
    frame = QFrame()
    frame.setObjectName("finding")
    column = QVBoxLayout(frame)
    column.setContentsMargins(10, 7, 8, 7)
    column.addWidget(_label(text))
    return frame


def _label(text: str, name: str = "") -> QLabel:
    """A label that wraps its text and allows it to be selected."""
    label = QLabel(text)
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return label

"""The controls for what is drawn on the picture besides people: angles, and tools for annotations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QSize, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from app.window.i18n.tr import tr
from app.window.panels.angle_choice import AngleChoice
from app.window.video.side_legend import legend_texts
from app.window.widgets.title_follower import TitleFollower

if TYPE_CHECKING:  # the overlay brings OpenCV along
    from app.overlay import Marks

ICON = QSize(20, 20)


class MarkControls(QWidget):
    """A row with the choice of ``angles``, and one with buttons for the tools.

    ``changed`` is emitted when other marks are drawn: after a choice, and after ``know``.
    """

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.angles = AngleChoice()
        self.angles.changed.connect(self.changed)
        self._known: dict[str, Any] = {}
        title = QLabel(tr("Angles"))
        TitleFollower(title, self.angles)
        first = QHBoxLayout()
        first.addWidget(title, 1)
        first.addWidget(self.angles)
        self._tools = QHBoxLayout()
        self._tools.setSpacing(2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(first)
        column.addLayout(self._tools)

    def add_tools(self, actions: list[QAction]) -> None:
        """Add a button for each of the tools."""
        title = QLabel(tr("Draw"))
        self._tools.addWidget(title, 1)
        for action in actions:
            button = QToolButton()
            button.setDefaultAction(action)
            button.setIconSize(ICON)
            button.setAccessibleName(action.text())
            self._tools.addWidget(button)

    def know(self, **known: Any) -> None:
        """Set fields of the ``Marks`` that are not chosen here: annotations, angles of the clip, the scale."""
        if any(self._known.get(name) != value for name, value in known.items()):
            self._known |= known
            self.changed.emit()

    def retranslate(self, _: Callable[[str], str]) -> None:
        """Let the legend in films and pictures be made again, in the present language."""
        self.changed.emit()

    def marks(self, on: Mapping[str, bool]) -> Marks:
        """What is drawn; ``on`` says which switches are."""
        from app.overlay import Marks

        return Marks(
            angles=self.angles.chosen,
            grid=on["grid"],
            plumb=on["plumb"],
            edits=on["corrections"],
            legend=legend_texts() if on["legend"] else {},
            **self._known,
        )

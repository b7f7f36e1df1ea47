"""The choice of angles that are drawn on the picture: a button with a menu of check boxes."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QPoint, QRect, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QMenu, QPushButton

from app.core.skeleton import Skeleton
from app.window.i18n.backend_messages import display_name
from app.window.i18n.tr import tr
from app.window.panels.rows import CHOICE_WIDTH
from app.window.style.icons import icon

ARROW = 12
"""Size of the arrow in pixels, as that of a combo box."""


class AngleChoice(QPushButton):
    """Shows which angles are chosen, and offers those of ``skeleton`` (all, while none is known).

    ``chosen`` are their names; ``changed`` is emitted when the user changes them.
    """

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("place")
        self.setFixedWidth(CHOICE_WIDTH)
        self.setAccessibleName(tr("Angles on the picture"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.skeleton: Skeleton | None = None
        self.menu_shown = _StayingMenu(self)
        self._chosen: tuple[str, ...] = ()
        self.clicked.connect(self.open_menu)
        self._show()

    @property
    def chosen(self) -> tuple[str, ...]:
        """The names of the chosen angles."""
        return self._chosen

    def choose(self, names: tuple[str, ...]) -> None:
        """Choose ``names`` instead, without emitting ``changed``."""
        self._chosen = names
        self._show()

    def open_menu(self) -> None:
        """Offer the angles below the button."""
        from app.analysis.angles import ANGLES, JOINTS, angle_names

        offered = angle_names(self.skeleton) if self.skeleton is not None else tuple(ANGLES)
        joints = {angle.name for angle in JOINTS}
        self.menu_shown.clear()
        for name in offered:
            if self.menu_shown.actions() and name not in joints and offered[offered.index(name) - 1] in joints:
                self.menu_shown.addSeparator()
            entry = self.menu_shown.addAction(display_name(name).capitalize())
            assert entry is not None
            entry.setCheckable(True)
            entry.setChecked(name in self._chosen)
            entry.toggled.connect(lambda on, name=name: self._set(name, on))
        if not offered:
            entry = self.menu_shown.addAction(tr("This model has no keypoints for angles"))
            assert entry is not None
            entry.setEnabled(False)
        self.menu_shown.popup(self.mapToGlobal(QPoint(0, self.height() + 2)))

    def retranslate(self, _: Callable[[str], str]) -> None:
        """Show the names in the present language."""
        self._show()

    def _set(self, name: str, on: bool) -> None:
        others = tuple(other for other in self._chosen if other != name)
        self._chosen = (*others, name) if on else others
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        """Show the names, or how many there are."""
        titles = [display_name(name).capitalize() for name in self._chosen]
        text = titles[0] if len(titles) == 1 else tr("{count} angles", count=len(titles)) if titles else tr("None")
        self.setText(text)
        self.setToolTip("\n".join(titles))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the arrow of a choice beside the text."""
        super().paintEvent(event)
        painter = QPainter(self)
        place = QRect(self.width() - ARROW - 9, (self.height() - ARROW) // 2, ARROW, ARROW)
        icon("down").paint(painter, place)


class _StayingMenu(QMenu):
    """A menu that stays open while its entries are checked."""

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Check the entry under the pointer."""
        entry = self.actionAt(event.position().toPoint()) if event is not None else None
        if entry is not None and entry.isCheckable() and entry.isEnabled():
            entry.toggle()
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Space and Enter check the present entry."""
        entry = self.activeAction()
        keys = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event is not None and event.key() in keys and entry is not None and entry.isCheckable():
            entry.toggle()
        else:
            super().keyPressEvent(event)

"""Undo and redo of everything that the user changes in the open source."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QAction, QUndoCommand, QUndoStack

from app.window.core.action_specs import explain_action, name_action
from app.window.i18n.tr import tr

if TYPE_CHECKING:
    from app.analysis import Analysis
    from app.analysis.edits import Edits


class Undo(QObject):
    """Steps of the user, each of which can be taken back and repeated with the actions *undo* and *redo*.

    ``changed`` is emitted after every step, taken back or not. ``clear`` must be called when another source is opened.
    """

    changed = pyqtSignal()

    def __init__(self, actions: dict[str, QAction], parent: QObject) -> None:
        super().__init__(parent)
        self._actions = actions
        self._stack = QUndoStack(self)
        self._stack.setUndoLimit(1000)
        self._stack.indexChanged.connect(self._show)
        actions["undo"].triggered.connect(lambda _: self._stack.undo())
        actions["redo"].triggered.connect(lambda _: self._stack.redo())
        self._show()

    def push(self, text: str, do: Callable[[], None], undo: Callable[[], None]) -> None:
        """Run ``do``, and keep it as a step named ``text`` that ``undo`` takes back."""
        self._stack.push(_Step(text, self._then_changed(do), self._then_changed(undo)))

    def edit(self, text: str, analysis: Analysis, edits: Edits) -> None:
        """Replace the edits of ``analysis`` by ``edits``, as a step named ``text``."""
        before = analysis.edits
        self.push(text, lambda: analysis.set_edits(edits), lambda: analysis.set_edits(before))

    def clear(self) -> None:
        """Forget all steps; nothing is taken back."""
        self._stack.clear()

    def _then_changed(self, change: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            change()
            self.changed.emit()

        return run

    def _show(self, _index: int = 0) -> None:
        """Name the step that each action would take."""
        stack = self._stack
        for name, usual, step, can in (
            ("undo", tr("Undo"), stack.undoText(), stack.canUndo()),
            ("redo", tr("Redo"), stack.redoText(), stack.canRedo()),
        ):
            name_action(self._actions[name], f"{usual}: {step.replace('&', '&&')}" if step else usual)
            self._actions[name].setEnabled(can)
            explain_action(self._actions[name], "" if can else tr("nothing was changed"))


class _Step(QUndoCommand):
    def __init__(self, text: str, do: Callable[[], None], undo: Callable[[], None]) -> None:
        super().__init__(text)
        self._do = do
        self._undo = undo

    def redo(self) -> None:
        """Take the step; Qt calls this when it is pushed, too."""
        self._do()

    def undo(self) -> None:
        """Take the step back."""
        self._undo()

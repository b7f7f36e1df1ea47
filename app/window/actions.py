"""Everything that can be done in the window, with its words, icon and keys."""

from __future__ import annotations

from typing import NamedTuple

from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QWidget

from app.window.icons import icon
from app.window.theme import RECORD_RED


class Deed(NamedTuple):
    """One thing to do."""

    text: str
    icon: str = ""
    keys: str = ""


DEEDS = {
    "open": Deed("Open video…", "open", "Ctrl+O"),
    "open-folder": Deed("Open folder…", "", "Ctrl+Shift+O"),
    "import": Deed("Import network…", "", "Ctrl+I"),
    "camera": Deed("Camera", "camera"),
    "demo": Deed("Try the demo"),
    "play": Deed("Play", "play", "Space"),
    "step-back": Deed("One frame back", "step-back", "Left"),
    "step-forward": Deed("One frame on", "step-forward", "Right"),
    "home": Deed("To the beginning", "", "Home"),
    "end": Deed("To the end", "", "End"),
    "record": Deed("Record", "record", "R"),
    "full-screen": Deed("Full screen", "full-screen", "F"),
    "panel": Deed("Settings", "panel", "P"),
    "leave": Deed("Leave", "", "Esc"),
    "skeleton": Deed("Skeleton", "", "S"),
    "boxes": Deed("Boxes", "", "B"),
    "ids": Deed("Ids", "", "I"),
    "mirror": Deed("Mirror", "", "M"),
}


def make_actions(window: QWidget) -> dict[str, QAction]:
    """An action of ``window`` for every deed."""
    actions = {}
    for name, deed in DEEDS.items():
        action = QAction(window)
        if deed.keys:
            action.setShortcut(QKeySequence(deed.keys))
        name_action(action, deed.text)
        window.addAction(action)
        actions[name] = action
    dress_actions(actions)
    return actions


def name_action(action: QAction, text: str) -> None:
    """What the action is called now; its tip tells the keys too."""
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    action.setText(text)
    action.setToolTip(f"{text.rstrip('…')} ({keys})" if keys else text.rstrip("…"))


def dress_actions(actions: dict[str, QAction]) -> None:
    """Give every action its icon in the colours of the hour."""
    for name, deed in DEEDS.items():
        if deed.icon:
            actions[name].setIcon(icon(deed.icon, RECORD_RED if name == "record" else ""))

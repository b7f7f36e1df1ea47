"""Everything that can be done in the window, with its words, icon and keys."""

from __future__ import annotations

from typing import NamedTuple

from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QWidget

from app.window.icons import icon
from app.window.theme import RECORD_RED
from app.window.words import later, tr


class Deed(NamedTuple):
    """One thing to do; ``lasting`` where it is switched on and off."""

    text: str
    icon: str = ""
    keys: str = ""
    lasting: bool = False


DEEDS = {
    "open": Deed(later("Open video…"), "open", "Ctrl+O"),
    "open-folder": Deed(later("Open folder…"), "", "Ctrl+Shift+O"),
    "open-recording": Deed(later("Open recorded people…"), "", "Ctrl+Shift+J"),
    "demo": Deed(later("Try the demo"), "", "Ctrl+D"),
    "screenshot": Deed(later("Save this picture…"), "screenshot", "Ctrl+P"),
    "export": Deed(later("Export…"), "export", "Ctrl+E"),
    "settings": Deed(later("Settings…"), "", "Ctrl+,"),
    "close-source": Deed(later("Close"), "", "Ctrl+W"),
    "quit": Deed(later("Quit"), "", "Ctrl+Q"),
    "play": Deed(later("Play"), "play", "Space"),
    "backwards": Deed(later("Play backwards, again: faster"), "", "J"),
    "halt": Deed(later("Stop here"), "", "K"),
    "forwards": Deed(later("Play forwards, again: faster"), "", "L"),
    "step-back": Deed(later("One frame back"), "step-back", "Left"),
    "step-forward": Deed(later("One frame on"), "step-forward", "Right"),
    "home": Deed(later("To the beginning"), "", "Home"),
    "end": Deed(later("To the end"), "", "End"),
    "slower": Deed(later("Slower"), "", "["),
    "faster": Deed(later("Faster"), "", "]"),
    "plain-speed": Deed(later("Speed as filmed"), "", "="),
    "mark-in": Deed(later("Begin here"), "", "Ctrl+["),
    "mark-out": Deed(later("End here"), "", "Ctrl+]"),
    "go-in": Deed(later("Go to where it begins"), "", "Ctrl+Home"),
    "go-out": Deed(later("Go to where it ends"), "", "Ctrl+End"),
    "unmark": Deed(later("The whole file again"), "", "Ctrl+\\"),
    "loop": Deed(later("Over and over"), "loop", "Ctrl+L", lasting=True),
    "every-frame": Deed(later("Every frame, even if that takes longer"), "", "Ctrl+Shift+F", lasting=True),
    "pin": Deed(later("Pin this moment to compare"), "", "C", lasting=True),
    "analyse-again": Deed(later("Look for everybody again")),
    "camera": Deed(later("Camera"), "camera"),
    "record": Deed(later("Record"), "record", "R"),
    "record-clean": Deed(later("Record without the drawing"), "", "", lasting=True),
    "save-last": Deed(later("Save the last seconds…"), "", "Ctrl+R"),
    "virtual-camera": Deed(later("Be a camera for other programs"), "", "", lasting=True),
    "full-screen": Deed(later("Full screen"), "full-screen", "F"),
    "zoom-in": Deed(later("Zoom in"), "", "Ctrl++"),
    "zoom-out": Deed(later("Zoom out"), "", "Ctrl+-"),
    "zoom-fit": Deed(later("Whole picture"), "", "Ctrl+0"),
    "zoom-actual": Deed(later("Pixel for pixel"), "", "Ctrl+1"),
    "panel": Deed(later("Side panel"), "panel", "P"),
    "leave": Deed(later("Leave"), "", "Esc"),
    "skeleton": Deed(later("Skeleton"), "", "S"),
    "boxes": Deed(later("Boxes"), "", "B"),
    "ids": Deed(later("Ids"), "", "I"),
    "mirror": Deed(later("Mirror"), "", "M"),
    "models": Deed(later("Models…"), "", "Ctrl+M"),
    "import": Deed(later("Import network…"), "", "Ctrl+I"),
    "shortcuts": Deed(later("Keyboard shortcuts…"), "", "F1"),
    "diagnostics": Deed(later("Copy diagnostics")),
    "about": Deed(later("About Stance")),
}


def make_actions(window: QWidget) -> dict[str, QAction]:
    """An action of ``window`` for every deed."""
    actions = {}
    for name, deed in DEEDS.items():
        action = QAction(window)
        action.setCheckable(deed.lasting)
        if deed.keys:
            action.setShortcut(QKeySequence(deed.keys))
        name_action(action, tr(deed.text))
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

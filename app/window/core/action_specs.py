"""All actions of the window, with their texts, icons and shortcuts."""

from __future__ import annotations

from typing import NamedTuple

from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QWidget

from app.window.i18n.tr import later, tr
from app.window.style.icons import icon
from app.window.style.theme import RECORD_RED


class ActionSpec(NamedTuple):
    """One action; ``lasting`` if it is switched on and off. Several ``keys`` are separated by "; "."""

    text: str
    icon: str = ""
    keys: str = ""
    lasting: bool = False


ACTION_SPECS = {
    "open": ActionSpec(later("Open video…"), "open", "Ctrl+O"),
    "open-folder": ActionSpec(later("Open folder…"), "", "Ctrl+Shift+O"),
    "open-recording": ActionSpec(later("Open pose data…"), "", "Ctrl+Shift+J"),
    "open-project": ActionSpec(later("Open project…"), "", "Ctrl+Alt+O"),
    "save-project": ActionSpec(later("Save project as…"), "", "Ctrl+S"),
    "queue": ActionSpec(later("Analyse many clips…"), "", "Ctrl+Shift+B"),
    "queue-folder": ActionSpec(later("Analyse a folder…"), "", "Ctrl+Alt+B"),
    "demo": ActionSpec(later("Try the demo"), "", "Ctrl+D"),
    "screenshot": ActionSpec(later("Save image…"), "screenshot", "Ctrl+P; Shift+Return"),
    "export": ActionSpec(later("Export…"), "export", "Ctrl+E"),
    "report": ActionSpec(later("Report…"), "", "Ctrl+Shift+E"),
    "scale": ActionSpec(later("Scale and floor…")),
    "settings": ActionSpec(later("Settings…"), "", "Ctrl+,"),
    "close-source": ActionSpec(later("Close"), "", "Ctrl+W"),
    "quit": ActionSpec(later("Quit"), "", "Ctrl+Q"),
    "undo": ActionSpec(later("Undo"), "", "Ctrl+Z"),
    "redo": ActionSpec(later("Redo"), "", "Ctrl+Shift+Z"),
    "revert-edits": ActionSpec(later("Take back all edits of people")),
    "correct": ActionSpec(later("Correct keypoints"), "", "E", lasting=True),
    "play": ActionSpec(later("Play"), "play", "Space"),
    "backwards": ActionSpec(later("Play backwards (again: faster)"), "", "J"),
    "halt": ActionSpec(later("Stop"), "", "K"),
    "forwards": ActionSpec(later("Play forwards (again: faster)"), "", "L"),
    "step-back": ActionSpec(later("Previous frame"), "step-back", "Left"),
    "step-forward": ActionSpec(later("Next frame"), "step-forward", "Right"),
    "home": ActionSpec(later("Go to start"), "", "Home"),
    "end": ActionSpec(later("Go to end"), "", "End"),
    "tenth-back": ActionSpec(later("Back a tenth of the clip"), "", "PgUp"),
    "tenth-forward": ActionSpec(later("Forward a tenth of the clip"), "", "PgDown"),
    "seconds-back": ActionSpec(later("Back 5 seconds"), "", "Shift+Left"),
    "seconds-forward": ActionSpec(later("Forward 5 seconds"), "", "Shift+Right"),
    "go-to": ActionSpec(later("Go to time or frame…"), "", "Ctrl+G"),
    "slower": ActionSpec(later("Slower"), "", "[; Down"),
    "faster": ActionSpec(later("Faster"), "", "]; Up"),
    "plain-speed": ActionSpec(later("Normal speed"), "", "="),
    "mark-in": ActionSpec(later("Set in point"), "", "Ctrl+["),
    "mark-out": ActionSpec(later("Set out point"), "", "Ctrl+]"),
    "go-in": ActionSpec(later("Go to in point"), "", "Ctrl+Home"),
    "go-out": ActionSpec(later("Go to out point"), "", "Ctrl+End"),
    "unmark": ActionSpec(later("Clear in and out points"), "", "Ctrl+\\"),
    "loop": ActionSpec(later("Loop"), "loop", "Ctrl+L", lasting=True),
    "mark": ActionSpec(later("Mark this frame"), "", "Ins"),
    "mark-delete": ActionSpec(later("Delete mark"), "", "Ctrl+Del"),
    "mark-back": ActionSpec(later("Previous mark"), "", "Ctrl+Left"),
    "mark-forward": ActionSpec(later("Next mark"), "", "Ctrl+Right"),
    "every-frame": ActionSpec(later("Play every frame, even if slower"), "", "Ctrl+Shift+F", lasting=True),
    "pin": ActionSpec(later("Pin this frame for comparison"), "", "C", lasting=True),
    "second-clip": ActionSpec(later("Compare with a second clip…"), "", "Ctrl+K"),
    "same-moment": ActionSpec(later("Same moment in both clips"), "", "F8"),
    "analyse-again": ActionSpec(later("Analyse again")),
    "camera": ActionSpec(later("Camera"), "camera"),
    "record": ActionSpec(later("Record"), "record", "R; Ctrl+Return"),
    "record-clean": ActionSpec(later("Record without overlay"), "", "", lasting=True),
    "save-last": ActionSpec(later("Save replay…"), "", "Ctrl+R"),
    "delay-more": ActionSpec(later("Delay the picture by 1 second more"), "", "Shift+Up"),
    "delay-less": ActionSpec(later("Delay the picture by 1 second less"), "", "Shift+Down"),
    "delay-frame-more": ActionSpec(later("Delay by 1 frame more"), "", "Ctrl+Up"),
    "delay-frame-less": ActionSpec(later("Delay by 1 frame less"), "", "Ctrl+Down"),
    "virtual-camera": ActionSpec(later("Virtual camera"), "", "", lasting=True),
    "send": ActionSpec(later("Send to…"), "", "Ctrl+Shift+L"),
    "full-screen": ActionSpec(later("Full screen"), "full-screen", "F", lasting=True),
    "zoom-in": ActionSpec(later("Zoom in"), "", "Ctrl++"),
    "zoom-out": ActionSpec(later("Zoom out"), "", "Ctrl+-"),
    "zoom-fit": ActionSpec(later("Fit to window"), "", "Ctrl+0"),
    "zoom-actual": ActionSpec(later("Actual size"), "", "Ctrl+1"),
    "panel": ActionSpec(later("Side panel"), "panel", "P", lasting=True),
    "simple-view": ActionSpec(later("Simple view"), "", "Ctrl+Shift+S", lasting=True),
    "three-d": ActionSpec(later("3-D view"), "", "Ctrl+3", lasting=True),
    "three-d-front": ActionSpec(later("3-D view from the front"), "", "1"),
    "three-d-side": ActionSpec(later("3-D view from the right"), "", "3"),
    "three-d-top": ActionSpec(later("3-D view from above"), "", "7"),
    "three-d-opposite": ActionSpec(later("3-D view from the other side"), "", "9"),
    "three-d-parallel": ActionSpec(later("3-D view with or without perspective"), "", "5"),
    "three-d-reset": ActionSpec(later("Reset the 3-D view"), "", "0"),
    "leave": ActionSpec(later("Go back"), "", "Esc"),
    "skeleton": ActionSpec(later("Skeleton"), "", "S", lasting=True),
    "boxes": ActionSpec(later("Boxes"), "", "B", lasting=True),
    "ids": ActionSpec(later("IDs"), "", "I", lasting=True),
    "tool-select": ActionSpec(later("Select"), "tool-select", "", lasting=True),
    "tool-line": ActionSpec(later("Draw a line"), "tool-line", "", lasting=True),
    "tool-distance": ActionSpec(later("Measure a distance"), "tool-distance", "", lasting=True),
    "tool-angle": ActionSpec(later("Measure an angle"), "tool-angle", "", lasting=True),
    "tool-arrow": ActionSpec(later("Draw an arrow"), "tool-arrow", "", lasting=True),
    "tool-text": ActionSpec(later("Write a text"), "tool-text", "", lasting=True),
    "mirror": ActionSpec(later("Mirror"), "", "M", lasting=True),
    "models": ActionSpec(later("Models…"), "", "Ctrl+M"),
    "import": ActionSpec(later("Import model…"), "", "Ctrl+I"),
    "shortcuts": ActionSpec(later("Keyboard shortcuts…"), "", "F1"),
    "diagnostics": ActionSpec(later("Copy diagnostics")),
    "about": ActionSpec(later("About Stance")),
}


def make_actions(window: QWidget) -> dict[str, QAction]:
    """Create the actions of ``window``, by name."""
    actions = {}
    for name, spec in ACTION_SPECS.items():
        action = QAction(window)
        action.setCheckable(spec.lasting)
        action.setIconVisibleInMenu(not spec.lasting)  # the check mark is shown in its place
        set_keys(action, spec.keys)
        name_action(action, tr(spec.text))
        window.addAction(action)
        actions[name] = action
    update_action_icons(actions)
    return actions


def set_keys(action: QAction, keys: str) -> None:
    """Set the shortcuts of ``action``: key sequences in Qt's portable format, separated by "; "."""
    action.setShortcuts(key_sequences(keys))


def key_sequences(keys: str) -> list[QKeySequence]:
    """The key sequences in ``keys``; none if it is empty."""
    return [one for one in QKeySequence.listFromString(keys) if not one.isEmpty()]


def keys_of(action: QAction) -> str:
    """The shortcuts of ``action``, as ``set_keys`` takes them."""
    return QKeySequence.listToString(action.shortcuts())


def name_action(action: QAction, text: str) -> None:
    """Set the text of ``action``; its tooltip shows the shortcut too."""
    action.setText(text)
    explain_action(action, "")


def explain_action(action: QAction, reason: str) -> None:
    """Show in the tooltip of ``action`` why it is disabled; without a ``reason``, its shortcut."""
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    text = action.text().replace("&&", "&").rstrip("…")
    action.setToolTip(f"{text}: {reason}" if reason else f"{text} ({keys})" if keys else text)


def update_action_icons(actions: dict[str, QAction]) -> None:
    """Set the icons of all actions for the current theme."""
    for name, spec in ACTION_SPECS.items():
        if spec.icon:
            actions[name].setIcon(icon(spec.icon, RECORD_RED if name == "record" else ""))

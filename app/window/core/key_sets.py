"""Sets of keyboard shortcuts: those of Stance, and those that users of Kinovea and mpv know."""

from __future__ import annotations

from collections.abc import Mapping

from app.window.core.action_specs import ACTION_SPECS
from app.window.core.preferences import Preferences

STANCE = "stance"
KINOVEA_KEYS = {
    "slower": "Down; [",
    "faster": "Up; ]",
    "full-screen": "F11; F",
    "screenshot": "Shift+Return; Ctrl+P",
    "record": "Ctrl+Return; R",
    "mark": "Ins",
    "mark-delete": "Ctrl+Del",
    "close-source": "Ctrl+F4; Ctrl+W",
    "seconds-back": "",
    "seconds-forward": "",
}
"""What differs from Stance's keys; the hotkeys of Kinovea's player and capture screens."""
MPV_KEYS = {
    "play": "Space; P",
    "step-back": ",",
    "step-forward": ".",
    "seconds-back": "Left",
    "seconds-forward": "Right",
    "tenth-back": "Shift+PgUp",
    "tenth-forward": "Shift+PgDown",
    "mark-back": "PgDown; Ctrl+Left",
    "mark-forward": "PgUp; Ctrl+Right",
    "slower": "[",
    "faster": "]",
    "plain-speed": "Backspace; =",
    "screenshot": "S; Ctrl+P",
    "skeleton": "Shift+S",
    "loop": "L; Ctrl+L",
    "forwards": "Shift+L",
    "full-screen": "F",
    "panel": "Shift+P",
    "quit": "Q; Ctrl+Q",
}
"""The default keys of mpv: its chapters are the marks here, PgUp goes to the next one."""
KEY_SETS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    STANCE: ("Stance", {}),
    "kinovea": ("Kinovea", KINOVEA_KEYS),
    "mpv": ("mpv", MPV_KEYS),
}
"""The name of each set, and its keys that differ from those of Stance, by action."""


def chosen_set(preferences: Preferences) -> str:
    """The name of the set that the user has chosen."""
    return str(preferences.part("keys").get("set", STANCE))


def keep_set(preferences: Preferences, name: str) -> None:
    """Save the choice of the set ``name``."""
    preferences.keep_part("keys", {"set": name})


def usual_keys(name: str) -> dict[str, str]:
    """The keys of every action in the set ``name``; those of Stance if there is no such set."""
    _, others = KEY_SETS.get(name, KEY_SETS[STANCE])
    return {action: spec.keys for action, spec in ACTION_SPECS.items()} | dict(others)

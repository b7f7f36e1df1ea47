"""Mirroring per source: saved for each camera, off for clips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from app.window.core.preferences import Preferences
from app.window.player.player import Player
from app.window.widgets.toggle import Switch

if TYPE_CHECKING:
    from app.sources import Source


class MirrorMemory(QObject):
    """Sets ``switch`` for each source that ``player`` opens, and saves the user's choice for each camera.

    ``given`` (from the command line) applies to the first source and is not saved.
    """

    def __init__(self, preferences: Preferences, player: Player, switch: Switch, given: bool) -> None:
        super().__init__(player)
        self._preferences = preferences
        self._player = player
        self._switch = switch
        self._given = given
        self._last_text = self._camera = ""
        switch.setChecked(given)
        switch.toggled.connect(self._on_toggled)
        player.opened.connect(self._on_opened)

    def _on_opened(self) -> None:
        source, text = self._player.source, self._player.asked
        if source is None or text == self._last_text:
            return
        first, self._last_text = not self._last_text, text
        camera, self._camera = camera_name(source), ""  # empty while the switch is not set by the user
        note = self._player.film_note
        if note is not None and note.mirrored:  # the recorded frames are mirrored already
            self._switch.setChecked(False)
        elif not (first and self._given):
            self._switch.setChecked(bool(camera) and self._preferences.is_mirrored(camera))
        self._camera = camera

    def _on_toggled(self, on: bool) -> None:
        if self._camera:
            self._preferences.keep_mirrored(self._camera, on)


def camera_name(source: Source) -> str:
    """The system's name of the camera, independent of its index; else the text it was opened with. Empty for a clip."""
    if not source.live:
        return ""
    return getattr(source, "system_name", "") or source.name.partition("@")[0]

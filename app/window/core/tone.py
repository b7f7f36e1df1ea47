"""Short tones, which are generated; silent where the system can play no sound."""

from __future__ import annotations

import math
import struct
import tempfile
import wave
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QUrl

if TYPE_CHECKING:
    from PyQt6.QtMultimedia import QSoundEffect

RATE = 44_100
"""Samples per second."""
SECONDS = 0.12
FADE_S = 0.01
"""How long a tone swells and fades, in seconds, so that it does not click."""
LEVEL = 0.5
PITCHES = {"count": 880.0, "tick": 660.0, "start": 1320.0}
"""Frequencies in hertz, by the name of the tone."""


class Tones(QObject):
    """Plays the tones named in ``PITCHES``. ``available`` is False where they cannot be heard."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.available = True
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._effects: dict[str, QSoundEffect] = {}

    def play(self, name: str) -> None:
        """Play the tone ``name``; do nothing where the system plays no sound."""
        if self.available and not self._effects:
            self.available = self._load()
        if self.available:
            self._effects[name].play()

    def _load(self) -> bool:
        """Make the tones; whether there is a device to play them."""
        try:  # a part of Qt that an installation may lack
            from PyQt6.QtMultimedia import QMediaDevices, QSoundEffect
        except ImportError:
            return False
        if QMediaDevices.defaultAudioOutput().isNull():
            return False
        self._folder = tempfile.TemporaryDirectory(prefix="stance-tones-", ignore_cleanup_errors=True)
        for name, pitch in PITCHES.items():
            path = Path(self._folder.name) / f"{name}.wav"
            write_tone(path, pitch)
            self._effects[name] = effect = QSoundEffect(self)
            effect.setSource(QUrl.fromLocalFile(str(path)))
        return True


def write_tone(path: Path, hertz: float) -> None:
    """Write a short tone as a mono WAV file with 16 bits."""
    count, fade = round(RATE * SECONDS), round(RATE * FADE_S)
    levels = (LEVEL * min(1.0, place / fade, (count - 1 - place) / fade) for place in range(count))
    samples = (round(32767 * level * math.sin(2 * math.pi * hertz * n / RATE)) for n, level in enumerate(levels))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))

"""Tones are generated, and missing sound is no error."""

from __future__ import annotations

import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.window.core.tone import RATE, SECONDS, Tones, write_tone


def test_a_tone_has_its_pitch_and_ends_softly(tmp_path: Path) -> None:
    write_tone(tmp_path / "tone.wav", 880.0)
    with wave.open(str(tmp_path / "tone.wav")) as file:
        assert (file.getframerate(), file.getnchannels()) == (RATE, 1)
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    assert len(samples) == round(RATE * SECONDS)
    assert abs(samples[[0, -1]]).max() < 100 < abs(samples).max()
    assert np.argmax(abs(np.fft.rfft(samples))) * RATE / len(samples) == pytest.approx(880, abs=10)


def test_without_qt_multimedia_it_is_silent(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PyQt6.QtMultimedia", None)
    parent = QObject()
    tones = Tones(parent)
    tones.play("count")
    assert not tones.available

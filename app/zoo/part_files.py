"""The catalogue's networks for hands and faces."""

from __future__ import annotations

from app.core.settings import Settings

HAND_LANDMARKS, PALM_DETECTOR, FACE_LANDMARKS = "hand-landmarks-full", "palm-detector", "face-landmarks"


def part_files(settings: Settings) -> list[str]:
    """The names of those that ``settings`` ask for."""
    return [HAND_LANDMARKS, PALM_DETECTOR] * settings.hands + [FACE_LANDMARKS] * bool(settings.face)

"""Which settings have no effect with a pose model, and why."""

from __future__ import annotations

from app.core.errors import StanceError
from app.core.message import Message
from app.core.settings import Settings
from app.pose.model import ModelInfo


def no_detector_reason(info: ModelInfo) -> str:
    """Why a pose model runs without a detector; empty if it needs boxes."""
    return "" if info.proposals == "boxes" else Message("{name} finds people itself: no detector runs.", name=info.name)


def unsupported(info: ModelInfo) -> dict[str, str]:
    """The fields of ``Settings`` that have no effect with a pose model, each with the reason."""
    reasons: dict[str, str] = {}
    if no_detector := no_detector_reason(info):
        reasons |= {"detector": no_detector, "detect_every": no_detector}
    if not info.has_flip_test:
        reasons["flip_test"] = Message("{name} has no flip test.", name=info.name)
    return reasons


def refuse_unsupported(info: ModelInfo, settings: Settings) -> None:
    """Raise StanceError if ``settings`` ask for a flip test or a detection interval that a pose model does not have."""
    if settings.flip_test and not info.has_flip_test:
        raise StanceError("{name} has no flip test: wanted no flip test.", name=info.name)
    if info.proposals == "self" and settings.detect_every != Settings().detect_every:
        raise StanceError("{name} finds people itself, in every frame: wanted no detection interval.", name=info.name)

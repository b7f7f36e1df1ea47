"""Which settings have no effect with a pose model, and why."""

from __future__ import annotations

from app.core.errors import StanceError
from app.core.message import Message
from app.core.settings import Settings
from app.pose.face_regions import HeadPoints
from app.pose.hand_regions import ArmPoints
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
    return reasons | unsupported_parts(info)


def unsupported_parts(info: ModelInfo) -> dict[str, str]:
    """Why the people of a pose model cannot get ``hands`` or a ``face``, each with the reason; empty if they can."""
    names = info.skeleton.names
    reasons: dict[str, str] = {}
    if "left_hand_root" in names:
        reasons["hands"] = Message("{name} estimates hands itself.", name=info.name)
    elif ArmPoints.of(names) is None:
        reasons["hands"] = Message("{name} does not estimate elbows and wrists.", name=info.name)
    if "face-0" in names:
        reasons["face"] = Message("{name} estimates faces itself.", name=info.name)
    elif HeadPoints.of(names) is None:
        reasons["face"] = Message("{name} does not estimate nose, eyes and ears.", name=info.name)
    return reasons


def refuse_unsupported(info: ModelInfo, settings: Settings) -> None:
    """Raise StanceError if ``settings`` ask for what has no effect with a pose model: flip test, interval or parts."""
    if settings.flip_test and not info.has_flip_test:
        raise StanceError("{name} has no flip test: wanted no flip test.", name=info.name)
    if info.proposals == "self" and settings.detect_every != Settings().detect_every:
        raise StanceError("{name} finds people itself, in every frame: wanted no detection interval.", name=info.name)
    reasons = unsupported_parts(info)
    if settings.hands and "hands" in reasons:
        raise StanceError(
            "{name} takes no hands: wanted a pose model of bodies without hands, or no --hands.", name=info.name
        )
    if settings.face and "face" in reasons:
        raise StanceError(
            "{name} takes no faces: wanted a pose model of bodies without faces, or no --face.", name=info.name
        )

"""The catalogue's networks for hands and faces."""

from __future__ import annotations

from app.core.errors import StanceError
from app.core.settings import HandNetwork, Settings
from app.zoo.catalogue import Entry, load_catalogue

HAND_LANDMARKS: dict[str, HandNetwork] = {"hand-landmarks-full": "full", "hand-landmarks-lite": "lite"}
"""By their names; the user chooses one of them."""
PALM_DETECTOR, FACE_LANDMARKS = "palm-detector", "face-landmarks"


def hand_landmarks(settings: Settings) -> str:
    """The name of the network for the keypoints of hands that ``settings`` choose."""
    return next(name for name, choice in HAND_LANDMARKS.items() if choice == settings.hand_network)


def part_files(settings: Settings) -> list[str]:
    """The names of those that ``settings`` ask for."""
    return [hand_landmarks(settings), PALM_DETECTOR] * settings.hands + [FACE_LANDMARKS] * bool(settings.face)


def refuse_other_entries(settings: Settings) -> None:
    """Raise StanceError if a model of ``settings`` is an entry of the catalogue that is no model of people."""
    for name, kind in ((settings.pose, "pose"), (settings.detector, "detector")):
        entry = load_catalogue().get(name)
        if entry is not None and entry.kind in ("part", "clip"):
            raise _refusal(entry, kind)


def _refusal(entry: Entry, kind: str) -> StanceError:
    """The error of ``entry`` as a model of ``kind``."""
    if entry.kind == "clip":
        return StanceError("{name!r} is a clip: wanted a model from --list-models.", name=entry.name)
    if kind == "detector":
        return StanceError(
            "{name!r} is not a detector of people: wanted a detector such as yolox-tiny.", name=entry.name
        )
    if entry.estimates == "hands":
        return StanceError(
            "{name!r} only adds hands to people: wanted a pose model such as rtmpose-s with --hands, "
            "or rtmpose-m_hand, which estimates single hands.",
            name=entry.name,
        )
    return StanceError(
        "{name!r} only adds faces to people: wanted a pose model such as rtmpose-s with --face, "
        "or rtmpose-m_face, which estimates single faces.",
        name=entry.name,
    )

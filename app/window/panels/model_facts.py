"""The kind of a model and what it costs, in words."""

from __future__ import annotations

from app.window.core.preferences import Preferences, Speed, own_network
from app.window.i18n.tr import tr
from app.zoo.catalogue import Entry, load_catalogue
from app.zoo.part_files import FACE_LANDMARKS, HAND_LANDMARKS, PALM_DETECTOR
from app.zoo.sorts import ModelKind, Subject, model_kind, subject_of


class ModelFacts:
    """Kind, accuracy, size and cost of models, by name in the catalogue or path.

    The cost is the time that ``preferences`` have from this machine, or else the input size. A network of the user is
    unknown until it was loaded once.
    """

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    def kind(self, name: str) -> ModelKind | None:
        """The kind of the model; None if unknown."""
        entry = load_catalogue().get(name)
        if entry is not None:
            return model_kind(entry)
        facts = self._preferences.facts(own_network(name))
        return None if facts is None else facts.kind

    def subject(self, name: str) -> Subject | None:
        """What the pose model estimates; None if unknown."""
        entry = load_catalogue().get(name)
        if entry is not None:
            return subject_of(entry)
        facts = self._preferences.facts(own_network(name))
        return None if facts is None else facts.subject

    def size(self, name: str) -> tuple[int, int] | None:
        """Width and height of the input in pixels; None if unknown."""
        entry = load_catalogue().get(name)
        if entry is not None:
            return None if entry.card is None else entry.card.picture.size
        facts = self._preferences.facts(own_network(name))
        return None if facts is None else facts.size

    def speed(self, name: str) -> Speed | None:
        """The time measured on this machine, if any."""
        return self._preferences.speed(own_network(name) or name)

    def cost(self, name: str) -> str:
        """The measured time per person or per frame; empty if not measured."""
        speed = self.speed(name)
        return time_text(self.kind(name), speed) if speed is not None else ""

    def short(self, name: str, missing: str = "") -> str:
        """Kind, AP and cost in a few words, "One-stage · AP 0.686 · 38 ms per frame".

        ``missing`` replaces an unknown time.
        """
        kind = self.kind(name)
        title = "" if kind is None or kind == "detector" else kind_title(kind)
        return _joined(title, self.accuracy(name), self.cost(name) or missing or self._size_text(name))

    def accuracy(self, name: str) -> str:
        """The accuracy in the catalogue, "AP 0.723"; empty if unknown."""
        entry = load_catalogue().get(name)
        return tr("AP {ap}", ap=f"{entry.ap:.3f}") if entry is not None and entry.ap is not None else ""

    def file_size(self, name: str) -> str:
        """The size of the file of a model of the catalogue, "23 MB"; empty if unknown."""
        entry = load_catalogue().get(name)
        return tr("{size} MB", size=f"{entry.bytes / 1e6:.0f}") if entry is not None and entry.bytes else ""

    def long(self, name: str) -> str:
        """All that is known about the chosen model; a line more about a kind that needs no detector."""
        kind = self.kind(name)
        facts = (self.accuracy(name), self.input_text(name), self.file_size(name), self.cost(name))
        if kind is None or kind == "detector":
            return _joined(*facts)
        if self.needs_detector(name):
            return _joined(kind_title(kind), *facts)
        title = tr("{kind}: one network, no detector", kind=kind_title(kind))
        return "\n".join(filter(None, (title, _joined(*facts))))

    def lines(self, name: str) -> list[str]:
        """Sentences about kind, input size and measured time, for a tool tip or a description."""
        kind, speed = self.kind(name), self.speed(name)
        lines = [_joined(kind_sentence(kind) if kind else "", self.input_text(name))]
        if speed is not None:
            values = {"time": time_text(kind, speed), "device": speed.device.upper()}
            lines.append(
                tr("Measured in use: {time} on {device}", **values)
                if speed.in_use
                else tr("Benchmark: {time} on {device}", **values)
            )
        return [line for line in lines if line]

    def needs_detector(self, name: str) -> bool:
        """Whether the pose model needs a detector, as far as is known."""
        return self.kind(name) not in ("one-stage", "bottom-up")

    def input_text(self, name: str) -> str:
        """The input size, "input 192 × 256"; empty if unknown."""
        size = self._size_text(name)
        return tr("input {size}", size=size) if size else ""

    def _size_text(self, name: str) -> str:
        size = self.size(name)
        return "" if size is None else tr("{width} × {height}", width=size[0], height=size[1])


def kind_title(kind: ModelKind) -> str:
    """The name of a kind."""
    match kind:
        case "top-down":
            return tr("Top-down")
        case "temporal":
            return tr("Top-down, several frames")
        case "one-stage":
            return tr("One-stage")
        case "bottom-up":
            return tr("Bottom-up")
        case _:
            return tr("Detector")


def kind_sentence(kind: ModelKind) -> str:
    """What networks of a kind do."""
    match kind:
        case "top-down":
            return tr("Top-down: a detector finds people, then this network estimates each of them")
        case "temporal":
            return tr(
                "Top-down, several frames: a detector finds people, then this network estimates each of them, "
                "also from the frames before and after"
            )
        case "one-stage":
            return tr("One-stage: one network finds all people with their keypoints, no detector")
        case "bottom-up":
            return tr("Bottom-up: one network finds all keypoints, which are grouped into people, no detector")
        case _:
            return tr("Detector: finds people for top-down pose models")


def part_sentence(entry: Entry) -> str:
    """What a network of a further stage is for."""
    if entry.name in (*HAND_LANDMARKS, PALM_DETECTOR):
        return tr("For the hands of people whom a pose model has found")
    if entry.name == FACE_LANDMARKS:
        return tr("For the faces of people whom a pose model has found")
    return tr("Not used by Stance itself")


def time_text(kind: ModelKind | None, speed: Speed) -> str:
    """A measured time and what it is for."""
    ms = f"{speed.ms:.1f}" if speed.ms < 10 else f"{speed.ms:.0f}"
    match kind:
        case "top-down" | "temporal":
            return tr("{ms} ms per person", ms=ms)
        case "detector":
            return tr("{ms} ms per detection", ms=ms)
        case _:
            return tr("{ms} ms per frame", ms=ms)


def _joined(*parts: str) -> str:
    return "  ·  ".join(part for part in parts if part)

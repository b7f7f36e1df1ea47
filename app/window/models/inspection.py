"""Networks of others: of which kind a file is, and what had to be guessed because nothing states it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from app.card import METADATA_KEY, Codec, Heatmap, ModelCard, PoseCard, SimCC
from app.errors import StanceError
from app.window.sentences import called, told
from app.window.words import tr

if TYPE_CHECKING:  # these bring ONNX Runtime along, which the window does not wait for
    from app.pipeline import Pipeline
    from app.runtime import Network


Kind = Literal["pose", "detector"]


class Guess(NamedTuple):
    """A network without a card, and what Stance made of it."""

    path: Path
    card: ModelCard

    @property
    def what(self) -> str:
        """What it was taken for."""
        return tr("pose network") if isinstance(self.card, PoseCard) else tr("detector")


class Fact(NamedTuple):
    """One line about a network; ``assumed`` where not even its shapes tell."""

    title: str
    value: str
    assumed: bool


def kind_of(path: Path) -> Kind:
    """Whether the ONNX file ``path`` is a pose network or a detector: each is tried, for a thread that may wait.

    Raises StanceError, with both reasons, where it is neither.
    """
    from app.detect.detector import open_detector
    from app.estimate.estimator import open_estimator

    try:
        open_estimator(path, "cpu")
    except StanceError as error:
        no_pose = str(error)
    else:
        return "pose"
    try:
        open_detector(path, "cpu")
    except StanceError as error:
        reasons = dict.fromkeys((told(no_pose), told(str(error))))
        raise StanceError(" ".join(reasons)) from None
    return "detector"


def networks(pipeline: Pipeline) -> list[tuple[Network, ModelCard]]:
    """The networks of ``pipeline`` with their cards."""
    from app.detect.detector import Detector

    found: list[tuple[Network, ModelCard]] = [(pipeline.estimator.network, pipeline.estimator.card)]
    if isinstance(pipeline.detector, Detector):
        found.append((pipeline.detector.network, pipeline.detector.card))
    return found


def guesses(pipeline: Pipeline) -> list[Guess]:
    """The networks of ``pipeline`` that neither carry a card nor stand in the catalogue."""
    return [
        Guess(network.path, card)
        for network, card in networks(pipeline)
        if card.provenance.assumed and METADATA_KEY not in network.metadata
    ]


def facts(card: ModelCard) -> list[Fact]:
    """How a network will be fed and read, in words."""
    picture, assumed = card.picture, card.provenance.assumed
    scale = "mean" in assumed or "std" in assumed
    told = [
        Fact(tr("Input"), tr("{width} × {height} pixels", width=picture.size[0], height=picture.size[1]), False),
        Fact(tr("Colours"), picture.color.upper(), "color" in assumed),
        Fact(tr("Mean"), _three(picture.mean), scale),
        Fact(tr("Spread"), _three(picture.std), scale),
    ]
    if isinstance(card, PoseCard):
        names = card.bones.names
        skeleton = (
            tr("no names known") if card.bones.name.startswith("points") else tr("as in {name}", name=card.bones.name)
        )
        told += [
            Fact(tr("Answer"), _answer(card.codec), "refine" in assumed),
            Fact(
                tr("Keypoints"), tr("{count}, {skeleton}", count=len(names), skeleton=skeleton), "skeleton" in assumed
            ),
            Fact(tr("Margin"), tr("{times} times the box", times=f"{card.padding:g}"), "padding" in assumed),
        ]
    else:
        told += [
            Fact(tr("Answer"), tr("boxes as from {head}", head=card.head), False),
            Fact(tr("Person"), tr("class {number}", number=card.person), "person" in assumed),
        ]
    return told


def _answer(codec: Codec) -> str:
    match codec:
        case Heatmap():
            return tr("heatmaps, refined: {how}", how=called(codec.refine))
        case SimCC():
            return tr("SimCC, {bins} bins a pixel", bins=f"{codec.split_ratio:g}")
        case _:
            return tr("coordinates")


def _three(values: tuple[float, float, float]) -> str:
    return tr("none") if values in ((0, 0, 0), (1, 1, 1)) else "  ".join(f"{value:.1f}" for value in values)

"""Inspection of networks without a card: their kind, and what had to be guessed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from app.core.errors import StanceError
from app.core.message import joined
from app.inference.blazepose_card import BlazePoseCard
from app.inference.bottom_up_card import AssociativeEmbedding, BottomUpCard, CenterOffsets, PartAffinity
from app.inference.model_card import (
    METADATA_KEY,
    Codec,
    DetectorCard,
    Heatmap,
    ModelCard,
    PoseCard,
    PoseModelCard,
    SimCC,
)
from app.inference.one_stage_card import OneStageCard
from app.window.i18n.backend_messages import display_name
from app.window.i18n.tr import tr

if TYPE_CHECKING:  # these bring ONNX Runtime along, which the window does not wait for
    from app.inference.onnx_model import OnnxModel
    from app.pipeline import Pipeline


Kind = Literal["pose", "detector"]


class Guess(NamedTuple):
    """A network without a card, and the card guessed for it."""

    path: Path
    card: ModelCard

    @property
    def what(self) -> str:
        """The kind of network, in words."""
        return tr("pose model") if isinstance(self.card, PoseModelCard) else tr("detector")


class Fact(NamedTuple):
    """One line of description; ``assumed`` if it could not be read from the shapes."""

    title: str
    value: str
    assumed: bool


def kind_of(path: Path) -> Kind:
    """Whether the ONNX file ``path`` is a pose network or a detector; opens it as each, which takes a while.

    Raises StanceError with both reasons if it is neither.
    """
    from app.detection.detector import open_detector
    from app.pose.open_model import open_pose_model

    try:
        open_pose_model(path, "cpu")
    except StanceError as error:
        no_pose = error.message
    else:
        return "pose"
    try:
        open_detector(path, "cpu")
    except StanceError as error:
        reasons = list(dict.fromkeys((no_pose, error.message)))
        raise StanceError(joined("{first} {rest}", reasons)) from None
    return "detector"


def networks(pipeline: Pipeline) -> list[tuple[OnnxModel, ModelCard]]:
    """The networks of ``pipeline`` with their cards."""
    return [(use.network, use.card) for use in pipeline.networks]


def guesses(pipeline: Pipeline) -> list[Guess]:
    """The networks of ``pipeline`` that have neither a card nor a catalogue entry."""
    return [
        Guess(network.path, card)
        for network, card in networks(pipeline)
        if card.provenance.assumed and METADATA_KEY not in network.metadata
    ]


def facts(card: ModelCard) -> list[Fact]:
    """How the network's input is made and its output decoded, in words."""
    picture, assumed = card.picture, card.provenance.assumed
    scale = "mean" in assumed or "std" in assumed
    lines = [
        Fact(
            tr("Input"),
            tr("{width} × {height} pixels", width=picture.size[0], height=picture.size[1]),
            "size" in assumed,
        ),
        Fact(tr("Colors"), picture.color.upper(), "color" in assumed),
        Fact(tr("Mean"), _format_channels(picture.mean), scale),
        Fact(tr("Standard deviation"), _format_channels(picture.std), scale),
    ]
    if isinstance(card, PoseCard):
        lines += [
            Fact(tr("Output"), _output_text(card.codec, "score" in assumed), "refine" in assumed),
            _keypoints_fact(card),
            Fact(tr("Padding"), tr("{times} times the box", times=f"{card.padding:g}"), "padding" in assumed),
        ]
    elif isinstance(card, BottomUpCard):
        lines += [
            Fact(tr("Output"), _grouping_text(card), "grouping" in assumed),
            _keypoints_fact(card),
        ]
    elif isinstance(card, BlazePoseCard):
        lines += [
            Fact(tr("Output"), tr("coordinates, refined by heatmaps, and points in meters"), False),
            _keypoints_fact(card),
        ]
    elif isinstance(card, OneStageCard):
        lines += [
            Fact(tr("Output"), tr("people in {format} format", format=card.output), False),
            _keypoints_fact(card),
            Fact(tr("Person"), tr("class {number}", number=card.person), "person" in assumed),
        ]
    elif isinstance(card, DetectorCard):
        lines += [
            Fact(tr("Output"), tr("boxes in {head} format", head=card.head), False),
            Fact(tr("Person"), tr("class {number}", number=card.person), "person" in assumed),
        ]
    return lines


def _keypoints_fact(card: PoseModelCard) -> Fact:
    """Number and names of the keypoints."""
    skeleton = card.resolved_skeleton
    names = tr("names unknown") if skeleton.name.startswith("points") else tr("as in {name}", name=skeleton.name)
    value = tr("{count}, {skeleton}", count=len(skeleton.names), skeleton=names)
    return Fact(tr("Keypoints"), value, "skeleton" in card.provenance.assumed)


def _grouping_text(card: BottomUpCard) -> str:
    match card.grouping:
        case AssociativeEmbedding():
            return tr("maps of the whole picture: keypoints with tags")
        case CenterOffsets():
            return tr("maps of the whole picture: centers with offsets")
        case PartAffinity():
            return tr("maps of the whole picture: part affinity fields")


def _output_text(codec: Codec, scored: bool) -> str:
    match codec:
        case Heatmap():
            return tr("heatmaps, refinement: {how}", how=display_name(codec.refine))
        case SimCC():
            return tr("SimCC, {bins} bins per pixel", bins=f"{codec.split_ratio:g}")
        case _:
            return tr("coordinates, the third column is the score") if scored else tr("coordinates")


def _format_channels(values: tuple[float, float, float]) -> str:
    return tr("none") if values in ((0, 0, 0), (1, 1, 1)) else "  ".join(f"{value:z.1f}" for value in values)

"""What is assumed of networks without a model card, as lines for the terminal."""

from __future__ import annotations

from app.inference.bottom_up_card import BottomUpCard
from app.inference.model_card import METADATA_KEY, DetectorCard, ModelCard, PoseCard, PoseModelCard
from app.inference.one_stage_card import OneStageCard
from app.pipeline import Pipeline
from app.pose.codecs import codec_of
from app.pose.grouping import grouping_of


def assumption_lines(pipeline: Pipeline) -> list[str]:
    """What is assumed, one line for each network of ``pipeline`` that has neither a card nor a catalogue entry."""
    return [
        f"{use.network.path.name} has no model card; assumed: {', '.join(_assumptions(use.card))}."
        for use in pipeline.networks
        if use.card.provenance.assumed and METADATA_KEY not in use.network.metadata
    ]


def _assumptions(card: ModelCard) -> list[str]:
    """The assumed settings of ``card`` with their values; those that Stance has no words for by their names alone."""
    picture = card.picture
    size = f"{'crop' if isinstance(card, PoseCard) else 'input'} size {picture.size[0]}x{picture.size[1]}"
    values = {
        "size": f"{size} (--crop sets another)" if isinstance(card, PoseModelCard) else size,
        "color": picture.color.upper(),
        "mean": f"mean {_channels(picture.mean)}",
        "std": f"standard deviation {_channels(picture.std)}",
    }
    if isinstance(card, PoseModelCard):
        skeleton = card.resolved_skeleton
        values["skeleton"] = f"{len(skeleton.names)} keypoints ({skeleton.name})"
    if isinstance(card, OneStageCard | DetectorCard):
        values["person"] = f"class {card.person} is a person"
    if isinstance(card, PoseCard):
        values["padding"] = f"crops of {card.padding:g} times the box"
        values["refine"] = codec_of(card.codec).describe()
        values["score"] = "the third column is the score"
    if isinstance(card, BottomUpCard):
        values["grouping"] = grouping_of(card.grouping, card.resolved_skeleton).describe()
        values["resize"] = f"resized by {card.resize}"
    return [values.get(field, field) for field in card.provenance.assumed]


def _channels(numbers: tuple[float, ...]) -> str:
    return "/".join(f"{number:g}" for number in numbers)

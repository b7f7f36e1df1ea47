"""What a model of the catalogue estimates, and of which kind it is: how the lists of models sort them."""

from __future__ import annotations

from typing import Literal, get_args

from app.inference.model_card import ModelCard, PoseModelCard, kind_of
from app.zoo.catalogue import Entry

Subject = Literal["body", "body-and-feet", "whole-body", "hands", "face", "animals"]
SUBJECTS: tuple[Subject, ...] = get_args(Subject)

ModelKind = Literal["top-down", "temporal", "one-stage", "bottom-up", "detector"]
MODEL_KINDS: tuple[ModelKind, ...] = get_args(ModelKind)
"""From a person's box to keypoints, in one frame or in several; people with keypoints in one run; keypoints first, then
people; boxes only."""

SUBJECTS_OF_SKELETONS: dict[str, Subject] = {
    "halpe26": "body-and-feet",
    "body25": "body-and-feet",
    "blazepose33": "body-and-feet",
    "wholebody133": "whole-body",
    "hand21": "hands",
    "face68": "face",
    "face106": "face",
    "animal17": "animals",
}
"""By the name of the skeleton; all others are of the body."""

KINDS_OF_CARDS: dict[str, ModelKind] = {
    "pose-temporal": "temporal",
    "pose-one-stage": "one-stage",
    "pose-bottom-up": "bottom-up",
    "detector": "detector",
}
"""By the kind of the card; all others are top-down."""


def subject_of(entry: Entry) -> Subject | None:
    """What the network of ``entry`` estimates; None for detectors, clips and the user's own models."""
    return entry.estimates or (None if entry.card is None else subject_of_card(entry.card))


def subject_of_card(card: ModelCard) -> Subject | None:
    """What the network with this ``card`` estimates; None for detectors."""
    if not isinstance(card, PoseModelCard):
        return None
    return SUBJECTS_OF_SKELETONS.get(card.resolved_skeleton.name, "body")


def model_kind(entry: Entry) -> ModelKind | None:
    """The kind of the network of ``entry``; None for clips, for parts and for the user's own pose networks."""
    if entry.card is None or entry.kind == "part":
        return "detector" if entry.kind == "detector" else None
    return kind_of_card(entry.card)


def kind_of_card(card: ModelCard) -> ModelKind:
    """The kind of the network with this ``card``."""
    return KINDS_OF_CARDS.get(kind_of(card), "top-down")

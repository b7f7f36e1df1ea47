"""The card of networks of further stages: a crop of a hand or a face in, rows of numbers out."""

from __future__ import annotations

from typing import Literal

import msgspec

from app.inference.model_card import InputSpec, ModelCard, Provenance
from app.inference.registry import register


@register("part")
class PartCard(ModelCard, msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="part", tag_field="kind"):
    """A network that is neither a pose network nor a detector of people; the stage that runs it reads its outputs.

    ``border``: crops that reach beyond the picture continue its outermost pixels, or are black there.
    """

    name: str
    picture: InputSpec
    border: Literal["replicate", "constant"] = "replicate"
    provenance: Provenance = Provenance()

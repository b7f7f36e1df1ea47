"""Cards and checks of converted bottom-up networks, which take whole pictures of any size."""

from __future__ import annotations

from typing import Literal

import numpy as np

from app.core.errors import StanceError
from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.inference.bottom_up_card import BottomUpCard, PartAffinity
from app.inference.model_card import InputSpec
from app.pose.crop import normalize
from app.pose.whole_picture import input_frame, warp_picture
from export.crops import check_picture
from export.fact_book import FactBook
from export.plans.plan import Architecture

MULTIPLE = 64
"""Sides of inputs are multiples of it in the authors' tests of HigherHRNet and DEKR."""

MMPOSE1_MULTIPLE = 32
"""The same in MMPose 1.x."""


def bottom_up_card(
    book: FactBook[BottomUpCard], origin: str, found: Architecture, picture: InputSpec, skeleton: str | Skeleton
) -> BottomUpCard:
    """The card of the network ``found``, without its provenance.

    Args:
        book: Records where the grouping and the rule for sizes come from.
        origin: Name of the file, for error sentences.
        found: The network.
        picture: Its input.
        skeleton: Its keypoints.

    Raises:
        StanceError: The limbs of the network's part affinity fields are not known.
    """
    usual = found.plan.grouping(found.dialect)
    if usual is None:
        raise StanceError(
            "{file} has {count} keypoints, whose limbs are not known: wanted OpenPose with 18 or 25 keypoints.",
            file=origin,
            count=found.plan.maps,
        )
    grouping = book.fact("grouping", None, lambda card: card.grouping, usual)
    is_mmpose1 = grouping.dialect == "mmpose1"
    multiple = max(MMPOSE1_MULTIPLE if is_mmpose1 else MULTIPLE, found.plan.multiple)
    place: Literal["center", "corner"] = "center"
    resize, pad = "expand" if is_mmpose1 else "short-side", 0
    if isinstance(grouping, PartAffinity):
        multiple, place = found.plan.multiple, "corner"
        # Hzzone's port scales the height and fills up with gray, tensorboy's the short side and with black.
        resize, pad = ("height", 128) if grouping.dialect == "hzzone" else (resize, pad)
    return BottomUpCard(
        origin,
        picture,
        grouping,
        skeleton,
        resize=book.fact("resize", None, lambda card: card.resize, resize),
        multiple=multiple,
        place=place,
        pad=pad,
    )


def check_form(name: str, fused: bool, int8: bool) -> None:
    """Raise StanceError for a form in which the bottom-up network ``name`` cannot be written."""
    if fused:
        raise StanceError(
            "{name} takes whole pictures, and grouping keypoints into people is no part of a graph: wanted no --fused.",
            name=name,
        )
    if int8:
        raise StanceError(
            "{name} takes whole pictures, but INT8 is calibrated on crops of people: wanted --half or no --int8.",
            name=name,
        )


def grouping_name(card: BottomUpCard) -> str:
    """The name of the grouping and of the implementation that it follows."""
    return f"{card.grouping.__struct_config__.tag} ({card.grouping.dialect})"


def check_inputs(card: BottomUpCard) -> tuple[list[Floats], str]:
    """Inputs (1 or 2, 3, h, w) to compare a network on, and a description of the picture among them.

    One is a whole picture at the size that the app gives it, the other random numbers of another size: two, as in a
    flip test.
    """
    picture, what = check_picture()
    frame = input_frame((picture.shape[1], picture.shape[0]), card)
    warped = normalize(warp_picture(picture, frame, card.pad)[None], card.picture)
    width, height = card.picture.size
    random = np.random.default_rng(0).normal(size=(2, 3, height, width)).astype(np.float32)
    return [warped, random], what

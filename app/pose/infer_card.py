"""The card of a pose network: its own, the catalogue's, or what its inputs and outputs tell."""

from __future__ import annotations

from typing import Literal

import numpy as np

from app.card import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    MOST_SIDE,
    Codec,
    Heatmap,
    Picture,
    PoseCard,
    Provenance,
    Regression,
    SimCC,
)
from app.errors import StanceError
from app.runtime import DTYPES, Network, Tensor
from app.skeleton import plain_skeleton
from app.zoo.cards import stated_card

WANTED = "wanted heatmaps (N, K, H, W), SimCC vectors (N, K, W) and (N, K, H), or coordinates (N, K, 2)"


def pose_card(network: Network) -> PoseCard:
    """How ``network`` wants to be fed and read.

    Raises StanceError where it is no pose network or contradicts its card.
    """
    card = stated_card(network.path, network.metadata) or _guess(network)
    if not isinstance(card, PoseCard):
        raise StanceError(f"{network.path.name} is a detector, not a pose network: give it to --detector.")
    _check(network, card)
    return card


def _guess(network: Network) -> PoseCard:
    """A card from shapes alone, with the ImageNet normalisation that nearly every pose network was trained with."""
    if len(network.inputs) != 1 or len(network.inputs[0].shape) != 4:
        raise StanceError(f"{network.path.name} is not a pose network: wanted one picture (N, 3, H, W) as input.")
    shape = network.inputs[0].shape
    layout: Literal["nchw", "nhwc"] = "nhwc" if shape[3] == 3 else "nchw"
    height, width = shape[1:3] if layout == "nhwc" else shape[2:4]
    if height is None or width is None:
        raise StanceError(f"{network.path.name} does not say how large a crop it wants, and it carries no card.")
    if not all(1 <= side <= MOST_SIDE for side in (width, height)):
        raise StanceError(f"{network.path.name} wants crops of {width}x{height}: wanted 1 to {MOST_SIDE} a side.")
    codec, keypoints = _codec(network, width, height, layout)
    return PoseCard(
        name=network.path.stem,
        picture=Picture(size=(width, height), mean=IMAGENET_MEAN, std=IMAGENET_STD, layout=layout),
        codec=codec,
        skeleton=plain_skeleton(keypoints),
        flip_shift=isinstance(codec, Heatmap),
        provenance=Provenance(assumed=("color", "mean", "std", "padding", "refine", "skeleton")),
    )


def _codec(network: Network, width: int, height: int, layout: str) -> tuple[Codec, int]:
    """The codec and the number of keypoints, from the shapes that a blank crop is answered with."""
    blank = (1, 3, height, width) if layout == "nchw" else (1, height, width, 3)
    answer = network.run([np.zeros(blank, DTYPES.get(network.inputs[0].type, np.float32))])
    match [output.shape for output in answer]:
        case [(_, keypoints, x_bins), (_, others, _)] if keypoints == others:
            return SimCC(split_ratio=x_bins / width), keypoints
        case [(_, keypoints, _, _)]:
            return Heatmap(), keypoints
        case [(_, keypoints, columns)] if 2 <= columns <= 4:
            return Regression(), keypoints
    raise StanceError(f"{network.path.name} is not a pose network: it answers {_listed(network.outputs)}; {WANTED}.")


def _check(network: Network, card: PoseCard) -> None:
    """Refuse a card that the network contradicts, before a picture is wasted on it."""
    width, height = card.picture.size
    sizes = (3, height, width) if card.picture.layout == "nchw" else (height, width, 3)
    if len(network.inputs) != 1 or len(network.inputs[0].shape) != 4:
        raise StanceError(f"{network.path.name} takes {_listed(network.inputs)}; wanted one picture as input.")
    stated = network.inputs[0].shape[1:]
    if any(own is not None and own != wanted for own, wanted in zip(stated, sizes, strict=True)):
        raise StanceError(f"{network.path.name} takes {_listed(network.inputs)}, but its card says {list(sizes)}.")
    if len(network.outputs) != (2 if isinstance(card.codec, SimCC) else 1):
        raise StanceError(f"{network.path.name} answers {_listed(network.outputs)}, not what its card says; {WANTED}.")


def _listed(tensors: list[Tensor]) -> str:
    return ", ".join(f"{t.name} {[size or '?' for size in t.shape]}".replace("'", "") for t in tensors)

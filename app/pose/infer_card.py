"""The card of a pose network: its own, the catalogue's, or inferred from inputs and outputs."""

from __future__ import annotations

import contextlib
from typing import Any, Literal, cast

import msgspec

from app.core.errors import StanceError
from app.core.message import Message
from app.inference.infer_card import (
    Reading,
    blank_output_shapes,
    first_reading,
    image_shape,
    is_image_network,
    is_in_range,
    listed,
    outputs_for,
    stated_or_inferred,
)
from app.inference.model_card import MAX_SIDE, InputSpec, PoseCard, PoseModelCard, Queries, Regression, SimCC
from app.inference.onnx_model import OnnxModel
from app.inference.registry import POSE_RULES
from app.inference.temporal_card import TemporalCard
from app.pose import bottom_up_outputs, one_stage_rules  # noqa: F401  # register their rules
from app.pose.outputs import Output, is_image, simcc_pair, stated_outputs

Size = tuple[int, int]

WANTED = Message("wanted heatmaps (N, K, H, W), SimCC vectors (N, K, W) and (N, K, H), or coordinates (N, K, 2)")
USUAL_CROPS: tuple[Size, ...] = ((192, 256), (288, 384), (256, 256), (256, 192), (384, 288), (224, 224), (96, 128))
"""Crops (width, height) that pose networks are trained with, the most common first."""
USUAL_INPUTS: tuple[Size, ...] = ((640, 640),)
"""The same for networks that take whole images."""
TABLE_SIDES = 3
"""Number of sides of outputs with vectors (N, K, bins) or coordinates (N, K, columns)."""


def any_pose_card(network: OnnxModel, crop: Size | None = None) -> PoseModelCard:
    """The card of ``network``, of any kind; ``crop`` (width, height) is the input size of a network that takes any.

    Raises StanceError if it is not a pose network, contradicts ``crop``, or is top-down and contradicts its card.
    """
    card = stated_or_inferred(network, PoseModelCard, lambda: _infer(network, crop), _not_a_pose_model(network))
    if crop is not None and card.picture.size != crop:
        card = _with_size(network, card, crop)
    if isinstance(card, PoseCard):
        _check(network, card)
    return card


def _with_size(network: OnnxModel, card: PoseModelCard, crop: Size) -> PoseModelCard:
    """``card`` with the input size ``crop``; raises StanceError if ``network`` does not take it."""
    shape = network.inputs[0].shape
    height, width = shape[1:3] if card.picture.layout == "nhwc" else shape[2:4]
    if width not in (None, crop[0]) or height not in (None, crop[1]):
        file, size, wanted = network.path.name, _by(card.picture.size), _by(crop)
        if isinstance(card, PoseCard | TemporalCard):
            raise StanceError(
                "The crop size of {file} is {size}, but {crop} was requested: wanted no other size for this file.",
                file=file,
                size=size,
                crop=wanted,
            )
        raise StanceError(
            "The input size of {file} is {size}, but {crop} was requested: wanted no other size for this file.",
            file=file,
            size=size,
            crop=wanted,
        )
    _check_range(network, crop)
    origin = card.provenance
    sources = {
        "assumed": tuple(field for field in origin.assumed if field != "size"),
        "chosen": tuple(dict.fromkeys((*origin.chosen, "size"))),
    }
    changed: Any = card  # a struct of any kind
    return cast(
        "PoseModelCard",
        msgspec.structs.replace(
            changed,
            picture=msgspec.structs.replace(card.picture, size=crop),
            provenance=msgspec.structs.replace(origin, **sources),
        ),
    )


def pose_card(network: OnnxModel, crop: Size | None = None) -> PoseCard:
    """The same for top-down networks only."""
    card = any_pose_card(network, crop)
    if not isinstance(card, PoseCard):
        raise _not_a_pose_model(network)
    return card


def pose_outputs(network: OnnxModel, card: PoseCard) -> tuple[Output, ...] | None:
    """The outputs of ``network`` that its ``card`` means, in the codec's order; None if all are, in this order."""
    codec, size, stated = card.codec, card.picture.size, [output.shape for output in network.outputs]
    wanted = 2 if isinstance(codec, SimCC | Queries) else 1
    plain = len(stated) == wanted
    if isinstance(codec, SimCC):
        # Only the lengths of the vectors are fixed in the file; batch and keypoints may be variable.
        lengths = [(1, 1, shape[2]) for shape in stated if len(shape) == TABLE_SIDES and shape[2] is not None]
        plain = plain and len(lengths) == wanted and simcc_pair(lengths, _names(network), size) == (0, 1)
    elif isinstance(codec, Regression):
        plain = plain and len(stated[0]) == TABLE_SIDES
    if plain:
        return None
    shapes = blank_output_shapes(network, card.picture)
    return stated_outputs(shapes, _names(network), codec, size, len(card.resolved_skeleton.names))


def _not_a_pose_model(network: OnnxModel) -> StanceError:
    return StanceError("{file} is a detector, not a pose model: use it with --detector.", file=network.path.name)


def _infer(network: OnnxModel, crop: Size | None) -> PoseModelCard:
    """A card by the first of ``POSE_RULES`` that recognizes the outputs."""
    if not is_image_network(network):
        raise StanceError("{file} is not a pose model: wanted one image (N, 3, H, W) as input.", file=network.path.name)
    shape = network.inputs[0].shape
    layout: Literal["nchw", "nhwc"] = "nhwc" if shape[3] == 3 else "nchw"
    height, width = shape[1:3] if layout == "nhwc" else shape[2:4]
    sizes = [(width or (crop or usual)[0], height or (crop or usual)[1]) for usual in USUAL_CROPS + USUAL_INPUTS]
    picture, reading = _first_readable(network, list(dict.fromkeys(sizes)), layout)
    if crop is None and (height is None or width is None):
        picture, reading = _at_usual_size(network, picture, reading)
    card: Any = reading.card(network.path, picture)  # a struct of any kind
    if height is None or width is None:
        size_from = {"chosen": ("size",)} if crop else {"assumed": (*card.provenance.assumed, "size")}
        card = msgspec.structs.replace(card, provenance=msgspec.structs.replace(card.provenance, **size_from))
    return cast("PoseModelCard", card)


def _first_readable(
    network: OnnxModel, sizes: list[Size], layout: Literal["nchw", "nhwc"]
) -> tuple[InputSpec, Reading]:
    """The first of ``sizes`` at which the network outputs keypoints, and how these are read."""
    for size in sizes:
        _check_range(network, size)
        picture = InputSpec(size=size, layout=layout)
        outputs = outputs_for(network, picture)
        try:
            reading = first_reading(POSE_RULES, outputs)
        except StanceError:
            if len(sizes) == 1:
                raise
            continue
        if reading is not None:
            return picture, reading
        if any(is_image(shape, size) for shape in outputs.shapes):
            raise StanceError(
                "{file} is not a pose model: it outputs an image of the size of its input, {outputs}; {wanted}.",
                file=network.path.name,
                outputs=listed(network.outputs),
                wanted=WANTED,
            )
    if len(sizes) > 1:
        raise StanceError(
            "{file} does not state its input size, and outputs no keypoints at the usual sizes: wanted --crop WxH.",
            file=network.path.name,
        )
    raise StanceError(
        "{file} is not a pose model: it outputs {outputs}; {wanted}.",
        file=network.path.name,
        outputs=listed(network.outputs),
        wanted=WANTED,
    )


def _check_range(network: OnnxModel, size: Size) -> None:
    """Raise StanceError if ``size`` (width, height) is too small or too large for an input."""
    if not is_in_range(size):
        raise StanceError(
            "The input size of {file} is {width}x{height}: wanted 1 to {max_side} pixels per side.",
            file=network.path.name,
            width=size[0],
            height=size[1],
            max_side=MAX_SIDE,
        )


def _at_usual_size(network: OnnxModel, picture: InputSpec, reading: Reading) -> tuple[InputSpec, Reading]:
    """The same at the first input size that is usual for what ``reading`` recognized, if it states such sizes."""
    height, width = network.inputs[0].shape[1:3] if picture.layout == "nhwc" else network.inputs[0].shape[2:4]
    for size in getattr(reading, "usual_sizes", ()):
        if width in (None, size[0]) and height in (None, size[1]):
            with contextlib.suppress(StanceError):
                usual = InputSpec(size=size, layout=picture.layout)
                found = first_reading(POSE_RULES, outputs_for(network, usual))
                if found is not None:
                    return usual, found
    return picture, reading


def _check(network: OnnxModel, card: PoseCard) -> None:
    """Raise StanceError if ``network`` contradicts ``card``, before the network runs."""
    if len(network.inputs) != 1:
        raise _no_image(network)
    check_image_input(network, card)
    if len(network.outputs) < (2 if isinstance(card.codec, SimCC | Queries) else 1):
        raise StanceError(
            "{file} outputs {outputs}, which does not match its model card; {wanted}.",
            file=network.path.name,
            outputs=listed(network.outputs),
            wanted=WANTED,
        )


def check_image_input(network: OnnxModel, card: PoseModelCard) -> None:
    """Raise StanceError if ``network`` does not take images as ``card`` states."""
    sizes = image_shape(card.picture)
    if not is_image_network(network):
        raise _no_image(network)
    stated = network.inputs[0].shape[1:]
    if any(own is not None and own != wanted for own, wanted in zip(stated, sizes, strict=True)):
        raise StanceError(
            "{file} takes {inputs} as input, but its model card says {sizes}: wanted a card that fits the network.",
            file=network.path.name,
            inputs=listed(network.inputs),
            sizes=str(list(sizes)),
        )


def _no_image(network: OnnxModel) -> StanceError:
    return StanceError(
        "{file} takes {inputs} as input: wanted one image.", file=network.path.name, inputs=listed(network.inputs)
    )


def _names(network: OnnxModel) -> list[str]:
    return [output.name for output in network.outputs]


def _by(size: Size) -> str:
    return f"{size[0]}x{size[1]}"

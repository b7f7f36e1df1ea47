"""Infers the card of a network that states none, from its outputs, by a table of rules.

A rule is a function that is registered in ``POSE_RULES`` or ``DETECTOR_RULES``. It is called with ``Outputs`` and
returns a ``Reading``, or None where the outputs are not what it recognizes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.inference.model_card import MAX_SIDE, DetectorCard, InputSpec, ModelCard, PoseModelCard, kind_of
from app.inference.onnx_model import DTYPES, OnnxModel, Tensor
from app.inference.registry import Registry
from app.zoo.cards import stated_card

Shape = tuple[int, ...]
Card = TypeVar("Card", bound=ModelCard)


@dataclass
class Outputs:
    """The outputs of the network in ``path`` for a blank image of ``size`` (width, height).

    ``names`` are those of the outputs, ``metadata`` is that of the file. ``run`` runs the network; it is called when
    the ``shapes`` are first needed. ``any_size``: the network takes images of any size.
    """

    path: Path
    names: Sequence[str]
    size: tuple[int, int]
    run: Callable[[], Sequence[Shape]]
    metadata: Mapping[str, str] = field(default_factory=dict)
    any_size: bool = False

    @cached_property
    def shapes(self) -> Sequence[Shape]:
        """The shape of each output; see ``blank_output_shapes``."""
        return self.run()


class Reading(Protocol):
    """How a rule reads the outputs of a network."""

    def card(self, path: Path, picture: InputSpec) -> ModelCard:
        """The card of the network in ``path``, whose ``assumed`` names what the outputs do not show.

        ``picture`` states size and layout of the input; its other fields may be replaced.
        """
        ...


def first_reading(rules: Registry[Callable[[Any], Any]], outputs: Outputs) -> Any | None:
    """The ``Reading`` of the first of ``rules`` that recognizes ``outputs``; None if none does."""
    return next((reading for rule in rules.values() if (reading := rule(outputs)) is not None), None)


def outputs_for(network: OnnxModel, picture: InputSpec) -> Outputs:
    """The outputs of ``network`` for a blank image as in ``picture``."""
    names = [output.name for output in network.outputs]
    run = partial(blank_output_shapes, network, picture)
    shape = network.inputs[0].shape
    sides = shape[2:] if picture.layout == "nchw" else shape[1:3]
    return Outputs(network.path, names, picture.size, run, network.metadata, any_size=set(sides) == {None})


def stated_or_inferred(network: OnnxModel, kind: type[Card], infer: Callable[[], Card], refusal: StanceError) -> Card:
    """The card that the file or the catalogue states for ``network``, else the one that ``infer`` returns.

    Raises ``refusal`` if the stated card is not a ``kind`` but that of another way to find people, StanceError if it is
    that of another network, and what ``infer`` raises.
    """
    card = stated_card(network.path, network.metadata)
    if card is None:
        return infer()
    if not isinstance(card, kind):
        if isinstance(card, PoseModelCard | DetectorCard):
            raise refusal
        raise StanceError(
            "{file} is neither a pose model nor a detector of people, but a network of the kind {kind!r}: wanted one "
            "of these.",
            file=network.path.name,
            kind=kind_of(card),
        )
    return card


def is_in_range(size: tuple[int, int]) -> bool:
    """Whether both sides of ``size`` (width, height) are from 1 to ``MAX_SIDE`` pixels."""
    return all(1 <= side <= MAX_SIDE for side in size)


def blank_output_shapes(network: OnnxModel, picture: InputSpec) -> list[Shape]:
    """The shapes of the outputs for black images as in ``picture``; () for an output that is not one per image.

    Raises StanceError if the network does not run on such images.
    """
    batch = np.zeros((1, *image_shape(picture)), np.uint8 if picture.raw else np.float32)
    shapes = [output.shape for output in network.run(network_inputs(network, batch))]
    count = network.inputs[0].shape[0] or 1
    return [shape if shape[:1] == (count,) else () for shape in shapes]


def network_inputs(network: OnnxModel, batch: NDArray[Any]) -> list[NDArray[Any]]:
    """The inputs of ``network`` for one image, ``batch`` (1, 3, H, W) or (1, H, W, 3).

    A network with a fixed batch size gets the image as often; a second input, the size in which coordinates are
    returned (DETRPose), gets that of the input.
    """
    image, *others = network.inputs
    height, width = batch.shape[2:] if batch.shape[1] == 3 else batch.shape[1:3]
    batch = np.repeat(batch.astype(DTYPES.get(image.type, batch.dtype), copy=False), image.shape[0] or 1, axis=0)
    return [batch, *(np.array([[width, height]] * len(batch), np.int64) for _ in others)]


def is_image_network(network: OnnxModel) -> bool:
    """Whether ``network`` takes images (N, 3, H, W) or (N, H, W, 3), and besides at most a size (N, 2) of integers."""
    if not network.inputs:
        return False
    image, *others = network.inputs
    sizes = [tensor.type == "tensor(int64)" and tensor.shape[1:] == (2,) for tensor in others]
    return len(image.shape) == 4 and len(sizes) <= 1 and all(sizes)


def image_shape(picture: InputSpec) -> tuple[int, int, int]:
    """The shape of one image as the network takes it: (3, H, W), or (H, W, 3) for ``nhwc``."""
    width, height = picture.size
    return (3, height, width) if picture.layout == "nchw" else (height, width, 3)


def listed(tensors: Sequence[Tensor]) -> str:
    """Names and shapes of ``tensors``, for error messages."""
    return ", ".join(map(str, tensors))

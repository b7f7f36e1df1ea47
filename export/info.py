"""The card of a model file, and its description as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.message import joined
from app.detection.infer_card import detector_card
from app.detection.letterbox import LetterboxCard
from app.inference.bottom_up_card import BottomUpCard
from app.inference.infer_card import is_image_network, network_inputs
from app.inference.lifter_card import LifterCard
from app.inference.model_card import DetectorCard, InputSpec, ModelCard, PoseCard, kind_of
from app.inference.one_stage_card import OneStageCard
from app.inference.onnx_model import OnnxModel, open_network
from app.inference.temporal_card import TemporalCard
from app.pose.codecs import codec_of
from app.pose.grouping import grouping_of
from app.pose.infer_card import any_pose_card
from app.zoo.cards import stated_card

DTYPES = {"tensor(uint8)": np.uint8, "tensor(float16)": np.float16, "tensor(double)": np.float64}
"""numpy dtype by ONNX tensor type; any other is float32."""
FREE_SIDES = (256, 192)
"""Height and width of the trial input of a network with a dynamic input size, in pixels."""


def card_of(path: Path) -> ModelCard:
    """The card of an ONNX file: the one in the file, the catalogue's, or one inferred from the network's shapes.

    It is the card that a run uses: a file that is read as a pose network and as a detector is a pose network.

    Raises StanceError, with both reasons, if the file is neither.
    """
    network = open_network(path, "cpu", _blank)
    if card := stated_card(path, network.metadata):
        return card
    try:
        return any_pose_card(network)
    except StanceError as error:
        no_pose = error.message
    try:
        return detector_card(network)
    except StanceError as error:
        reasons = list(dict.fromkeys((no_pose, error.message)))
        raise StanceError(joined("{first} {rest}", reasons)) from None


def describe_card(card: ModelCard, path: Path) -> str:
    """The card as human-readable lines, for the file ``path``."""
    rows = [("file", f"{path} ({path.stat().st_size / 1e6:.1f} MB)"), ("name", card.name)]
    if isinstance(card, PoseCard):
        rows += _pose_rows(card)
    elif isinstance(card, TemporalCard):
        before, after = card.history
        rows += [("kind", f"{kind_of(card)}: three crops, {before} frame before and {after} after"), *_pose_rows(card)]
    elif isinstance(card, DetectorCard):
        rows += _detector_rows(card)
    elif isinstance(card, BottomUpCard):
        rows += _bottom_up_rows(card)
    elif isinstance(card, OneStageCard):
        rows += _one_stage_rows(card)
    elif isinstance(card, LifterCard):
        rows += _lifter_rows(card)
    else:
        rows += [("kind", kind_of(card)), ("input", _picture(card.picture))]
    origin = card.provenance
    rows += [
        ("network", origin.network),
        ("precision", origin.precision),
        ("license", origin.licence or "unknown"),
        ("source", f"{origin.source}, SHA-256 {origin.sha256 or 'unknown'}" if origin.source else ""),
        ("converted by", f"Stance {origin.version}" if origin.version else ""),
        ("accuracy", f"AP {origin.ap:.3f}, {origin.ap_setting}" if origin.ap is not None else origin.ap_setting),
        ("from flags", ", ".join(origin.chosen)),
        ("catalogue", ", ".join(origin.catalogued)),
        ("assumed", ", ".join(origin.assumed)),
    ]
    return "\n".join(f"{label:<13}{text}" for label, text in rows if text)


def _pose_rows(card: PoseCard | TemporalCard) -> list[tuple[str, str]]:
    skeleton = card.resolved_skeleton
    crop = f"box enlarged {card.padding} times, aligned by {'size - 1 (UDP)' if card.udp else 'size'}"
    return [
        ("task", f"pose: {len(skeleton.names)} keypoints ({skeleton.name})"),
        ("input", _picture(card.picture)),
        ("crop", crop),
        ("output", codec_of(card.codec).describe()),
        ("flip test", "mirrored maps are shifted by one cell" if card.flip_shift else "mirrored maps are not shifted"),
    ]


def _one_stage_rows(card: OneStageCard) -> list[tuple[str, str]]:
    skeleton = card.resolved_skeleton
    return [
        ("task", f"pose of everybody in the image: {len(skeleton.names)} keypoints ({skeleton.name})"),
        ("input", _picture(card.picture)),
        ("padding", _placement(card)),
        ("output", f"{card.output}, class {card.person} is a person"),
    ]


def _bottom_up_rows(card: BottomUpCard) -> list[tuple[str, str]]:
    skeleton = card.resolved_skeleton
    resize = f"{card.resize}, sides are multiples of {card.multiple}" if card.resize != "letterbox" else card.resize
    return [
        ("task", f"all poses of a picture: {len(skeleton.names)} keypoints ({skeleton.name})"),
        ("input", _picture(card.picture)),
        ("resize", f"{resize}, padded with {card.pad}; scales {', '.join(f'{scale:g}' for scale in card.scales)}"),
        ("output", grouping_of(card.grouping, skeleton).describe()),
    ]


def _detector_rows(card: DetectorCard) -> list[tuple[str, str]]:
    return [
        ("task", f"detector: class {card.person} is a person"),
        ("input", _picture(card.picture)),
        ("padding", _placement(card)),
        ("output", card.head),
    ]


def _lifter_rows(card: LifterCard) -> list[tuple[str, str]]:
    before, after = card.history
    fitted = ", of people at the usual place" if card.fit == "person" else ""
    return [
        ("kind", f"{kind_of(card)}: {before} frames before and {after} after"),
        ("input", f"{len(card.input_names)} keypoints, normalization {card.normalization}{fitted}"),
        ("output", f"{len(card.output_names)} points in units of {card.unit:g} m, from the pelvis"),
        ("data", card.data),
        ("limits", card.limits),
    ]


def _placement(card: LetterboxCard) -> str:
    if card.letterbox == "stretch":
        return "none: the picture is stretched"
    return f"picture {'at the top left' if card.letterbox == 'corner' else 'centered'}, padded with {card.pad}"


def _picture(picture: InputSpec) -> str:
    size = f"{picture.size[0]}x{picture.size[1]} (width x height)"
    if picture.raw:
        return f"{size}, bytes of the crop, not normalized"
    mean, std = ("/".join(f"{value:g}" for value in values) for values in (picture.mean, picture.std))
    return f"{size}, {picture.color.upper()}, mean {mean}, standard deviation {std}, {picture.layout.upper()}"


def _blank(network: OnnxModel) -> list[NDArray[Any]]:
    """Inputs of zeros; dynamic sizes get defaults."""
    if len(network.inputs) != 1 and not is_image_network(network):
        raise StanceError(
            "{file} takes {count} inputs: wanted one image.", file=network.path.name, count=len(network.inputs)
        )
    tensor = network.inputs[0]
    first = 1 if tensor.shape[-1:] == (3,) else 2
    usual = dict(enumerate(FREE_SIDES, first))
    shape = [side or usual.get(place, 3 if place else 1) for place, side in enumerate(tensor.shape)]
    blank = np.zeros(shape, DTYPES.get(tensor.type, np.float32))
    return network_inputs(network, blank[:1]) if is_image_network(network) else [blank]

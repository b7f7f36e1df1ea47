"""What a model file says of itself, in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.card import DetectorCard, Heatmap, ModelCard, Picture, PoseCard, SimCC, UdpCombined
from app.detect.recognise import detector_card
from app.errors import StanceError
from app.estimate.recognise import pose_card
from app.runtime import Network, open_network
from app.zoo.cards import stated_card

KINDS = {"tensor(uint8)": np.uint8, "tensor(float16)": np.float16, "tensor(double)": np.float64}
FREE_SIDE = 256


def card_of(path: Path) -> ModelCard:
    """The card of an ONNX file: its own, the catalogue's, or one guessed from its shapes.

    Raises StanceError where the file is no network that Stance can run.
    """
    network = open_network(path, "cpu", lambda network: [_blank(network)])
    if card := stated_card(path, network.metadata):
        return card
    try:
        return pose_card(network)
    except StanceError:
        return detector_card(network)


def in_words(card: ModelCard, path: Path) -> str:
    """The card as lines for a person."""
    rows = [("file", f"{path} ({path.stat().st_size / 1e6:.1f} MB)"), ("name", card.name)]
    rows += _pose_rows(card) if isinstance(card, PoseCard) else _detector_rows(card)
    made = card.provenance
    rows += [
        ("network", made.network),
        ("precision", made.precision),
        ("licence", made.licence or "not known"),
        ("made from", f"{made.source}, SHA-256 {made.sha256 or 'not known'}" if made.source else ""),
        ("made by", f"Stance {made.version}" if made.version else ""),
        ("accuracy", f"AP {made.ap:.3f}, {made.ap_setting}" if made.ap is not None else made.ap_setting),
        ("by flags", ", ".join(made.chosen)),
        ("by catalogue", ", ".join(made.catalogued)),
        ("assumed", ", ".join(made.assumed)),
    ]
    return "\n".join(f"{label:<13}{text}" for label, text in rows if text)


def _pose_rows(card: PoseCard) -> list[tuple[str, str]]:
    bones = card.bones
    crop = f"box widened {card.padding} times, aligned by {'size - 1 (UDP)' if card.udp else 'size'}"
    return [
        ("task", f"pose: {len(bones.names)} keypoints ({bones.name})"),
        ("takes", _picture(card.picture)),
        ("crop", crop),
        ("gives", _codec(card)),
        ("flip test", "maps move by one cell" if card.flip_shift else "as it is"),
    ]


def _detector_rows(card: DetectorCard) -> list[tuple[str, str]]:
    return [
        ("task", f"detector: class {card.person} is a person"),
        ("takes", _picture(card.picture)),
        ("padding", f"{'top left' if card.letterbox == 'corner' else 'centred'}, the rest {card.pad}"),
        ("gives", card.head),
    ]


def _picture(picture: Picture) -> str:
    size = f"{picture.size[0]}x{picture.size[1]} (width x height)"
    if picture.raw:
        return f"{size}, the crop's bytes as they are"
    mean, std = ("/".join(f"{value:g}" for value in values) for values in (picture.mean, picture.std))
    return f"{size}, {picture.color.upper()}, minus {mean}, over {std}, {picture.layout.upper()}"


def _codec(card: PoseCard) -> str:
    match card.codec:
        case Heatmap(refine=refine, blur_kernel=kernel):
            return f"heatmaps, refined by {refine}" + (f", blur kernel {kernel}" if refine in ("dark", "udp") else "")
        case UdpCombined(radius=radius):
            return f"heatmaps with offsets (UDP), radius {radius:g}"
        case SimCC(split_ratio=ratio):
            return f"SimCC vectors, {ratio:g} bins a pixel"
    return {"Regression": "coordinates", "Keypoints": "keypoints, decoded inside"}[type(card.codec).__name__]


def _blank(network: Network) -> np.ndarray:
    """An input of zeros, free sizes filled in."""
    if len(network.inputs) != 1:
        raise StanceError(f"{network.path.name} takes {len(network.inputs)} inputs; wanted one picture.")
    tensor = network.inputs[0]
    shape = [side or (1 if place == 0 else FREE_SIDE) for place, side in enumerate(tensor.shape)]
    return np.zeros(shape, KINDS.get(tensor.type, np.float32))

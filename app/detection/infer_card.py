"""The card of a detector: its own, the catalogue's, Ultralytics' metadata, or what its inputs and outputs tell."""

from __future__ import annotations

import ast

import numpy as np

from app.card import MOST_SIDE, DetectorCard, Head, Picture, Provenance
from app.detect.heads import STRIDES
from app.errors import StanceError
from app.runtime import DTYPES, Network
from app.zoo.cards import stated_card

RTMDET_MEAN = (103.53, 116.28, 123.675)
RTMDET_STD = (57.375, 57.12, 58.395)
FREE_SIZE = 640
"""The side that a detector with free input sizes gets where nothing says another one."""


def detector_card(network: Network) -> DetectorCard:
    """How ``network`` wants to be fed and read.

    Raises StanceError where it is no detector that Stance can read.
    """
    card = stated_card(network.path, network.metadata) or _guess(network)
    if not isinstance(card, DetectorCard):
        raise StanceError(f"{network.path.name} is a pose network, not a detector: give it to --pose.")
    _check(network, card)
    return card


def _guess(network: Network) -> DetectorCard:
    _, height, width = _picture_shape(network)
    size = (FREE_SIZE if width is None else width, FREE_SIZE if height is None else height)
    if not all(1 <= side <= MOST_SIDE for side in size):
        raise StanceError(f"{network.path.name} wants pictures of {size[0]}x{size[1]}: wanted 1 to {MOST_SIDE} a side.")
    name = network.path.stem
    if "Ultralytics" in network.metadata.get("author", "") or "names" in network.metadata:
        return _ultralytics(network, size)
    if {tensor.name for tensor in network.outputs} == {"dets", "labels"}:
        # The two families answer alike; the names of their weights tell them apart.
        if b"rtm_cls" in network.path.read_bytes():
            picture = Picture(size=size, color="bgr", mean=RTMDET_MEAN, std=RTMDET_STD)
        else:
            picture = Picture(size=size, color="bgr")
        return DetectorCard(name=name, picture=picture, head="dets", provenance=_assumed("color", "mean", "std"))
    if len(network.outputs) == 1:
        shape = _answer_shape(network, size)
        cells = sum((size[0] // stride) * (size[1] // stride) for stride in STRIDES)
        if len(shape) == 3 and shape[1] == cells and shape[2] >= 6:
            picture = Picture(size=size, color="bgr")
            return DetectorCard(name=name, picture=picture, head="yolox", provenance=_assumed("color", "mean", "std"))
        if len(shape) == 3 and (shape[2] == 6 or (shape[1] >= 5 and shape[2] == cells)):
            picture = Picture(size=size, color="rgb", std=(255.0, 255.0, 255.0))
            head: Head = "ultralytics-nms" if shape[2] == 6 else "ultralytics"
            return DetectorCard(
                name=name, picture=picture, head=head, letterbox="centre", provenance=_assumed("color", "std", "person")
            )
    answers = ", ".join(f"{t.name} {[side or '?' for side in t.shape]}".replace("'", "") for t in network.outputs)
    raise StanceError(
        f"{network.path.name} is not a detector that Stance can read: it answers {answers}; "
        "wanted YOLOX (raw, or dets and labels), RTMDet (dets and labels) or an Ultralytics export."
    )


def _ultralytics(network: Network, size: tuple[int, int]) -> DetectorCard:
    """A card from the metadata that Ultralytics' exporter writes (task, names, imgsz)."""
    name = network.path.name
    task = network.metadata.get("task", "detect")
    if task != "detect":
        raise StanceError(f"{name} is an Ultralytics model for the task {task!r}; wanted one for 'detect'.")
    try:
        names = ast.literal_eval(network.metadata.get("names", "{0: 'person'}"))
        person = next(int(number) for number, label in dict(names).items() if label == "person")
    except (ValueError, SyntaxError, TypeError, OverflowError, MemoryError, RecursionError, StopIteration):
        raise StanceError(f"{name} names no class 'person': wanted a detector that finds people.") from None
    shape = _answer_shape(network, size)
    head: Head = "ultralytics-nms" if len(shape) == 3 and shape[2] == 6 else "ultralytics"
    return DetectorCard(
        name=network.path.stem,
        picture=Picture(size=size, color="rgb", std=(255.0, 255.0, 255.0)),
        head=head,
        letterbox="centre",
        person=person,
        provenance=Provenance(licence=network.metadata.get("license", "")),
    )


def _picture_shape(network: Network) -> tuple[int | None, int | None, int | None]:
    """Channels, height and width that the only input takes."""
    shape = network.inputs[0].shape if len(network.inputs) == 1 else ()
    if len(shape) != 4 or shape[1] not in (3, None):
        raise StanceError(f"{network.path.name} is not a detector: wanted one picture (1, 3, H, W) as input.")
    return shape[1], shape[2], shape[3]


def _answer_shape(network: Network, size: tuple[int, int]) -> tuple[int, ...]:
    """The shape that a blank picture is answered with."""
    blank = np.zeros((1, 3, size[1], size[0]), DTYPES.get(network.inputs[0].type, np.float32))
    return network.run([blank])[0].shape


def _check(network: Network, card: DetectorCard) -> None:
    _, height, width = _picture_shape(network)
    if any(own not in (None, wanted) for own, wanted in zip((width, height), card.picture.size, strict=True)):
        raise StanceError(
            f"{network.path.name} takes pictures of {width}x{height}, but its card says "
            f"{card.picture.size[0]}x{card.picture.size[1]}."
        )
    if len(network.outputs) < (2 if card.head == "dets" else 1):
        raise StanceError(f"{network.path.name} has {len(network.outputs)} output; its card says head {card.head!r}.")


def _assumed(*what: str) -> Provenance:
    return Provenance(assumed=what)

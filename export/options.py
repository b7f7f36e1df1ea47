"""Resolves what a network's weights do not contain: how its input is prepared and how its output is decoded.

Each fact comes from the user (a flag), else from the checkpoint itself, else from the catalogue (found by SHA-256 or by
the published file name), else from a default; the card records which.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from app.core.errors import StanceError
from app.core.json_errors import JSON_ERRORS, json_problem
from app.core.message import Message, foreign, joined
from app.core.skeleton import Skeleton, load_skeleton, plain_skeleton
from app.inference.bottom_up_card import BottomUpCard
from app.inference.model_card import (
    IMAGENET_MEAN,
    Heatmap,
    InputSpec,
    PoseCard,
    UdpCombined,
)
from app.zoo.catalogue import Entry, load_catalogue
from export.bottom_up import bottom_up_card, grouping_name
from export.checkpoint import Checkpoint
from export.decoding import combined_codec, decoding_name, flag_codec, flip_shift, usual_codec
from export.fact_book import FactBook
from export.option_checks import check_flags, check_size, check_skeleton
from export.plans.plan import Architecture, Plan
from models.branches import Fusing
from models.resnet import Style

Decoding = Literal["plain", "dark", "udp"]
REFINE: dict[Decoding, Literal["quarter", "dark", "udp"]] = {"plain": "quarter", "dark": "dark", "udp": "udp"}
"""Name of the codec's refinement by value of ``--decode``."""

SIZE_IN_NAME = re.compile(r"(?<!\d)(\d{2,4})x(\d{2,4})(?!\d)")
BODY_SIZE, SQUARE_SIZE = (192, 256), (256, 256)
"""Default crop sizes, (width, height)."""
DEBIASED = {"beta": "10", "debias": "yes"}
"""Choices of the network that MMPose publishes with ``debias`` in its file name."""
SQUARE_SKELETONS = {"mpii16", "hand21", "face68"}
"""Skeletons whose networks take square crops."""


@dataclass(frozen=True, slots=True)
class ConvertOptions:
    """Facts given by the user; None where not given.

    Attributes:
        size: (width, height) of a crop in pixels.
        skeleton: Name of a skeleton that ships, or a skeleton.
        decoding: How heatmap peaks are refined.
        color: Channel order of the training images.
        style: Position of the stride in a ResNet's bottlenecks.
        fusing: HRNet's upsampling.
        heads: Number of attention heads of a transformer.
        last_relu: OpenPose's last heatmaps are clipped to be positive.
        beta: Factor of the heatmaps before the softmax of integral regression.
        debias: The softmax's pull towards the center of the crop is taken out.
        weights: Name of the set of weights to take from a file that holds several.
        rescore: Checkpoint of DEKR's rescoring network.
    """

    size: tuple[int, int] | None = None
    skeleton: str | Skeleton | None = None
    decoding: Decoding | None = None
    color: Literal["rgb", "bgr"] | None = None
    style: Style | None = None
    fusing: Fusing | None = None
    heads: int | None = None
    last_relu: Literal["yes", "no"] | None = None
    beta: float | None = None
    debias: bool = False
    weights: str | None = None
    rescore: Path | None = None

    def choice(self, name: str) -> str | None:
        """The value given for the choice ``name`` of a network."""
        given: dict[str, str | None] = {
            "style": self.style,
            "fusing": self.fusing,
            "heads": None if self.heads is None else str(self.heads),
            "last_relu": self.last_relu,
            "beta": None if self.beta is None else f"{self.beta:g}",
            "debias": "yes" if self.debias else None,
        }
        return given.get(name)


@dataclass(frozen=True, slots=True)
class Facts:
    """The resolved facts about a network.

    Attributes:
        card: The network's card, a PoseCard or BottomUpCard.
        choices: What the weights do not tell of the network itself: keyword arguments of the plan's ``build``.
        entry: The catalogue entry of the checkpoint, if there is one.
        stated: Names of the facts that the checkpoint states beside its weights.
        weights: The set of weights that was taken, where the file names it.
    """

    card: Any
    choices: Mapping[str, str]
    entry: Entry | None
    stated: tuple[str, ...] = ()
    weights: str = ""

    @property
    def fusing(self) -> str:
        """HRNet's upsampling."""
        return self.choices.get("fusing", "nearest")

    def described(self) -> list[Message]:
        """One line per source of facts: flags, checkpoint, catalogue, defaults."""
        provenance = self.card.provenance
        known = Message("catalogue, {name}", name=self.entry.name) if self.entry else Message("catalogue")
        rows = (
            (Message("flags"), provenance.chosen),
            (Message("the checkpoint"), self.stated),
            (known, provenance.catalogued),
            (Message("assumed"), provenance.assumed),
        )
        return [
            Message(
                "{what}: {details}",
                what=origin,
                details=joined("{first}, {rest}", [self._fact(name) for name in names]),
            )
            for origin, names in rows
            if names
        ]

    def _fact(self, name: str) -> str:
        """The fact called ``name``, with its value."""
        return Message("{name} {value}", name=name, value=self._value(name))

    def _value(self, name: str) -> str:
        card = self.card
        skeleton = card.skeleton if isinstance(card.skeleton, str) else card.skeleton.name
        values: dict[str, object] = {
            "size": "x".join(map(str, card.picture.size)),
            "color": card.picture.color,
            "normalization": "ImageNet"
            if sorted(card.picture.mean) == sorted(IMAGENET_MEAN)
            else Message(
                "mean {mean}, deviation {deviation}", mean=_three(card.picture.mean), deviation=_three(card.picture.std)
            ),
            "skeleton": skeleton,
            **_reading(card),
            "weights": self.weights,
            **self.choices,
        }
        value = values[name]
        return value if isinstance(value, str) else str(value)


def resolve_options(
    checkpoint: Checkpoint, found: Architecture, options: ConvertOptions, entry: Entry | None = None
) -> Facts:
    """Resolve every fact about the network in ``checkpoint``.

    Args:
        checkpoint: The checkpoint.
        found: The network that its weights describe.
        options: Facts given by the user.
        entry: The checkpoint's catalogue entry, if known; otherwise it is looked up by SHA-256 and file name.

    Raises:
        StanceError: An option does not fit the network.
    """
    plan = found.plan
    if plan.task == "part":
        raise StanceError(
            "{file} is {name}, a part of a pose system: wanted a network that finds keypoints in pictures.",
            file=checkpoint.path.name,
            name=plan.name,
        )
    entry = entry or entry_of(checkpoint.path, checkpoint.sha256)
    check_flags(options, plan, checkpoint.path.name)
    if plan.task == "bottom-up":
        return _resolve_bottom_up(checkpoint, found, options, entry)
    return _resolve_top_down(checkpoint, found, options, entry)


def _resolve_bottom_up(
    checkpoint: Checkpoint, found: Architecture, options: ConvertOptions, entry: Entry | None
) -> Facts:
    known = entry.card if entry and isinstance(entry.card, BottomUpCard) else None
    if known and found.plan.maps != len(known.resolved_skeleton.names):
        entry = known = None
    book = FactBook(known, ["weights"] if options.weights else [])
    picture = _picture(book, checkpoint, found, options)
    skeleton = _skeleton(book, found.plan, options)
    card = bottom_up_card(book, checkpoint.path.name, found, picture, skeleton)
    choices = _choices(book, checkpoint.path, found.plan, options)
    provenance = book.provenance(checkpoint, entry, found.plan.name)
    name = _name(checkpoint.path, entry, options)
    card = msgspec.structs.replace(card, name=name, provenance=provenance)
    check_skeleton(card, found.plan.maps, checkpoint.path.name)
    return Facts(card, choices, entry, tuple(book.stated), checkpoint.place)


def _resolve_top_down(
    checkpoint: Checkpoint, found: Architecture, options: ConvertOptions, entry: Entry | None
) -> Facts:
    maps, plan = found.plan.maps, found.plan
    known = entry.card if entry and isinstance(entry.card, PoseCard) else None
    if known and maps not in (len(known.resolved_skeleton.names), 3 * len(known.resolved_skeleton.names)):
        entry = known = None
    book = FactBook(known, ["weights"] if options.weights else [])
    picture = _picture(book, checkpoint, found, options)
    skeleton = _skeleton(book, plan, options)
    decoding = REFINE[options.decoding] if options.decoding else None
    combined = combined_codec(found.dialect, picture.size)
    given = flag_codec(decoding, maps, skeleton, combined)
    default = plan.card.codec or usual_codec(maps, skeleton, combined)
    codec = book.fact("decoding", given, lambda card: card.codec, default)
    udp = isinstance(codec, UdpCombined) or (codec.refine == "udp" if isinstance(codec, Heatmap) else plan.card.udp)
    padding = book.fact("padding", None, lambda card: card.padding, plan.card.padding)
    choices = _choices(book, checkpoint.path, plan, options)
    usual_shift = flip_shift(codec, udp, found.dialect)
    card = PoseCard(
        name=_name(checkpoint.path, entry, options),
        picture=picture,
        codec=codec,
        skeleton=skeleton,
        padding=padding,
        udp=udp,
        flip_shift=usual_shift if plan.card.flip_shift is None else plan.card.flip_shift,
        provenance=book.provenance(checkpoint, entry, plan.name),
    )
    check_skeleton(card, maps, checkpoint.path.name)
    return Facts(card, choices, entry, tuple(book.stated), checkpoint.place)


def _picture(book: FactBook[Any], checkpoint: Checkpoint, found: Architecture, options: ConvertOptions) -> InputSpec:
    """Size, channel order and normalization of the input."""
    plan = found.plan
    usual_size = _usual_size(checkpoint.path, plan)
    size = book.fact("size", options.size, lambda card: card.picture.size, usual_size, in_file=plan.size)
    check_size(size, plan, checkpoint.path.name)
    in_file = checkpoint.normalization
    usual_color = plan.card.color if found.dialect == "original" else "rgb"
    # ImageNet's mean in the checkpoint shows the channel order by the order of its values.
    orders: dict[tuple[float, ...], str] = {IMAGENET_MEAN: "rgb", IMAGENET_MEAN[::-1]: "bgr"}
    color = book.fact(
        "color", options.color, lambda c: c.picture.color, usual_color, orders.get(in_file[0]) if in_file else None
    )
    default = (plan.card.mean, plan.card.std)
    mean, std = book.fact("normalization", None, lambda c: (c.picture.mean, c.picture.std), default, in_file)
    return InputSpec(size=size, color=color, mean=mean, std=std)


def _skeleton(book: FactBook[Any], plan: Plan, options: ConvertOptions) -> str | Skeleton:
    usual = plan.card.skeleton or _usual_skeleton(plan.maps)
    skeleton: str | Skeleton = book.fact("skeleton", options.skeleton, lambda card: card.skeleton, usual)
    return skeleton


def _choices(book: FactBook[Any], path: Path, plan: Plan, options: ConvertOptions) -> dict[str, str]:
    """The arguments of the plan's ``build``; the catalogue's networks have the usual ones."""
    usual = dict(plan.usual)
    if "debias" in usual and "debias" in path.name:
        usual |= DEBIASED
    return {name: book.fact(name, options.choice(name), None, value) for name, value in usual.items()}


def _name(path: Path, entry: Entry | None, options: ConvertOptions) -> str:
    name = entry.name if entry else plain_name(path)
    return f"{name} ({options.weights})" if options.weights else name


def entry_of(path: Path, sha256: str) -> Entry | None:
    """The catalogue's checkpoint with this SHA-256, else the one published under this file name, else None."""
    entries = [entry for entry in load_catalogue().values() if entry.form == "checkpoint"]
    by_hash = [entry for entry in entries if entry.sha256 and sha256.startswith(entry.sha256)]
    by_name = [entry for entry in entries if entry.file == path.name]
    return next(iter(by_hash or by_name), None)


def plain_name(path: Path) -> str:
    """The file name without the suffixes of checkpoints (.pth, .pth.tar, .ckpt ...)."""
    name = path.name
    for ending in (".tar", ".pth", ".pt", ".ckpt", ".safetensors"):
        name = name.removesuffix(ending)
    return name or path.name


def read_skeleton(text: str) -> str | Skeleton:
    """The skeleton of a ``--keypoints`` value: the name of one that ships, or the contents of a JSON file.

    Raises StanceError if there is no such skeleton or the file cannot be used.
    """
    if not text.endswith(".json"):
        load_skeleton(text)
        return text
    try:
        data = Path(text).read_bytes()
        return msgspec.json.decode(data, type=Skeleton)
    except OSError as error:
        raise StanceError(
            "The skeleton {text!r} cannot be read ({reason}).", text=text, reason=foreign(error.strerror)
        ) from None
    except JSON_ERRORS as error:
        reason = json_problem(error, data, Skeleton, Message("an object with the fields name and names"))
        raise StanceError("The skeleton {text!r} cannot be used: {reason}.", text=text, reason=reason) from None


def _reading(card: PoseCard | BottomUpCard) -> dict[str, object]:
    """The values of the facts that cards of one kind have."""
    if isinstance(card, BottomUpCard):
        return {"grouping": grouping_name(card), "resize": card.resize}
    return {"decoding": decoding_name(card.codec), "padding": card.padding}


def _usual_size(path: Path, plan: Plan) -> tuple[int, int]:
    """(width, height) from a file name with HEIGHTxWIDTH, the usual notation, else the network's or the skeleton's."""
    if found := SIZE_IN_NAME.search(path.name):
        height, width = int(found[1]), int(found[2])
        if width % plan.multiple == 0 and height % plan.multiple == 0 and plan.takes((width, height)):
            return width, height
    if plan.card.size:
        return plan.card.size
    skeleton = _usual_skeleton(plan.maps)
    return SQUARE_SIZE if skeleton in SQUARE_SKELETONS else BODY_SIZE


def _usual_skeleton(maps: int) -> str | Skeleton:
    """The usual skeleton with ``maps`` keypoints: the name of one that ships, else a plain one."""
    skeleton = plain_skeleton(maps)
    return skeleton if skeleton.name.startswith("points") else skeleton.name


def _three(values: tuple[float, float, float]) -> str:
    return "/".join(f"{value:g}" for value in values)

"""Resolves what a network's weights do not contain: how its input is prepared and how its output is decoded.

Each fact comes from the user (a flag), else from the checkpoint itself, else from the catalogue (found by SHA-256 or by
the published file name), else from a default; the card records which.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import msgspec

from app import __version__
from app.core.errors import StanceError, message_of
from app.core.message import Message, foreign, joined
from app.core.skeleton import Skeleton, load_skeleton, plain_skeleton
from app.inference.model_card import (
    IMAGENET_MEAN,
    Codec,
    Heatmap,
    InputSpec,
    PoseCard,
    Provenance,
    Regression,
    UdpCombined,
)
from app.zoo.catalogue import Entry, load_catalogue
from export.checkpoint import Checkpoint
from export.plans.names import Dialect
from export.plans.plan import Architecture, Plan
from models.hrnet import Fusing
from models.resnet import Style

Decoding = Literal["plain", "dark", "udp"]
REFINE: dict[Decoding, Literal["quarter", "dark", "udp"]] = {"plain": "quarter", "dark": "dark", "udp": "udp"}
"""Name of the codec's refinement by value of ``--decode``."""

SIZE_IN_NAME = re.compile(r"(?<!\d)(\d{2,4})x(\d{2,4})(?!\d)")
BODY_SIZE, SQUARE_SIZE = (192, 256), (256, 256)
"""Default crop sizes, (width, height)."""
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
        weights: Name of the set of weights to take from a file that holds several.
    """

    size: tuple[int, int] | None = None
    skeleton: str | Skeleton | None = None
    decoding: Decoding | None = None
    color: Literal["rgb", "bgr"] | None = None
    style: Style | None = None
    fusing: Fusing | None = None
    heads: int | None = None
    weights: str | None = None

    def choice(self, name: str) -> str | None:
        """The value given for the choice ``name`` of a network."""
        heads = None if self.heads is None else str(self.heads)
        given: dict[str, str | None] = {"style": self.style, "fusing": self.fusing, "heads": heads}
        return given.get(name)


@dataclass(frozen=True, slots=True)
class Facts:
    """The resolved facts about a network.

    Attributes:
        card: The network's card.
        choices: What the weights do not tell of the network itself: keyword arguments of the plan's ``build``.
        entry: The catalogue entry of the checkpoint, if there is one.
        stated: Names of the facts that the checkpoint states beside its weights.
        weights: The set of weights that was taken, where the file names it.
    """

    card: PoseCard
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
            "decoding": _decoding_name(card.codec),
            "padding": card.padding,
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
    maps, plan = found.plan.maps, found.plan
    entry = entry or entry_of(checkpoint.path, checkpoint.sha256)
    known = entry.card if entry and isinstance(entry.card, PoseCard) else None
    if known and maps not in (len(known.resolved_skeleton.names), 3 * len(known.resolved_skeleton.names)):
        entry = known = None
    chosen: list[str] = ["weights"] if options.weights else []
    stated: list[str] = []
    catalogued: list[str] = []
    assumed: list[str] = []

    def fact(name: str, given: Any, of: Callable[[PoseCard], Any], default: Any, in_file: Any = None) -> Any:
        value = given if given is not None else in_file if in_file is not None else of(known) if known else default
        source = chosen if given is not None else stated if in_file is not None else catalogued if known else assumed
        source.append(name)
        return value

    size = fact(
        "size", options.size, lambda card: card.picture.size, _usual_size(checkpoint.path, plan), in_file=plan.size
    )
    _check_size(size, plan, checkpoint.path.name)
    in_file = checkpoint.normalization
    usual_color = plan.card.color if found.dialect == "original" else "rgb"
    # ImageNet's mean in the checkpoint shows the channel order by the order of its values.
    orders: dict[tuple[float, ...], str] = {IMAGENET_MEAN: "rgb", IMAGENET_MEAN[::-1]: "bgr"}
    color = fact(
        "color", options.color, lambda c: c.picture.color, usual_color, orders.get(in_file[0]) if in_file else None
    )
    default = (plan.card.mean, plan.card.std)
    mean, std = fact("normalization", None, lambda c: (c.picture.mean, c.picture.std), default, in_file)
    skeleton = fact("skeleton", options.skeleton, lambda card: card.skeleton, _usual_skeleton(maps))
    decoding = REFINE[options.decoding] if options.decoding else None
    combined = _combined(found.dialect, size)
    _check_flags(options, plan, checkpoint.path.name)
    given = _codec(decoding, maps, skeleton, combined)
    usual_codec = plan.card.codec or _usual_codec(maps, skeleton, combined)
    codec = fact("decoding", given, lambda card: card.codec, usual_codec)
    udp = isinstance(codec, UdpCombined) or (codec.refine == "udp" if isinstance(codec, Heatmap) else plan.card.udp)
    padding = fact("padding", None, lambda card: card.padding, plan.card.padding)
    choices: dict[str, str] = {}
    for choice, usual in plan.usual.items():
        choices[choice] = fact(choice, options.choice(choice), partial(_same, usual), usual)

    verified = entry is not None and (not entry.sha256 or checkpoint.sha256.startswith(entry.sha256))
    provenance = Provenance(
        licence=entry.licence if entry and verified else "",
        source=checkpoint.path.name,
        sha256=checkpoint.sha256,
        ap=entry.ap if entry and verified and not chosen else None,
        ap_setting=_setting(entry) if entry and verified and not chosen else "",
        chosen=tuple(chosen),
        catalogued=tuple(catalogued),
        assumed=tuple(assumed),
        network=plan.name,
        version=__version__,
    )
    name = entry.name if entry else plain_name(checkpoint.path)
    card = PoseCard(
        name=f"{name} ({options.weights})" if options.weights else name,
        picture=InputSpec(size=size, color=color, mean=mean, std=std),
        codec=codec,
        skeleton=skeleton,
        padding=padding,
        udp=udp,
        flip_shift=_flip_shift(codec, udp, found.dialect),
        provenance=provenance,
    )
    _check_skeleton(card, maps, checkpoint.path.name)
    return Facts(card, choices, entry, tuple(stated), checkpoint.place)


def _setting(entry: Entry) -> str:
    """The conditions of the published AP, with a remark if the file is known only by its name."""
    return entry.ap_setting if entry.sha256 else f"{entry.ap_setting} (of the file published under this name)"


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
        return msgspec.json.decode(Path(text).read_bytes(), type=Skeleton)
    except OSError as error:
        raise StanceError(
            "The skeleton {text!r} cannot be read ({reason}).", text=text, reason=foreign(error.strerror)
        ) from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise StanceError(
            "The skeleton {text!r} cannot be used: {reason}.", text=text, reason=message_of(error)
        ) from None


def _decoding_name(codec: Codec) -> str:
    if isinstance(codec, UdpCombined):
        return "udp with offsets"
    return codec.refine if isinstance(codec, Heatmap) else str(type(codec).__struct_config__.tag)  # type: ignore[attr-defined]


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


def _keypoints(skeleton: str | Skeleton) -> int:
    return len((load_skeleton(skeleton) if isinstance(skeleton, str) else skeleton).names)


def _combined(dialect: Dialect, size: tuple[int, int]) -> UdpCombined:
    """UDP with offsets; its radius is relative to the height in MMPose 0.x, to the longer side in MMPose 1.x."""
    default = UdpCombined()
    return UdpCombined(default.radius * size[1] / max(size)) if dialect == "mmpose 0.x" else default


def _usual_codec(maps: int, skeleton: str | Skeleton, combined: UdpCombined) -> Codec:
    return combined if maps == 3 * _keypoints(skeleton) else Heatmap()


def _codec(
    refine: Literal["quarter", "dark", "udp"] | None, maps: int, skeleton: str | Skeleton, combined: UdpCombined
) -> Codec | None:
    """The codec of the ``--decode`` flag; UDP with three maps per keypoint is UDP with offsets."""
    if refine is None:
        return None
    if refine == "udp" and maps == 3 * _keypoints(skeleton):
        return combined
    return Heatmap(refine)


def _check_size(size: tuple[int, int], plan: Plan, origin: str) -> None:
    if not plan.takes(size):
        raise StanceError(
            "{file} does not take crops of {width}x{height}: wanted {only}, for which its weights are made.",
            file=origin,
            width=size[0],
            height=size[1],
            only="x".join(map(str, plan.size or plan.card.size or ())),
        )
    if any(side % plan.multiple or not 0 < side <= 2048 for side in size):
        raise StanceError(
            "{file} does not take crops of {width}x{height}: wanted WIDTHxHEIGHT in multiples of {multiple} "
            "up to 2048.",
            file=origin,
            width=size[0],
            height=size[1],
            multiple=plan.multiple,
        )


def _flip_shift(codec: Codec, udp: bool, dialect: Dialect) -> bool:
    """Whether outputs are shifted in a flip test; MMPose shifts coordinates from 1.x on."""
    if isinstance(codec, Regression):
        return dialect == "mmpose 1.x"
    return isinstance(codec, Heatmap) and not udp


def _same(value: str, _: PoseCard) -> str:
    """``value``: the catalogue's networks are the usual ones."""
    return value


def _check_flags(options: ConvertOptions, plan: Plan, origin: str) -> None:
    if options.decoding and plan.card.codec and not isinstance(plan.card.codec, Heatmap):
        raise StanceError(
            "{file} is {name}, which outputs no heatmaps: wanted no --decode.", file=origin, name=plan.name
        )
    if options.style == "caffe" and "style" not in plan.usual:
        raise StanceError(
            "{file} is {name}, which has no Caffe style: wanted ResNet-50 or deeper.", file=origin, name=plan.name
        )
    if options.heads and (options.heads < 1 or plan.token % options.heads or not plan.token):
        raise StanceError(
            "{file} is {name}, which cannot have {heads} attention heads: wanted --heads with a divisor of {token}.",
            file=origin,
            name=plan.name,
            heads=options.heads,
            token=plan.token,
        )


def _check_skeleton(card: PoseCard, maps: int, origin: str) -> None:
    wanted = len(card.resolved_skeleton.names) * (3 if isinstance(card.codec, UdpCombined) else 1)
    if maps != wanted:
        skeleton = card.resolved_skeleton
        raise StanceError(
            "{file} outputs {maps} heatmaps, which does not match the {count} keypoints of "
            "{skeleton}: wanted --keypoints coco17, mpii16, another built-in skeleton, or a JSON file.",
            file=origin,
            maps=maps,
            count=len(skeleton.names),
            skeleton=skeleton.name,
        )

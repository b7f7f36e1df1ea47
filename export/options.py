"""What no weight tells of a network: how it wants to be fed, and how its answer is read.

A fact comes from the person (a flag), else from the catalogue (by SHA-256 or by the published file name), else from
what is usual; the card remembers which of the three it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from app import __version__
from app.card import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Codec,
    Heatmap,
    Picture,
    PoseCard,
    Provenance,
    UdpCombined,
)
from app.errors import StanceError
from app.skeleton import Skeleton, load_skeleton, plain_skeleton
from app.zoo.catalogue import Entry, load_catalogue
from export.checkpoint import Checkpoint
from export.recognise import HRNetPlan, Recognised
from models.hrnet import Fusing
from models.resnet import Bottleneck, Style

Decoding = Literal["plain", "dark", "udp"]
REFINE: dict[Decoding, Literal["quarter", "dark", "udp"]] = {"plain": "quarter", "dark": "dark", "udp": "udp"}

SIZE_IN_NAME = re.compile(r"(?<!\d)(\d{2,4})x(\d{2,4})(?!\d)")
BODY_SIZE, SQUARE_SIZE = (192, 256), (256, 256)
SQUARE_SKELETONS = {"mpii16", "hand21", "face68"}
"""What is as wide as it is high, or was trained so."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person said; None where nothing was said. ``size`` is (width, height)."""

    size: tuple[int, int] | None = None
    skeleton: str | Skeleton | None = None
    decoding: Decoding | None = None
    color: Literal["rgb", "bgr"] | None = None
    style: Style | None = None
    fusing: Fusing | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """A network's card, and the two facts about the network itself that its weights do not tell."""

    card: PoseCard
    style: Style
    fusing: Fusing
    entry: Entry | None

    def told(self) -> list[str]:
        """One line a source of facts: what was chosen, what the catalogue said, what was assumed."""
        provenance = self.card.provenance
        known = f"catalogue, {self.entry.name}" if self.entry else "catalogue"
        rows = (("flags", provenance.chosen), (known, provenance.catalogued), ("assumed", provenance.assumed))
        return [
            f"{origin}: {', '.join(f'{name} {self._value(name)}' for name in names)}" for origin, names in rows if names
        ]

    def _value(self, name: str) -> str:
        card = self.card
        codec: Any = card.codec
        skeleton = card.skeleton if isinstance(card.skeleton, str) else card.skeleton.name
        values: dict[str, object] = {
            "size": "x".join(map(str, card.picture.size)),
            "color": card.picture.color,
            "normalisation": "ImageNet" if card.picture.mean == IMAGENET_MEAN else "its own",
            "skeleton": skeleton,
            "decoding": "udp with offsets" if isinstance(codec, UdpCombined) else codec.refine,
            "padding": card.padding,
            "style": self.style,
            "fusing": self.fusing,
        }
        return str(values[name])


def settle(checkpoint: Checkpoint, found: Recognised, wishes: Wishes, entry: Entry | None = None) -> Facts:
    """Every fact about the network in ``checkpoint``; ``entry`` is its place in the catalogue where that is certain.

    Raises StanceError where a wish does not fit the network.
    """
    maps, plan = found.plan.head.maps, found.plan
    entry = entry or entry_of(checkpoint.path, checkpoint.sha256)
    known = entry.card if entry and isinstance(entry.card, PoseCard) else None
    if known and maps not in (len(known.bones.names), 3 * len(known.bones.names)):
        entry = known = None
    chosen: list[str] = []
    catalogued: list[str] = []
    assumed: list[str] = []

    def fact(name: str, wish: Any, of: Callable[[PoseCard], Any], usual: Any) -> Any:
        value = wish if wish is not None else of(known) if known else usual
        (chosen if wish is not None else catalogued if known else assumed).append(name)
        return value

    size = fact("size", wishes.size, lambda card: card.picture.size, _usual_size(checkpoint.path, maps))
    _check_size(size, plan.multiple, checkpoint.path.name)
    usual_color = "rgb" if found.dialect != "original" or isinstance(plan, HRNetPlan) else "bgr"
    color = fact("color", wishes.color, lambda card: card.picture.color, usual_color)
    mean, std = fact("normalisation", None, lambda c: (c.picture.mean, c.picture.std), (IMAGENET_MEAN, IMAGENET_STD))
    skeleton = fact("skeleton", wishes.skeleton, lambda card: card.skeleton, _usual_skeleton(maps))
    decoding = REFINE[wishes.decoding] if wishes.decoding else None
    codec = fact("decoding", _codec(decoding, maps, skeleton), lambda card: card.codec, _usual_codec(maps, skeleton))
    udp = isinstance(codec, UdpCombined) or codec.refine == "udp"
    padding = fact("padding", None, lambda card: card.padding, 1.25)
    style: Style = "pytorch"
    if not isinstance(plan, HRNetPlan) and plan.block is Bottleneck:
        style = fact("style", wishes.style, lambda _: "pytorch", "pytorch")
    elif wishes.style == "caffe":
        raise StanceError(
            f"{checkpoint.path.name} is {plan.name}, which has no Caffe style: only ResNet-50 and deeper do."
        )
    fusing = plan.usual_fusing
    if isinstance(plan, HRNetPlan):
        fusing = fact("fusing", wishes.fusing, lambda _: plan.usual_fusing, plan.usual_fusing)

    sure = entry is not None and (not entry.sha256 or checkpoint.sha256.startswith(entry.sha256))
    provenance = Provenance(
        licence=entry.licence if entry and sure else "",
        source=checkpoint.path.name,
        sha256=checkpoint.sha256,
        ap=entry.ap if entry and sure and not chosen else None,
        ap_setting=_setting(entry) if entry and sure and not chosen else "",
        chosen=tuple(chosen),
        catalogued=tuple(catalogued),
        assumed=tuple(assumed),
        network=plan.name,
        version=__version__,
    )
    card = PoseCard(
        name=entry.name if entry else plain_name(checkpoint.path),
        picture=Picture(size=size, color=color, mean=mean, std=std),
        codec=codec,
        skeleton=skeleton,
        padding=padding,
        udp=udp,
        flip_shift=not udp,
        provenance=provenance,
    )
    _check_skeleton(card, maps, checkpoint.path.name)
    return Facts(card, style, fusing, entry)


def _setting(entry: Entry) -> str:
    """Under what conditions the published figure was measured, and whether this is that file for sure."""
    return entry.ap_setting if entry.sha256 else f"{entry.ap_setting} (of the file published under this name)"


def entry_of(path: Path, sha256: str) -> Entry | None:
    """The checkpoint of the catalogue with this SHA-256, else the one that is published under this file name."""
    entries = [entry for entry in load_catalogue().values() if entry.form == "checkpoint"]
    same = [entry for entry in entries if entry.sha256 and sha256.startswith(entry.sha256)]
    namesakes = [entry for entry in entries if entry.file == path.name]
    return next(iter(same or namesakes), None)


def plain_name(path: Path) -> str:
    """A file's name without what checkpoints end in."""
    name = path.name
    for ending in (".tar", ".pth", ".pt", ".safetensors"):
        name = name.removesuffix(ending)
    return name or path.name


def read_skeleton(text: str) -> str | Skeleton:
    """The skeleton a person means: the name of one that ships, or a JSON file.

    Raises StanceError where it is neither.
    """
    if not text.endswith(".json"):
        load_skeleton(text)
        return text
    try:
        return msgspec.json.decode(Path(text).read_bytes(), type=Skeleton)
    except OSError as error:
        raise StanceError(f"The skeleton {text!r} cannot be read ({error.strerror}).") from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise StanceError(f"The skeleton {text!r} cannot be used: {error}.") from None


def _usual_size(path: Path, maps: int) -> tuple[int, int]:
    """(width, height): as the file name has it in the field's way, height first, else as is usual."""
    if found := SIZE_IN_NAME.search(path.name):
        height, width = int(found[1]), int(found[2])
        if width % 32 == 0 and height % 32 == 0:
            return width, height
    skeleton = _usual_skeleton(maps)
    return SQUARE_SIZE if skeleton in SQUARE_SKELETONS else BODY_SIZE


def _usual_skeleton(maps: int) -> str | Skeleton:
    """The skeleton with so many keypoints, by name where one ships."""
    skeleton = plain_skeleton(maps)
    return skeleton if skeleton.name.startswith("points") else skeleton.name


def _keypoints(skeleton: str | Skeleton) -> int:
    return len((load_skeleton(skeleton) if isinstance(skeleton, str) else skeleton).names)


def _usual_codec(maps: int, skeleton: str | Skeleton) -> Codec:
    return UdpCombined() if maps == 3 * _keypoints(skeleton) else Heatmap()


def _codec(refine: Literal["quarter", "dark", "udp"] | None, maps: int, skeleton: str | Skeleton) -> Codec | None:
    """The codec that was wished for; UDP with three maps a keypoint is the kind with offsets."""
    if refine is None:
        return None
    if refine == "udp" and maps == 3 * _keypoints(skeleton):
        return UdpCombined()
    return Heatmap(refine)


def _check_size(size: tuple[int, int], multiple: int, origin: str) -> None:
    if any(side % multiple or not 0 < side <= 2048 for side in size):
        raise StanceError(
            f"{origin} cannot be fed crops of {size[0]}x{size[1]}: "
            f"wanted WIDTHxHEIGHT of multiples of {multiple} up to 2048."
        )


def _check_skeleton(card: PoseCard, maps: int, origin: str) -> None:
    wanted = len(card.bones.names) * (3 if isinstance(card.codec, UdpCombined) else 1)
    if maps != wanted:
        raise StanceError(
            f"{origin} makes {maps} maps, which does not fit the {len(card.bones.names)} keypoints of "
            f"{card.bones.name}: wanted --keypoints coco17, mpii16, another skeleton that ships, or a JSON file."
        )

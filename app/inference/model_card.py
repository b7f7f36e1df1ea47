"""Model cards: how a network is fed and how its outputs are read.

Files that Stance writes carry their card as JSON under ``METADATA_KEY`` in the ONNX metadata. Files of other
publishers that Stance knows have a card in the catalogue.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar, Union

import msgspec

from app.core.errors import InvalidValueError, StanceError
from app.core.skeleton import Skeleton, load_skeleton
from app.inference.card_errors import card_problem
from app.inference.registry import CARDS, CODEC_SPECS, register

METADATA_KEY = "stance.card"
"""Key of the card in the metadata of an ONNX file."""

KINDS_OF_TASKS = {"pose": "pose-top-down", "detector": "detector"}
"""Kinds by the ``task`` that older cards state instead of a ``kind``."""

Kind = TypeVar("Kind")

MAX_SIDE = 8192
Side = Annotated[int, msgspec.Meta(ge=1, le=MAX_SIDE)]
Channel = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]
Spread = Annotated[float, msgspec.Meta(gt=0, le=1e6)]


class InputSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How pixels become numbers: ``(pixel - mean) / std`` for pixels 0..255, channels in ``color`` order.

    ``size`` is (width, height) of the network's input. A ``raw`` network does all this itself: it takes the crops
    as they were cut, (N, H, W, 3) uint8 BGR, and its layout is ``nhwc``.
    """

    size: tuple[Side, Side]
    color: Literal["rgb", "bgr"] = "rgb"
    mean: tuple[Channel, Channel, Channel] = (0.0, 0.0, 0.0)
    std: tuple[Spread, Spread, Spread] = (1.0, 1.0, 1.0)
    layout: Literal["nchw", "nhwc"] = "nchw"
    raw: bool = False

    def __post_init__(self) -> None:
        if self.raw and self.layout != "nhwc":
            raise InvalidValueError("a raw image is fed in its memory layout, which is 'nhwc'")


IMAGENET_MEAN = (123.675, 116.28, 103.53)
IMAGENET_STD = (58.395, 57.12, 57.375)


class Codec:
    """Base class of the settings of a codec in a card: a struct with ``tag_field="type"`` in ``CODEC_SPECS``."""

    __slots__ = ()


@CODEC_SPECS.register("heatmap")
class Heatmap(Codec, msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="heatmap", tag_field="type"):
    """One map per keypoint; the peak is refined by a ``quarter`` cell shift, ``dark``, ``udp`` or not at all."""

    refine: Literal["none", "quarter", "dark", "udp"] = "quarter"
    blur_kernel: Annotated[int, msgspec.Meta(ge=1, le=99)] = 11


@CODEC_SPECS.register("udp-combined")
class UdpCombined(Codec, msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="udp-combined", tag_field="type"):
    """Three maps per keypoint (response, x offset, y offset), Huang et al., CVPR 2020.

    Offsets are in units of ``radius``, a fraction of the longer side of the heatmap (``radius_factor`` of MMPose 1.x).
    """

    radius: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.0546875
    blur_kernel: Annotated[int, msgspec.Meta(ge=1, le=99)] = 11


@CODEC_SPECS.register("simcc")
class SimCC(Codec, msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="simcc", tag_field="type"):
    """One vector per axis and keypoint, ``split_ratio`` bins per pixel (Li et al., ECCV 2022).

    ``refine``: the highest bin, or the peak after a blur as wide as the Gaussians of the training targets.
    """

    split_ratio: Annotated[float, msgspec.Meta(gt=0, le=16)] = 2.0
    refine: Literal["none", "gaussian"] = "gaussian"


@CODEC_SPECS.register("regression")
class Regression(Codec, msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="regression", tag_field="type"):
    """Coordinates (N, K, columns) in fractions of the input's width and height.

    Two columns are x y, three x y score, four x y and the deviation of each. An additional side of 1, one row
    (N, K x columns), and x y with the scores (N, K) in a second output are also read.
    """


@CODEC_SPECS.register("queries")
class Queries(Codec, msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="queries", tag_field="type"):
    """Two outputs: probabilities (N, Q, K) of the keypoints for each of Q queries, and coordinates (N, Q, 2).

    Coordinates are fractions of the input's width and height. Each keypoint takes a query of its own, so that the sum
    of the probabilities is largest (PRTR; Li et al., CVPR 2021).
    """


@CODEC_SPECS.register("soft-argmax")
class SoftArgmax(Codec, msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="soft-argmax", tag_field="type"):
    """One map per keypoint, whose mean position is the keypoint (DSNT, Nibali et al., 2018).

    ``softmax``: the network outputs the maps before their softmax. ``stride`` is the number of pixels per cell.
    """

    softmax: bool = True
    stride: Annotated[int, msgspec.Meta(ge=1, le=64)] = 4


@CODEC_SPECS.register("keypoints")
class DecodedKeypoints(
    Codec, msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="keypoints", tag_field="type"
):
    """Decoded in the network: (N, K, 3) = x y in fractions of the crop (see ``app.pose.crop``), and the score."""


class Provenance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a network comes from; every field may be empty.

    ``source`` and ``sha256`` are those of the file that it was made from by Stance of ``version``. Of the settings
    that weights do not contain, ``chosen`` names those given by the user, ``catalogued`` those from the catalogue and
    ``assumed`` those that were assumed. ``network`` is the name of the architecture.
    """

    licence: str = ""
    source: str = ""
    sha256: str = ""
    ap: float | None = None
    ap_setting: str = ""
    assumed: tuple[str, ...] = ()
    version: str = ""
    chosen: tuple[str, ...] = ()
    catalogued: tuple[str, ...] = ()
    network: str = ""
    precision: Literal["float32", "float16", "int8"] = "float32"


class ModelCard:
    """Base class of all cards: a struct with ``tag_field="kind"`` that is registered in ``CARDS``.

    Every card has a ``name``, the network's input as ``picture``, and its ``provenance``.
    """

    __slots__ = ()

    name: str
    picture: InputSpec
    provenance: Provenance


class PoseModelCard(ModelCard):
    """Base class of the cards of pose networks: they also have a ``skeleton``, as a name or as the skeleton itself."""

    __slots__ = ()

    skeleton: str | Skeleton

    @property
    def resolved_skeleton(self) -> Skeleton:
        """The skeleton itself; raises StanceError if the name is unknown."""
        return load_skeleton(self.skeleton) if isinstance(self.skeleton, str) else self.skeleton


@register("pose-top-down")
class PoseCard(
    PoseModelCard, msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="pose-top-down", tag_field="kind"
):
    """A top-down pose network: a person's crop in, keypoints out.

    ``padding`` widens the box before it is cropped; ``udp``: crop and keypoints are aligned by
    size - 1 (UDP); ``flip_shift``: the maps of the mirrored crop move by one cell in a flip test.
    ``skeleton`` is a name from ``assets/skeletons`` or the skeleton itself.
    """

    name: str
    picture: InputSpec
    codec: Codec
    skeleton: str | Skeleton
    padding: Annotated[float, msgspec.Meta(gt=0, le=10)] = 1.25
    udp: bool = False
    flip_shift: bool = False
    provenance: Provenance = Provenance()


OutputFormat = Literal["dets", "yolox", "ultralytics", "ultralytics-nms", "blazepose"]

Placement = Literal["corner", "centre", "stretch"]
"""Where a whole image lies in the input: scaled at the top left, scaled in the middle, or stretched to fill it."""


@register("detector")
class DetectorCard(
    ModelCard, msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="detector", tag_field="kind"
):
    """A person detector: a letterboxed picture in, boxes out.

    ``head`` names the output format: ``dets`` (boxes with scores, and labels; NMS inside), ``yolox`` (raw grid),
    ``ultralytics`` (raw, boxes as center and size), ``ultralytics-nms`` (final rows of six), ``blazepose`` (MediaPipe's
    body detector: faces with the circle around the body).
    ``letterbox`` is the position of the picture in the padding, ``person`` the number of the class.
    """

    name: str
    picture: InputSpec
    head: OutputFormat
    letterbox: Placement = "corner"
    pad: Annotated[int, msgspec.Meta(ge=0, le=255)] = 114
    person: Annotated[int, msgspec.Meta(ge=0, le=9999)] = 0
    provenance: Provenance = Provenance()


def read_card(text: str | bytes, origin: str) -> ModelCard:
    """The card in JSON ``text``; ``origin`` is named in the StanceError that an invalid one raises."""
    value: object = None
    try:
        value = _with_kind(msgspec.json.decode(text))
        card = convert_card(value, ModelCard)
        if isinstance(card, PoseModelCard):
            _ = card.resolved_skeleton
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise StanceError(
            "The model card of {file} cannot be used: {reason}.", file=origin, reason=card_problem(error, value)
        ) from None
    return card


def write_card(card: ModelCard) -> str:
    """``card`` as JSON, the inverse of ``read_card``."""
    return msgspec.json.encode(card, enc_hook=str).decode()  # a Message, which msgspec does not know, is its text


def convert_card(value: Any, kind: type[Kind]) -> Kind:
    """``value``, as decoded from JSON or TOML, as a ``kind``: ModelCard, or a struct that has one in a field.

    Raises msgspec.ValidationError if it is not valid.
    """
    return msgspec.convert(value, kind, dec_hook=_convert_registered)


def kind_of(card: ModelCard) -> str:
    """The kind of ``card``, as it is registered."""
    return str(type(card).__struct_config__.tag)  # type: ignore[attr-defined]


def _convert_registered(wanted: type[Any], value: Any) -> Any:
    """A card, or the settings of a codec, of the registered class that ``value`` names."""
    if isinstance(value, wanted):
        return value
    if wanted is ModelCard:
        value = _with_kind(value)
    registry = CARDS if wanted is ModelCard else CODEC_SPECS
    try:
        return msgspec.convert(value, Union[registry.values()], dec_hook=_convert_registered)  # noqa: UP007
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def _with_kind(value: Any) -> Any:
    """The card ``value`` with the ``kind`` that is meant by the ``task`` of an older one."""
    if not isinstance(value, dict) or "kind" in value or "task" not in value:
        return value
    task = value["task"]
    kind = KINDS_OF_TASKS.get(task, task) if isinstance(task, str) else task
    return {key: part for key, part in value.items() if key != "task"} | {"kind": kind}

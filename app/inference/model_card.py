"""The card: a network says itself how it wants to be fed and how its answer is read.

Files that Stance writes carry it as JSON under ``METADATA_KEY`` in the ONNX metadata; files of others that
Stance knows have one in the catalogue.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from app.errors import StanceError
from app.skeleton import Skeleton, load_skeleton

METADATA_KEY = "stance.card"

MOST_SIDE = 8192
Side = Annotated[int, msgspec.Meta(ge=1, le=MOST_SIDE)]
Channel = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]
Spread = Annotated[float, msgspec.Meta(gt=0, le=1e6)]


class Picture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
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
            raise ValueError("a raw picture is fed as it lies in memory, so that its layout is 'nhwc'")


IMAGENET_MEAN = (123.675, 116.28, 103.53)
IMAGENET_STD = (58.395, 57.12, 57.375)


class Heatmap(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="heatmap", tag_field="type"):
    """One map a keypoint; the peak is refined by a ``quarter`` cell shift, ``dark``, ``udp`` or not at all."""

    refine: Literal["none", "quarter", "dark", "udp"] = "quarter"
    blur_kernel: Annotated[int, msgspec.Meta(ge=1, le=99)] = 11


class UdpCombined(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="udp-combined", tag_field="type"):
    """Three maps a keypoint (response, x offset, y offset), Huang et al., CVPR 2020.

    ``radius`` is in heatmap widths (MMPose's ``radius_factor``).
    """

    radius: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.0546875
    blur_kernel: Annotated[int, msgspec.Meta(ge=1, le=99)] = 11


class SimCC(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="simcc", tag_field="type"):
    """One vector an axis and keypoint, ``split_ratio`` bins to a pixel (Li et al., ECCV 2022).

    ``refine``: the highest bin as it is, or the peak after a blur as wide as the training targets were.
    """

    split_ratio: Annotated[float, msgspec.Meta(gt=0, le=16)] = 2.0
    refine: Literal["none", "gaussian"] = "gaussian"


class Regression(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="regression", tag_field="type"):
    """Coordinates themselves, (N, K, 2 or more), in fractions of the input's width and height."""


class Keypoints(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="keypoints", tag_field="type"):
    """Decoded in the network: (N, K, 3) = x y in fractions of the crop (see ``app.estimate.crop``), and the score."""


Codec = Heatmap | UdpCombined | SimCC | Regression | Keypoints


class Provenance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a network comes from; every field may be empty.

    ``source`` and ``sha256`` are those of the file that it was made from by Stance of ``version``. Of the facts that no
    weight tells, ``chosen`` names those that a person stated, ``catalogued`` those that the catalogue did, ``assumed``
    those that nobody stated. ``network`` is the architecture as the field calls it.
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


class PoseCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="pose", tag_field="task"):
    """A top-down pose network: a person's crop in, keypoints out.

    ``padding`` widens the box before it is cropped; ``udp`` says that crop and keypoints are aligned by
    size - 1 (UDP); ``flip_shift`` that the maps of the mirrored crop move by one cell in a flip test.
    ``skeleton`` is a name from ``assets/skeletons`` or the skeleton itself.
    """

    name: str
    picture: Picture
    codec: Codec
    skeleton: str | Skeleton
    padding: Annotated[float, msgspec.Meta(gt=0, le=10)] = 1.25
    udp: bool = False
    flip_shift: bool = False
    provenance: Provenance = Provenance()

    @property
    def bones(self) -> Skeleton:
        """The skeleton itself; raises StanceError where the name is not known."""
        return load_skeleton(self.skeleton) if isinstance(self.skeleton, str) else self.skeleton


Head = Literal["dets", "yolox", "ultralytics", "ultralytics-nms"]


class DetectorCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="detector", tag_field="task"):
    """A person detector: a letterboxed picture in, boxes out.

    ``head`` names the answer: ``dets`` (boxes with scores, and labels; NMS inside), ``yolox`` (raw grid),
    ``ultralytics`` (raw, boxes as centre and size), ``ultralytics-nms`` (final rows of six).
    ``letterbox`` says where the picture sits in the padding, ``person`` which class is a person.
    """

    name: str
    picture: Picture
    head: Head
    letterbox: Literal["corner", "centre"] = "corner"
    pad: Annotated[int, msgspec.Meta(ge=0, le=255)] = 114
    person: Annotated[int, msgspec.Meta(ge=0, le=9999)] = 0
    provenance: Provenance = Provenance()


ModelCard = PoseCard | DetectorCard


def read_card(text: str | bytes, origin: str) -> ModelCard:
    """The card in JSON ``text``; ``origin`` is named in the StanceError that a bad one raises."""
    try:
        card = msgspec.json.decode(text, type=ModelCard)
        if isinstance(card, PoseCard):
            _ = card.bones
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise StanceError(f"The model card of {origin} cannot be used: {error}.") from None
    return card


def write_card(card: ModelCard) -> str:
    """``card`` as JSON, the inverse of ``read_card``."""
    return msgspec.json.encode(card).decode()

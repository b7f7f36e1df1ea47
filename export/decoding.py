"""The codec of a converted top-down network, from its number of maps and the flags."""

from __future__ import annotations

from typing import Literal

from app.core.skeleton import Skeleton, load_skeleton
from app.inference.model_card import Codec, Heatmap, Regression, UdpCombined
from export.plans.names import Dialect


def combined_codec(dialect: Dialect, size: tuple[int, int]) -> UdpCombined:
    """UDP with offsets; its radius is relative to the height in MMPose 0.x, to the longer side in MMPose 1.x."""
    default = UdpCombined()
    return UdpCombined(default.radius * size[1] / max(size)) if dialect == "mmpose 0.x" else default


def usual_codec(maps: int, skeleton: str | Skeleton, combined: UdpCombined) -> Codec:
    """The codec of a network of ``maps`` heatmaps without flags: with three per keypoint ``combined``."""
    return combined if maps == 3 * _keypoints(skeleton) else Heatmap()


def flag_codec(
    refine: Literal["quarter", "dark", "udp"] | None, maps: int, skeleton: str | Skeleton, combined: UdpCombined
) -> Codec | None:
    """The codec of the ``--decode`` flag; UDP with three maps per keypoint is UDP with offsets."""
    if refine is None:
        return None
    if refine == "udp" and maps == 3 * _keypoints(skeleton):
        return combined
    return Heatmap(refine)


def flip_shift(codec: Codec, udp: bool, dialect: Dialect) -> bool:
    """Whether outputs are shifted in a flip test; MMPose shifts coordinates from 1.x on."""
    if isinstance(codec, Regression):
        return dialect == "mmpose 1.x"
    return isinstance(codec, Heatmap) and not udp


def decoding_name(codec: Codec) -> str:
    """How the outputs are decoded, for the list of facts."""
    if isinstance(codec, UdpCombined):
        return "udp with offsets"
    return codec.refine if isinstance(codec, Heatmap) else str(type(codec).__struct_config__.tag)  # type: ignore[attr-defined]


def _keypoints(skeleton: str | Skeleton) -> int:
    return len((load_skeleton(skeleton) if isinstance(skeleton, str) else skeleton).names)

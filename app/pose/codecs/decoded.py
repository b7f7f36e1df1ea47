"""Keypoints that the network decodes itself."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.inference.model_card import DecodedKeypoints
from app.inference.registry import CODECS
from app.pose.codecs.codec import CoordinateCodec, Maps, check_shapes


@CODECS.register("keypoints")
class DecodedCodec(CoordinateCodec):
    """Reads keypoints (N, K, 3) = x y in fractions of the crop, and the score."""

    def __init__(self, spec: DecodedKeypoints) -> None:
        self.spec = spec

    def decode(self, outputs: Sequence[Maps], udp: bool) -> tuple[Floats, Floats]:
        """See ``PoseCodec``."""
        return outputs[0][..., :2], outputs[0][..., 2]

    def unflip(self, outputs: Sequence[Maps], order: list[int], shift: bool, width: int) -> list[Maps]:
        """See ``PoseCodec``; fractions are relative to the first cell of the network's maps, so no shift applies."""
        values = outputs[0][:, order].copy()
        values[..., 0] = 1 - values[..., 0]
        return [values]

    def check(self, outputs: Sequence[Maps], skeleton: Skeleton, size: tuple[int, int], name: str) -> None:
        """See ``PoseCodec``."""
        check_shapes(outputs, "DecodedKeypoints", skeleton, name, 3, columns=3)

    def describe(self) -> str:
        """See ``PoseCodec``."""
        return "keypoints, decoded inside"

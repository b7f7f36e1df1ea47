"""Regression: the network's outputs are coordinates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.inference.model_card import Regression
from app.inference.registry import CODECS
from app.pose.codecs.codec import CoordinateCodec, Maps, check_shapes


@CODECS.register("regression")
class RegressionCodec(CoordinateCodec):
    """Reads coordinates (N, K, 2..4), and scores (N, K, 1) from a second output if there is one."""

    def __init__(self, spec: Regression) -> None:
        self.spec = spec

    def decode(self, outputs: Sequence[Maps], udp: bool) -> tuple[Floats, Floats]:
        """See ``PoseCodec``."""
        return regression_fractions(np.concatenate(outputs, axis=-1) if len(outputs) > 1 else outputs[0])

    def unflip(self, outputs: Sequence[Maps], order: list[int], shift: bool, width: int) -> list[Maps]:
        """See ``PoseCodec``."""
        values, *scores = (output[:, order].copy() for output in outputs)
        values[..., 0] = 1 - values[..., 0] - (1 / width if shift else 0)
        return [values, *scores]

    def check(self, outputs: Sequence[Maps], skeleton: Skeleton, size: tuple[int, int], name: str) -> None:
        """See ``PoseCodec``."""
        check_shapes(outputs, "Regression", skeleton, name, 3)
        if outputs[0].shape[-1] < 2:
            check_shapes(outputs, "Regression", skeleton, name, 3, columns=2)

    def describe(self) -> str:
        """See ``PoseCodec``."""
        return "coordinates"


def regression_fractions(values: Maps) -> tuple[Floats, Floats]:
    """Keypoints and scores of ``values`` (N, K, columns): x y, x y score, or x y and the deviation of each."""
    keypoints = values[..., :2].astype(np.float32)
    match values.shape[-1]:
        case 2:
            return keypoints, np.ones(values.shape[:-1], np.float32)
        case 3:
            return keypoints, values[..., 2].astype(np.float32)
        case _:
            return keypoints, np.clip(1 - values[..., 2:4].mean(axis=-1), 0, 1).astype(np.float32)

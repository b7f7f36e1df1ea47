"""Queries: the network outputs candidates in no fixed order, each with the probabilities of the keypoints."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.core.errors import StanceError
from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.inference.model_card import Queries
from app.inference.registry import CODECS
from app.pose.codecs.codec import CoordinateCodec, Maps
from app.tracking.assignment import best_pairs


@CODECS.register("queries")
class QueriesCodec(CoordinateCodec):
    """Reads two outputs, probabilities (N, Q, K) and coordinates (N, Q, 2)."""

    output_count = 2

    def __init__(self, spec: Queries) -> None:
        self.spec = spec

    def decode(self, outputs: Sequence[Maps], udp: bool) -> tuple[Floats, Floats]:
        """See ``PoseCodec``; the score is the probability of the keypoint for its query."""
        scores, coordinates = self.match(outputs)
        return coordinates, scores

    def match(self, outputs: Sequence[Maps]) -> list[Maps]:
        """Probabilities (N, K) and coordinates (N, K, 2) of the queries that the keypoints take."""
        probabilities, coordinates = outputs
        if probabilities.ndim == 2:
            return [probabilities, coordinates]
        count, _, keypoints = probabilities.shape
        rows = np.array([[query for _, query in best_pairs(own.T)] for own in probabilities], np.intp)
        people, queries = np.arange(count)[:, None], rows.reshape(count, keypoints)
        scores = probabilities[people, queries, np.arange(keypoints)]
        return [scores.astype(np.float32), coordinates[people, queries].astype(np.float32)]

    def unflip(self, outputs: Sequence[Maps], order: list[int], shift: bool, width: int) -> list[Maps]:
        """See ``PoseCodec``; ``outputs`` are matched ones."""
        scores, coordinates = outputs[0][:, order], outputs[1][:, order].copy()
        coordinates[..., 0] = 1 - coordinates[..., 0] - (1 / width if shift else 0)
        return [scores, coordinates]

    def check(self, outputs: Sequence[Maps], skeleton: Skeleton, size: tuple[int, int], name: str) -> None:
        """See ``PoseCodec``."""
        count = len(skeleton.names)
        shapes = [output.shape for output in outputs]
        if len(shapes) != 2 or len(shapes[0]) != 3 or shapes[1] != (1, shapes[0][1], 2) or shapes[0][2] != count:
            raise StanceError(
                "{file} outputs {shape}, which is not {codec} for the {count} keypoints of {skeleton}.",
                file=name,
                shape=", ".join(str(list(shape)) for shape in shapes),
                codec="Queries",
                count=count,
                skeleton=skeleton.name,
            )

    def describe(self) -> str:
        """See ``PoseCodec``."""
        return "queries, matched to the keypoints"

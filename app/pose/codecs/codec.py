"""The contract of codecs: how the outputs of a pose network are read as keypoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.people import Floats
from app.core.skeleton import Skeleton

Maps = NDArray[np.float32]


class PoseCodec(Protocol):
    """Reads the outputs of a network, one batch at a time; constructed from the codec's settings in the card.

    An implementation is registered in ``CODECS`` under the name of its settings. It is called with ``outputs`` in the
    order that it defines, each of shape (N, ...).
    """

    output_count: ClassVar[int]
    """Number of outputs that are read."""
    has_heatmap: ClassVar[bool]
    """Whether ``heatmap`` is available."""
    udp_aligned: ClassVar[bool]
    """Whether the cells of a heatmap are aligned by size - 1 where the crop is (UDP)."""

    def decode(self, outputs: Sequence[Maps], udp: bool) -> tuple[Floats, Floats]:
        """Keypoints (N, K, 2) in fractions of the crop (see ``crop.to_image``), and scores (N, K).

        ``udp``: the first and the last cell of a map are the crop's borders (fraction = cell / (width - 1)).
        If a map or vector has no positive value, the peak is -1, as in MMPose, and the score is not positive.
        """
        ...

    def unflip(self, outputs: Sequence[Maps], order: list[int], shift: bool, width: int) -> list[Maps]:
        """The outputs for a mirrored crop, as if the crop had not been mirrored.

        ``order`` gives the mirror image of each keypoint. ``shift`` moves the outputs by one cell (one pixel of
        ``width`` for coordinates), for maps whose first cell sits on the first pixel (``flip_back``,
        ``SHIFT_HEATMAP``).
        """
        ...

    def heatmap(self, outputs: Sequence[Maps], keypoint: int) -> Floats:
        """The maps (N, h, w), 0..1, of one keypoint; raises ValueError if ``has_heatmap`` is False."""
        ...

    def check(self, outputs: Sequence[Maps], skeleton: Skeleton, size: tuple[int, int], name: str) -> None:
        """Check the ``outputs`` for one crop of ``size`` (width, height).

        Raises StanceError, which names the network file ``name``, if they do not fit the codec and ``skeleton``.
        """
        ...

    def describe(self) -> str:
        """The codec in a few words, for example "heatmaps, refined by dark"."""
        ...


@runtime_checkable
class MatchingCodec(Protocol):
    """A ``PoseCodec`` whose outputs are in no fixed order: those of two runs cannot be averaged as they are."""

    def match(self, outputs: Sequence[Maps]) -> list[Maps]:
        """``outputs`` (N, ...) in the order of the keypoints; matched outputs stay as they are."""
        ...


class CoordinateCodec:
    """Base class of codecs that read coordinates, which have no heatmaps."""

    output_count: ClassVar[int] = 1
    has_heatmap: ClassVar[bool] = False
    udp_aligned: ClassVar[bool] = False

    def heatmap(self, outputs: Sequence[Maps], keypoint: int) -> Floats:
        """Coordinates have no maps (N, h, w): raises ValueError."""
        raise ValueError(type(self).__name__)


def average(one: Sequence[Maps], other: Sequence[Maps]) -> list[Maps]:
    """The mean of two lists of outputs, (N, ...) each, output by output."""
    return [(a + b) * np.float32(0.5) for a, b in zip(one, other, strict=True)]


def check_shapes(
    outputs: Sequence[Maps],
    codec: str,
    skeleton: Skeleton,
    name: str,
    dimensions: int,
    channels: int | None = None,
    columns: int | None = None,
) -> None:
    """Check that ``outputs`` for one crop are of shape (1, ``channels``, ...), with ``dimensions`` sides, none empty.

    ``channels`` defaults to the number of keypoints; if ``columns`` is given, the last side must equal it. Raises
    StanceError, which names the network file ``name`` and the ``codec``.
    """
    count = len(skeleton.names)
    for output in outputs:
        fits = output.ndim == dimensions and output.shape[:2] == (1, channels or count) and output.size > 0
        if not fits or columns not in (None, output.shape[-1]):
            raise StanceError(
                "{file} outputs {shape}, which is not {codec} for the {count} keypoints of {skeleton}.",
                file=name,
                shape=str(list(output.shape)),
                codec=codec,
                count=count,
                skeleton=skeleton.name,
            )

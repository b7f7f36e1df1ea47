"""SimCC: one vector per axis and keypoint (Li et al., ECCV 2022)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.people import Floats
from app.core.skeleton import Skeleton
from app.inference.model_card import SimCC
from app.inference.registry import CODECS
from app.pose.codecs.codec import Maps, check_shapes


@CODECS.register("simcc")
class SimCCCodec:
    """Reads two outputs, vectors (N, K, bins) along x and along y."""

    output_count: ClassVar[int] = 2
    has_heatmap: ClassVar[bool] = True
    udp_aligned: ClassVar[bool] = False

    def __init__(self, spec: SimCC) -> None:
        self.spec = spec

    def decode(self, outputs: Sequence[Maps], udp: bool) -> tuple[Floats, Floats]:
        """See ``PoseCodec``."""
        return simcc_fractions(outputs[0], outputs[1], self.spec)

    def unflip(self, outputs: Sequence[Maps], order: list[int], shift: bool, width: int) -> list[Maps]:
        """See ``PoseCodec``."""
        return [outputs[0][:, order, ::-1], outputs[1][:, order]]

    def heatmap(self, outputs: Sequence[Maps], keypoint: int) -> Floats:
        """The outer product of the two vectors (see ``PoseCodec``); its maximum is the lower of the two peaks."""
        x, y = (np.maximum(output[:, keypoint], 0) for output in outputs)
        top = np.maximum(x.max(axis=1), y.max(axis=1))
        maps = y[:, :, None] * x[:, None] / np.maximum(top, 1e-9)[:, None, None]
        return np.clip(maps, 0, 1).astype(np.float32, copy=False)

    def check(self, outputs: Sequence[Maps], skeleton: Skeleton, size: tuple[int, int], name: str) -> None:
        """See ``PoseCodec``."""
        check_shapes(outputs, "SimCC", skeleton, name, 3)
        wanted = [round(side * self.spec.split_ratio) for side in size]
        if [output.shape[-1] for output in outputs] != wanted:
            raise StanceError(
                "{file} outputs vectors that do not match the split ratio {ratio} of its model card.",
                file=name,
                ratio=self.spec.split_ratio,
            )

    def describe(self) -> str:
        """See ``PoseCodec``."""
        return f"SimCC vectors, {self.spec.split_ratio:g} bins a pixel"


def simcc_fractions(x: Maps, y: Maps, codec: SimCC) -> tuple[Floats, Floats]:
    """Keypoints and scores of ``x`` (N, K, bins) and ``y``; the score is the smaller of the two peaks.

    The targets are Gaussians of sqrt(side / 8) bins (``SimCCLabel`` in RTMPose's settings); the vectors
    are filtered by the same Gaussian, as DARK filters heatmaps, and the peak is interpolated between bins.
    """
    scores: Floats = np.minimum(x.max(axis=-1), y.max(axis=-1))
    if codec.refine == "none":
        bins = np.stack([x.argmax(axis=-1), y.argmax(axis=-1)], axis=-1).astype(np.float32)
    else:
        bins = np.stack(list(_maxima([x, y], codec.split_ratio)), axis=-1)
    bins[scores <= 0] = -1
    bins /= np.array([x.shape[-1], y.shape[-1]], np.float32)
    return bins, scores


def _maxima(axes: Sequence[Maps], split_ratio: float) -> Floats:
    """The positions (A, N, K), in bins, at which a Gaussian fits the vectors (N, K, bins) of each of A axes best."""
    peaks, middles, fits = (
        np.concatenate(parts, axis=-1) for parts in zip(*(_fit(one, split_ratio) for one in axes), strict=True)
    )
    # The peak of the parabola through three bins, for all axes at once.
    before, at, after = fits
    curve = before - 2 * at + after
    between = np.divide(0.5 * (before - after), curve, out=np.zeros_like(curve), where=curve < 0)
    maxima = np.where(peaks == middles, peaks + np.minimum(np.maximum(between, -0.5), 0.5), peaks)
    return maxima.reshape(len(axes), *axes[0].shape[:2]).astype(np.float32)


def _fit(vectors: Maps, split_ratio: float) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """How well a Gaussian fits ``vectors`` (N, K, bins): the best bins, the same off the edges (N K), and the values.

    The values (3, N K) are those before, at and after the bins off the edges.
    """
    bins = vectors.shape[-1]
    rows = np.ascontiguousarray(vectors, np.float32).reshape(-1, bins)
    fit = np.empty_like(rows)
    cv2.filter2D(rows, -1, _gaussian(bins, split_ratio), dst=fit, borderType=cv2.BORDER_CONSTANT)
    peaks = fit.argmax(axis=-1)
    middles = np.minimum(np.maximum(peaks, 1), bins - 2)
    places = np.arange(0, fit.size, bins) + middles
    return peaks, middles, fit.take([places - 1, places, places + 1])


@cache
def _gaussian(bins: int, split_ratio: float) -> Floats:
    """The targets' Gaussian (1, taps) for vectors of ``bins`` bins."""
    sigma = (bins / split_ratio / 8) ** 0.5
    return cv2.getGaussianKernel(2 * round(3 * sigma) + 1, sigma, cv2.CV_32F).T.astype(np.float32)

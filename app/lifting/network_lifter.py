"""Lifters that are ONNX networks, each with its card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.people import Floats, Frame
from app.core.skeleton import Skeleton
from app.inference.infer_card import listed
from app.inference.lifter_card import LifterCard
from app.inference.model_card import METADATA_KEY, read_card
from app.inference.onnx_model import OnnxModel, open_network
from app.inference.session import Threads
from app.lifting.layouts import MIDDLES, OF_H36M, gather, sources
from app.lifting.normalization import to_inputs, to_meters
from app.lifting.skeleton_points import SkeletonPoints
from app.pose.model import TrackWindow

BATCH = 256
"""Frames of a clip that are lifted in one run, which limits the memory."""


class NetworkLifter:
    """A ``Lifter`` and ``FrameLifter`` by one network; see ``LifterCard``.

    ``skeleton`` is that of the keypoints. Frames before the first and after the last one of a window are those two, as
    VideoPose3D pads clips. Raises StanceError if the skeleton lacks a keypoint that the network cannot do without.
    """

    def __init__(self, network: OnnxModel, card: LifterCard, skeleton: Skeleton) -> None:
        self.network = network
        self.card = card
        self.name = card.name
        self.history = (card.history[0] * card.every, card.history[1] * card.every)
        names = card.input_names
        self._inputs = sources(names, skeleton.names, OF_H36M if "root" in names or "thorax" in names else MIDDLES)
        missing = [name for name, rows in zip(names, self._inputs, strict=True) if not rows]
        if missing and (not card.mask or len(missing) > len(names) / 2):
            raise StanceError(
                "The lifter {name} takes the keypoint {keypoint!r}, which the skeleton {skeleton} lacks: wanted a pose "
                "model of whole bodies.",
                name=card.name,
                keypoint=missing[0],
                skeleton=skeleton.name,
            )
        self._points = SkeletonPoints(card.output_names, skeleton)
        self._steps = np.arange(-card.history[0], card.history[1] + 1) * card.every

    def lift(self, window: TrackWindow) -> Floats:
        """See ``Lifter``: points (T, K, 4) of every frame of ``window``."""
        last = len(window.times_s) - 1
        pieces = []
        for start in range(0, last + 1, BATCH):
            current = np.arange(start, min(start + BATCH, last + 1))
            rows = np.clip(current[:, None] + self._steps, 0, last)
            sizes = np.tile(np.array(window.size, np.float32), (len(current), 1))
            pieces.append(self._run(window.keypoints[rows], window.keypoints[current], sizes))
        return np.concatenate(pieces)

    def lift_all(self, frame: Frame, windows: Sequence[TrackWindow]) -> list[Floats]:
        """See ``FrameLifter``: points (K, 4) of the last frame of each of ``windows``, in one run of the network."""
        if not windows:
            return []
        keypoints = np.stack([self._history(window.keypoints) for window in windows])
        sizes = np.array([window.size for window in windows], np.float32)
        current = np.stack([window.keypoints[-1] for window in windows])
        return list(self._run(keypoints, current, sizes))

    def _history(self, keypoints: Floats) -> Floats:
        """The frames (T, K, 3) around the last one of ``keypoints`` (T', K, 3)."""
        last = len(keypoints) - 1
        return keypoints[np.clip(last + self._steps, 0, last)]

    def _run(self, keypoints: Floats, current: Floats, sizes: Floats) -> Floats:
        """Points (N, K, 4) for ``keypoints`` (N, T, K, 3), those of the ``current`` frame (N, K, 3) among them."""
        inputs = to_inputs(gather(keypoints, self._inputs), sizes, self.card)
        (outputs, *_) = self.network.run([inputs])
        points = to_meters(outputs, self.card)
        points[~np.isfinite(points).all(axis=(1, 2))] = 0
        return self._points(points, current)


def open_network_lifter(path: Path, skeleton: Skeleton) -> NetworkLifter:
    """The lifter in the ONNX file ``path``, on the CPU: a run takes less time than the way to another device.

    Raises StanceError if the file has no card of a lifter, or does not fit its card.
    """
    if path.suffix != ".onnx":
        raise _no_lifter(path)
    network = open_network(path, "cpu", _blank, Threads())
    card = _card(network)
    lifter = NetworkLifter(network, card, skeleton)
    (outputs, *_) = network.run(_blank(network))
    if outputs.shape != (1, len(card.output_names), 3):
        raise StanceError(
            "{file} outputs {outputs}, which does not match its model card; {wanted}.",
            file=path.name,
            outputs=listed(network.outputs),
            wanted=f"wanted (N, {len(card.output_names)}, 3)",
        )
    return lifter


def _card(network: OnnxModel) -> LifterCard:
    text = network.metadata.get(METADATA_KEY)
    card = read_card(text, network.path.name) if text else None
    if not isinstance(card, LifterCard):
        raise _no_lifter(network.path)
    return card


def _no_lifter(path: Path) -> StanceError:
    return StanceError(
        "{file} is no lifter: wanted an ONNX file that `python -m export lifter` has written.", file=path.name
    )


def _blank(network: OnnxModel) -> Sequence[NDArray[np.float32]]:
    """One row of zeros; raises StanceError if the network does not take what its card says."""
    card = _card(network)
    wanted = (card.frames, len(card.input_names), card.channels)
    shape = network.inputs[0].shape
    fits = len(shape) == 4 and all(own in (None, side) for own, side in zip(shape[1:], wanted, strict=True))
    if len(network.inputs) != 1 or not fits:
        raise StanceError(
            "{file} takes {inputs} as input, but its model card says {sizes}: wanted a card that fits the network.",
            file=network.path.name,
            inputs=listed(network.inputs),
            sizes=str(list(wanted)),
        )
    return [np.zeros((1, *wanted), np.float32)]

"""The top-down estimator: everyone's crops in one batch, everyone's keypoints out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.card import Keypoints, PoseCard, Regression, SimCC, UdpCombined
from app.errors import StanceError
from app.estimate.crop import box_region, cut, feed, to_image
from app.estimate.decode import decode
from app.estimate.flip import average, unflip
from app.estimate.heat import Heat, has_heat, heat_matrix, heat_of
from app.estimate.recognise import pose_card
from app.people import Floats, Image
from app.runtime import DTYPES, Network, beside_others, open_network
from app.settings import Device

FED = DTYPES | {"tensor(uint8)": np.uint8}
"""The kinds of numbers that a crop is fed as."""


STAGES = ("crop", "pose", "decode")
"""What estimating consists of: cutting out, the network itself, reading its answer."""


class Estimator:
    """Keypoints for boxes, by one pose network and its card.

    ``timed`` gives the context that each of ``STAGES`` is worked in, for whoever wants to know how long it takes.
    """

    def __init__(self, network: Network, card: PoseCard, flip_test: bool = False) -> None:
        self.network = network
        self.card = card
        self.skeleton = card.bones
        self.flip_test = flip_test
        self.timed: Callable[[str], AbstractContextManager[None]] = lambda stage: nullcontext()
        self._batch = network.inputs[0].shape[0]

    def __call__(self, image: Image, boxes: Floats, flip_test: bool = False) -> Floats:
        """Keypoints (N, K, 3) = x y score, in pixels of ``image`` (H, W, 3), for ``boxes`` (N, 4) = x0 y0 x1 y1.

        ``flip_test`` asks for one where the estimator makes none by itself.
        """
        card = self.card
        if not len(boxes):
            return np.empty((0, len(self.skeleton.names), 3), np.float32)
        with self.timed("crop"):
            centres, extents = box_region(boxes, card.picture.size, card.padding)
            batch = feed(cut(image, centres, extents, card.picture, card.udp), card.picture)
        with self.timed("pose"):
            outputs = self._outputs(batch, flip_test or self.flip_test)
        with self.timed("decode"):
            fractions, scores = decode(outputs, card.codec, card.udp)
            points = to_image(fractions, centres, extents)
            keypoints = np.concatenate([points, np.clip(scores, 0, 1)[..., None]], axis=-1).astype(np.float32)
            keypoints[~np.isfinite(keypoints).all(axis=-1)] = 0  # what has no place was not seen
            return keypoints

    @property
    def has_heat(self) -> bool:
        """Whether the network's answer can be shown as heat maps."""
        return has_heat(self.card.codec)

    def heat(self, image: Image, boxes: Floats, keypoint: int) -> list[Heat]:
        """How the network sees one keypoint of everyone in ``boxes`` (N, 4), found out in a run of its own.

        Any thread may ask. Raises StanceError where the network answers places alone.
        """
        card = self.card
        if not self.has_heat:
            raise StanceError(f"{card.name} has no heatmaps: it answers coordinates alone.")
        if not len(boxes):
            return []
        centres, extents = box_region(boxes, card.picture.size, card.padding)
        outputs = self._outputs(
            feed(cut(image, centres, extents, card.picture, card.udp), card.picture), self.flip_test
        )
        maps = heat_of(outputs, card.codec, keypoint)
        ends = card.udp and not isinstance(card.codec, SimCC)
        size = (maps.shape[2], maps.shape[1])
        return [
            Heat(cells, heat_matrix(centre, extent, size, ends))
            for cells, centre, extent in zip(maps, centres, extents, strict=True)
        ]

    def _outputs(self, batch: Floats | Image, flip_test: bool) -> list[NDArray[Any]]:
        """The network's answers, averaged with those to the mirrored crops in a flip test; all in one run."""
        if not flip_test:
            return self._run(batch)
        columns = 3 if self.card.picture.layout == "nchw" else 2
        both = self._run(np.concatenate([batch, np.flip(batch, axis=columns)]))
        straight, mirrored = (
            [output[part] for output in both] for part in (slice(len(batch)), slice(len(batch), None))
        )
        card, order = self.card, self.skeleton.flip_order
        back = unflip(mirrored, card.codec, order, card.flip_shift, card.picture.size[0])
        return average(straight, back)

    def _run(self, batch: Floats | Image) -> list[NDArray[Any]]:
        """One run for all; a network of a fixed batch gets it in pieces, the last one filled up."""
        batch = batch.astype(FED[self.network.inputs[0].type], copy=False)
        if self._batch is None or self._batch == len(batch):
            outputs = self.network.run([batch])
        else:
            pieces = []
            for start in range(0, len(batch), self._batch):
                piece = batch[start : start + self._batch]
                padded = np.resize(piece, (self._batch, *piece.shape[1:]))
                pieces.append([output[: len(piece)] for output in self.network.run([padded])])
            outputs = [np.concatenate(parts) for parts in zip(*pieces, strict=True)]
        return [output.astype(np.float32, copy=False) for output in outputs]


def open_estimator(path: Path, device: Device, flip_test: bool = False) -> Estimator:
    """The estimator for the pose network in ``path``, warm.

    Raises StanceError where the file is no pose network or does not run on ``device``.
    """

    def sample(network: Network) -> Sequence[NDArray[Any]]:
        picture = pose_card(network).picture
        kind = network.inputs[0].type
        if kind not in FED or (FED[kind] is np.uint8) != picture.raw:
            wanted = "bytes, as its card says" if picture.raw else "floating-point numbers"
            raise StanceError(f"{path.name} takes {kind}; wanted a picture of {wanted}.")
        width, height = picture.size
        blank = np.zeros((network.inputs[0].shape[0] or 1, height, width, 3), np.uint8)
        return [feed(blank, picture).astype(FED[kind])]

    network = open_network(path, device, sample, beside_others())
    estimator = Estimator(network, pose_card(network), flip_test)
    _check_answer(estimator)
    return estimator


def _check_answer(estimator: Estimator) -> None:
    """Run one blank crop and refuse a network whose answer has not the skeleton's number of keypoints."""
    width, height = estimator.card.picture.size
    outputs = estimator._run(feed(np.zeros((1, height, width, 3), np.uint8), estimator.card.picture))
    name, codec, count = estimator.network.path.name, estimator.card.codec, len(estimator.skeleton.names)
    channels = count * 3 if isinstance(codec, UdpCombined) else count
    dimensions = 3 if isinstance(codec, SimCC | Regression | Keypoints) else 4
    if not all(np.isfinite(output).all() for output in outputs):
        raise StanceError(f"{name} answers a blank picture with what is no number: wanted a network that works.")
    for output in outputs:
        columns = 3 if isinstance(codec, Keypoints) else output.shape[-1] if output.ndim else 0
        fits = output.ndim == dimensions and output.shape[:2] == (1, channels) and output.shape[-1] == columns
        if not fits or not output.size or (isinstance(codec, Regression) and columns < 2):
            raise StanceError(
                f"{name} answers {list(output.shape)}, which is not {type(codec).__name__} "
                f"for the {count} keypoints of {estimator.skeleton.name}."
            )
    if isinstance(codec, SimCC):
        wanted = [round(side * codec.split_ratio) for side in (width, height)]
        if [output.shape[-1] for output in outputs] != wanted:
            raise StanceError(f"{name} answers vectors that its card's split ratio {codec.split_ratio} does not fit.")

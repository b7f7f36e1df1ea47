"""Top-down pose networks: the crops of all people in one batch, keypoints out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.message import Message
from app.core.people import Floats, Frame, Image
from app.core.settings import Device
from app.inference.model_card import PoseCard
from app.inference.onnx_model import DTYPES, OnnxModel, open_network
from app.inference.registry import POSE_MODELS
from app.inference.session import shared_cpu_threads
from app.pose.codecs import codec_of
from app.pose.codecs.heatmap_view import ProjectedHeatmap
from app.pose.crop import box_region, crop_people, to_input
from app.pose.crop_outputs import average_flipped, keypoints_in_image, project_heatmaps
from app.pose.infer_card import pose_card, pose_outputs
from app.pose.model import Candidates, ModelInfo

CROP_DTYPES = DTYPES | {"tensor(uint8)": np.uint8}
"""Types of inputs, by ONNX Runtime's names."""

STAGES = ("crop", "pose", "decode")
"""The stages of an estimate: cropping, running the network, decoding its outputs."""


@POSE_MODELS.register("pose-top-down")
class Estimator:
    """A ``PoseModel`` that estimates the poses in given boxes, by one top-down network and its card."""

    def __init__(self, network: OnnxModel, card: PoseCard, flip_test: bool = False) -> None:
        self.network = network
        self.card = card
        self.codec = codec_of(card.codec)
        self.skeleton = card.resolved_skeleton
        self.flip_test = flip_test
        self.timed: Callable[[str], AbstractContextManager[None]] = lambda stage: nullcontext()
        self._batch = network.inputs[0].shape[0]

    def __call__(self, image: Image, boxes: Floats, flip_test: bool = False) -> Floats:
        """Keypoints (N, K, 3) = x y score, in pixels of ``image`` (H, W, 3), for ``boxes`` (N, 4) = x0 y0 x1 y1.

        ``flip_test`` runs a flip test even if the model's own ``flip_test`` is off.
        """
        card = self.card
        if not len(boxes):
            return np.empty((0, len(self.skeleton.names), 3), np.float32)
        with self.timed("crop"):
            centers, extents = box_region(boxes, card.picture.size, card.padding)
            batch = to_input(crop_people(image, centers, extents, card.picture, card.udp), card.picture)
        with self.timed("pose"):
            outputs = self._outputs(batch, flip_test or self.flip_test)
        with self.timed("decode"):
            return keypoints_in_image(self.codec, outputs, card.udp, centers, extents)

    @property
    def info(self) -> ModelInfo:
        """See ``PoseModel``."""
        return ModelInfo(self.card.name, self.skeleton, has_heatmap=self.has_heatmap)

    @staticmethod
    def blank_inputs(network: OnnxModel, card: PoseCard) -> Sequence[NDArray[Any]]:
        """See ``PoseModelClass``."""
        picture, kind = card.picture, network.inputs[0].type
        if kind not in CROP_DTYPES or (CROP_DTYPES[kind] is np.uint8) != picture.raw:
            wanted = Message("bytes, as its model card says") if picture.raw else Message("floating-point numbers")
            raise StanceError(
                "{file} takes {kind} as input: wanted an image of {wanted}.",
                file=network.path.name,
                kind=kind,
                wanted=wanted,
            )
        width, height = picture.size
        blank = np.zeros((network.inputs[0].shape[0] or 1, height, width, 3), np.uint8)
        return [to_input(blank, picture).astype(CROP_DTYPES[kind])]

    @classmethod
    def from_network(cls, network: OnnxModel, card: PoseCard, flip_test: bool = False) -> Estimator:
        """See ``PoseModelClass``."""
        if outputs := pose_outputs(network, card):
            network.keep(outputs)
        estimator = cls(network, card, flip_test)
        _check_answer(estimator)
        return estimator

    def estimate(self, frames: Sequence[Frame], candidates: Candidates, flip_test: bool = False) -> Candidates:
        """See ``PoseModel``."""
        return candidates.with_poses(self(frames[0].image, candidates.boxes, flip_test))

    @property
    def has_heatmap(self) -> bool:
        """Whether ``heatmap`` is available."""
        return self.codec.has_heatmap

    def heatmap(self, image: Image, boxes: Floats, keypoint: int) -> list[ProjectedHeatmap]:
        """One heatmap of ``keypoint`` for each of ``boxes`` (N, 4) in ``image`` (H, W, 3); runs the network.

        Any thread may call it. Raises StanceError if the network outputs coordinates only.
        """
        card = self.card
        if not self.has_heatmap:
            raise StanceError("{name} has no heatmaps: it outputs coordinates only.", name=card.name)
        if not len(boxes):
            return []
        centers, extents = box_region(boxes, card.picture.size, card.padding)
        outputs = self._outputs(
            to_input(crop_people(image, centers, extents, card.picture, card.udp), card.picture), self.flip_test
        )
        return project_heatmaps(self.codec, outputs, keypoint, card.udp, centers, extents)

    def _outputs(self, batch: Floats | Image, flip_test: bool) -> list[NDArray[Any]]:
        """The outputs for ``batch`` (N, ...); in a flip test averaged with those for the mirrored crops, in one run."""
        if not flip_test:
            return self._run(batch)
        columns = 3 if self.card.picture.layout == "nchw" else 2
        both = self._run(np.concatenate([batch, np.flip(batch, axis=columns)]))
        card = self.card
        return average_flipped(self.codec, both, self.skeleton.flip_order, card.flip_shift, card.picture.size[0])

    def _run(self, batch: Floats | Image) -> list[NDArray[Any]]:
        """The outputs for ``batch`` (N, ...) in one run; a network with a fixed batch size gets it in padded pieces."""
        batch = batch.astype(CROP_DTYPES[self.network.inputs[0].type], copy=False)
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


def open_estimator(
    path: Path, device: Device, flip_test: bool = False, crop: tuple[int, int] | None = None
) -> Estimator:
    """The estimator for the pose network in ``path``, which has run once to warm up.

    ``crop`` is its input size (width, height) if it takes any. Raises StanceError if the file is not a pose network or
    does not run on ``device``.
    """

    def sample(network: OnnxModel) -> Sequence[NDArray[Any]]:
        return Estimator.blank_inputs(network, pose_card(network, crop))

    network = open_network(path, device, sample, shared_cpu_threads())
    return Estimator.from_network(network, pose_card(network, crop), flip_test)


def _check_answer(estimator: Estimator) -> None:
    """Run one black crop; raises StanceError if the outputs do not fit the codec and the skeleton."""
    width, height = estimator.card.picture.size
    outputs = estimator._run(to_input(np.zeros((1, height, width, 3), np.uint8), estimator.card.picture))
    name = estimator.network.path.name
    if not all(np.isfinite(output).all() for output in outputs):
        raise StanceError("{file} outputs invalid numbers for a blank image: wanted a working model.", file=name)
    estimator.codec.check(outputs, estimator.skeleton, (width, height), name)

"""Temporal pose networks: crops of the same box in several frames, keypoints in one of them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.people import Floats, Frame, Image
from app.inference.infer_card import listed
from app.inference.onnx_model import DTYPES, OnnxModel
from app.inference.registry import POSE_MODELS
from app.inference.temporal_card import TemporalCard
from app.pose.codecs import codec_of
from app.pose.codecs.heatmap_view import ProjectedHeatmap
from app.pose.crop import box_region, crop_people, to_input
from app.pose.crop_outputs import average_flipped, keypoints_in_image, project_heatmaps
from app.pose.model import Candidates, ModelInfo

CROPS = 3
"""Crops of a person: in the current frame, in an earlier and in a later one."""


@POSE_MODELS.register("pose-temporal")
class TemporalEstimator:
    """A ``PoseModel`` that estimates the poses in given boxes from three frames, by one network and its card.

    Live pictures are shown as many frames late as the network looks ahead; files are read ahead.
    """

    def __init__(self, network: OnnxModel, card: TemporalCard, flip_test: bool = False) -> None:
        self.network = network
        self.card = card
        self.codec = codec_of(card.codec)
        self.skeleton = card.resolved_skeleton
        self.flip_test = flip_test
        self.timed: Callable[[str], AbstractContextManager[None]] = lambda stage: nullcontext()

    @property
    def info(self) -> ModelInfo:
        """See ``PoseModel``."""
        return ModelInfo(self.card.name, self.skeleton, history=self.card.history, has_heatmap=self.codec.has_heatmap)

    @staticmethod
    def blank_inputs(network: OnnxModel, card: TemporalCard) -> Sequence[NDArray[Any]]:
        """See ``PoseModelClass``."""
        width, height = card.picture.size
        wanted = (3 * CROPS, height, width)
        given = network.inputs[0]
        fits = len(given.shape) == 4 and all(
            own in (None, side) for own, side in zip(given.shape[1:], wanted, strict=True)
        )
        if len(network.inputs) != 1 or not fits or given.type not in DTYPES:
            raise StanceError(
                "{file} takes {inputs} as input, but its model card says {sizes}: wanted a card that fits the network.",
                file=network.path.name,
                inputs=listed(network.inputs),
                sizes=str(list(wanted)),
            )
        return [np.zeros((given.shape[0] or 1, *wanted), DTYPES[given.type])]

    @classmethod
    def from_network(cls, network: OnnxModel, card: TemporalCard, flip_test: bool = False) -> TemporalEstimator:
        """See ``PoseModelClass``."""
        estimator = cls(network, card, flip_test)
        outputs = [output[:1] for output in network.run(list(cls.blank_inputs(network, card)))]
        if not all(np.isfinite(output).all() for output in outputs):
            raise StanceError(
                "{file} outputs invalid numbers for a blank image: wanted a working model.", file=network.path.name
            )
        estimator.codec.check(outputs, estimator.skeleton, card.picture.size, network.path.name)
        return estimator

    def estimate(self, frames: Sequence[Frame], candidates: Candidates, flip_test: bool = False) -> Candidates:
        """See ``PoseModel``."""
        if not len(candidates):
            return candidates.with_poses(np.empty((0, len(self.skeleton.names), 3), np.float32))
        images = [frames[place].image for place in (self.card.history[0], 0, -1)]
        outputs, centers, extents = self._outputs(images, candidates.boxes, flip_test or self.flip_test)
        with self.timed("decode"):
            return candidates.with_poses(keypoints_in_image(self.codec, outputs, self.card.udp, centers, extents))

    def heatmap(self, image: Image, boxes: Floats, keypoint: int) -> list[ProjectedHeatmap]:
        """See ``PoseModel``; ``image`` (H, W, 3) stands for all three frames, ``boxes`` are (N, 4)."""
        if not self.codec.has_heatmap:
            raise StanceError("{name} has no heatmaps: it outputs coordinates only.", name=self.card.name)
        if not len(boxes):
            return []
        outputs, centers, extents = self._outputs([image] * CROPS, boxes, self.flip_test)
        return project_heatmaps(self.codec, outputs, keypoint, self.card.udp, centers, extents)

    def _outputs(
        self, images: Sequence[Image], boxes: Floats, flip_test: bool
    ) -> tuple[list[NDArray[Any]], Floats, Floats]:
        """The outputs for the ``boxes`` (N, 4) in three ``images``, and the centers and extents of the crops."""
        card = self.card
        with self.timed("crop"):
            centers, extents = box_region(boxes, card.picture.size, card.padding)
            crops = [crop_people(image, centers, extents, card.picture, card.udp) for image in images]
            batch = np.concatenate([to_input(own, card.picture) for own in crops], axis=1)
        with self.timed("pose"):
            if not flip_test:
                return self._run(batch), centers, extents
            both = self._run(np.concatenate([batch, batch[..., ::-1]]))
            width = card.picture.size[0]
            return (
                average_flipped(self.codec, both, self.skeleton.flip_order, card.flip_shift, width),
                centers,
                extents,
            )

    def _run(self, batch: Floats | Image) -> list[NDArray[Any]]:
        """The outputs for ``batch`` (N, 9, H, W) in one run."""
        outputs = self.network.run([batch.astype(DTYPES[self.network.inputs[0].type], copy=False)])
        return [output.astype(np.float32, copy=False) for output in outputs]

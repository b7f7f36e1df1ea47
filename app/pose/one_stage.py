"""One-stage pose networks: the whole image in, people with boxes and keypoints out, in one run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.message import Message
from app.core.people import Floats, Frame, Image
from app.detection.detector import MIN_SIDE
from app.detection.letterbox import letterbox
from app.inference.infer_card import listed, network_inputs
from app.inference.one_stage_card import OneStageCard
from app.inference.onnx_model import OnnxModel
from app.inference.registry import POSE_MODELS
from app.pose import one_stage_rules
from app.pose.codecs.heatmap_view import ProjectedHeatmap
from app.pose.crop import to_input
from app.pose.infer_card import check_image_input
from app.pose.model import Candidates, ModelInfo
from app.pose.people_formats import People, read_people

MIN_SCORE = 0.03
"""Minimum score of a person that is returned, as low as papers evaluate."""


@POSE_MODELS.register("pose-one-stage")
class OneStage:
    """A ``PoseModel`` that finds people itself, by one network that takes the whole image."""

    def __init__(self, network: OnnxModel, card: OneStageCard, flip_test: bool = False) -> None:
        self.network = network
        self.card = card
        self.flip_test = flip_test  # not used: see ``ModelInfo.has_flip_test``
        self.skeleton = card.resolved_skeleton
        self.timed: Callable[[str], AbstractContextManager[None]] = lambda stage: nullcontext()

    @staticmethod
    def blank_inputs(network: OnnxModel, card: OneStageCard) -> Sequence[NDArray[Any]]:
        """See ``PoseModelClass``."""
        check_image_input(network, card)
        width, height = card.picture.size
        return network_inputs(network, to_input(np.zeros((1, height, width, 3), np.uint8), card.picture))

    @classmethod
    def from_network(cls, network: OnnxModel, card: OneStageCard, flip_test: bool = False) -> OneStage:
        """See ``PoseModelClass``."""
        if positions := one_stage_rules.people_outputs(card, [output.name for output in network.outputs]):
            network.keep([(position, None) for position in positions])
        model = cls(network, card, flip_test)
        model._read(network.run(cls.blank_inputs(network, card)))
        return model

    @property
    def info(self) -> ModelInfo:
        """See ``PoseModel``."""
        return ModelInfo(self.card.name, self.skeleton, proposals="self", has_flip_test=False)

    def estimate(self, frames: Sequence[Frame], candidates: Candidates, flip_test: bool = False) -> Candidates:
        """See ``PoseModel``."""
        image = frames[0].image
        with self.timed("crop"):
            canvas, box = letterbox(image, self.card)
            inputs = network_inputs(self.network, to_input(canvas[None], self.card.picture))
        with self.timed("pose"):
            outputs = self.network.run(inputs)
        with self.timed("decode"):
            people = self._read(outputs)
            boxes = box.to_image(people.boxes, (image.shape[1], image.shape[0]))
            points = box.points_to_image(people.poses[..., :2])
            poses = np.concatenate([points, np.clip(people.poses[..., 2:], 0, 1)], axis=2).astype(np.float32)
            poses[~np.isfinite(poses).all(axis=2)] = 0  # a keypoint with invalid coordinates is invisible
            found = Candidates.from_boxes(boxes, np.minimum(people.scores, 1)).with_poses(poses)
            return found[np.flatnonzero(((boxes[:, 2:] - boxes[:, :2]) >= MIN_SIDE).all(axis=1))]

    def heatmap(self, image: Image, boxes: Floats, keypoint: int) -> list[ProjectedHeatmap]:
        """See ``PoseModel``; raises StanceError for any ``boxes`` (N, 4): there is none."""
        raise StanceError("{name} has no heatmaps: it outputs coordinates only.", name=self.card.name)

    def _read(self, outputs: Sequence[NDArray[Any]]) -> People:
        """The people in ``outputs``; raises StanceError if they are not those of the card's format."""
        try:
            return read_people(outputs, self.card, MIN_SCORE)
        except (IndexError, ValueError):
            raise StanceError(
                "{file} outputs {outputs}, which does not match its model card; {wanted}.",
                file=self.network.path.name,
                outputs=listed(self.network.outputs),
                wanted=Message(
                    "wanted people in {format} format, {count} keypoints each",
                    format=self.card.output,
                    count=len(self.skeleton.names),
                ),
            ) from None

"""A toy temporal pose network: its keypoints contain the brightness of three consecutive frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from app.core.errors import StanceError
from app.core.people import Floats, Frame, Image
from app.core.skeleton import Skeleton
from app.inference.model_card import METADATA_KEY, InputSpec, PoseModelCard, Provenance, write_card
from app.inference.onnx_model import OnnxModel
from app.inference.registry import POSE_MODELS, register
from app.pose.model import Candidates, ModelInfo

SIDE = 16


@register("toy-temporal")
class ToyTemporalCard(
    PoseModelCard, msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="toy-temporal", tag_field="kind"
):
    """Brightness (1, 3) of the previous, the current and the next frame, 0..1."""

    name: str
    picture: InputSpec
    skeleton: str | Skeleton
    provenance: Provenance = Provenance()


@POSE_MODELS.register("toy-temporal")
class ToyTemporal:
    """Puts the first three keypoints at x = brightness of the three frames x width of the picture.

    All numbers of the points in 3D are the brightness of the current frame.
    """

    def __init__(self, network: OnnxModel, card: ToyTemporalCard, flip_test: bool = False) -> None:
        self.network, self.card, self.flip_test = network, card, flip_test
        self.timed: Callable[[str], AbstractContextManager[None]] = lambda stage: nullcontext()

    @staticmethod
    def blank_inputs(network: OnnxModel, card: ToyTemporalCard) -> Sequence[NDArray[Any]]:
        """See ``PoseModelClass``."""
        return [np.zeros((1, 3, SIDE, SIDE), np.float32)]

    @classmethod
    def from_network(cls, network: OnnxModel, card: ToyTemporalCard, flip_test: bool = False) -> ToyTemporal:
        """See ``PoseModelClass``."""
        return cls(network, card, flip_test)

    @property
    def info(self) -> ModelInfo:
        """See ``PoseModel``."""
        return ModelInfo(self.card.name, self.card.resolved_skeleton, history=(1, 1))

    def estimate(self, frames: Sequence[Frame], candidates: Candidates, flip_test: bool = False) -> Candidates:
        """See ``PoseModel``."""
        assert len(frames) == 3
        gray = [cv2.resize(cv2.cvtColor(frame.image, cv2.COLOR_BGR2GRAY), (SIDE, SIDE)) for frame in frames]
        with self.timed("pose"):
            (brightness,) = self.network.run([np.array([gray], np.float32)])[0]
        poses = np.zeros((len(candidates), len(self.info.skeleton.names), 3), np.float32)
        for pose, box in zip(poses, candidates.boxes, strict=True):
            # The other keypoints span the box, so that the box stays the same.
            pose[:, :2] = np.linspace(box[:2], box[2:], len(pose))
            pose[:, 2] = 0.8
            pose[:3, 0] = brightness * frames[1].size[0]
        points = np.full((*poses.shape[:2], 4), brightness[1], np.float32)
        return replace(candidates, poses=poses, points_3d=points)

    def heatmap(self, image: Image, boxes: Floats, keypoint: int) -> list[Any]:
        """See ``PoseModel``."""
        raise StanceError(f"{self.card.name} has no heatmaps.")


def write_network(path: Path) -> Path:
    """An ONNX file that computes the mean of each of three gray images, divided by 255."""
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("Div", ["mean", "white"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])],
        [numpy_helper.from_array(np.array(255, np.float32), "white")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    card = ToyTemporalCard("toy-temporal", InputSpec((SIDE, SIDE)), "coco17")
    helper.set_model_props(model, {METADATA_KEY: write_card(card)})
    onnx.save(model, str(path))
    return path

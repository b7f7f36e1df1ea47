"""A toy one-stage network: finds every person of a frame itself, in one run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from app.core.errors import StanceError
from app.core.people import Floats, Frame, Image
from app.core.skeleton import Skeleton, plain_skeleton
from app.inference.infer_card import Outputs
from app.inference.model_card import METADATA_KEY, InputSpec, PoseModelCard, Provenance, write_card
from app.inference.onnx_model import OnnxModel
from app.inference.registry import POSE_MODELS, POSE_RULES, register
from app.pose.model import Candidates, ModelInfo

SIDE = 32
BOXES = np.array([[0.1, 0.1, 0.4, 0.9], [0.6, 0.1, 0.9, 0.9]], np.float32)
"""Where the toy finds its two people, in fractions of the picture."""


@register("toy-one-stage")
class ToyOneStageCard(
    PoseModelCard, msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="toy-one-stage", tag_field="kind"
):
    """Rows (1, N, 5 + 3 K) = box, score, keypoints, in fractions of the picture."""

    name: str
    picture: InputSpec
    skeleton: str | Skeleton
    provenance: Provenance = Provenance()


@POSE_MODELS.register("toy-one-stage")
class ToyOneStage:
    """Runs the network on the whole frame."""

    def __init__(self, network: OnnxModel, card: ToyOneStageCard, flip_test: bool = False) -> None:
        self.network, self.card, self.flip_test = network, card, flip_test
        self.timed: Callable[[str], AbstractContextManager[None]] = lambda stage: nullcontext()

    @staticmethod
    def blank_inputs(network: OnnxModel, card: ToyOneStageCard) -> Sequence[NDArray[Any]]:
        """See ``PoseModelClass``."""
        width, height = card.picture.size
        return [np.zeros((1, 3, height, width), np.float32)]

    @classmethod
    def from_network(cls, network: OnnxModel, card: ToyOneStageCard, flip_test: bool = False) -> ToyOneStage:
        """See ``PoseModelClass``."""
        return cls(network, card, flip_test)

    @property
    def info(self) -> ModelInfo:
        """See ``PoseModel``."""
        return ModelInfo(self.card.name, self.card.resolved_skeleton, proposals="self")

    def estimate(self, frames: Sequence[Frame], candidates: Candidates, flip_test: bool = False) -> Candidates:
        """See ``PoseModel``."""
        image = frames[-1].image
        with self.timed("pose"):
            (rows,) = self.network.run(self.blank_inputs(self.network, self.card))[0]
        size = np.array([image.shape[1], image.shape[0]], np.float32)
        found = Candidates.from_boxes(rows[:, :4] * np.tile(size, 2), rows[:, 4])
        keypoints = rows[:, 5:].reshape(len(rows), len(self.info.skeleton.names), 3) * np.append(size, np.float32(1))
        return found.with_poses(keypoints.astype(np.float32))

    def heatmap(self, image: Image, boxes: Floats, keypoint: int) -> list[Any]:
        """See ``PoseModel``."""
        raise StanceError(f"{self.card.name} has no heatmaps.")


class ToyRows(NamedTuple):
    """See ``Reading``: rows of people with this number of ``keypoints``."""

    keypoints: int

    def card(self, path: Path, picture: InputSpec) -> ToyOneStageCard:
        """See ``Reading``."""
        return ToyOneStageCard(path.stem, picture, plain_skeleton(self.keypoints), Provenance(assumed=("color",)))


@POSE_RULES.register("toy-one-stage")
def read_rows(outputs: Outputs) -> ToyRows | None:
    """One output (1, N, 5 + 3 K) for images of 32 x 32 pixels."""
    if outputs.size != (SIDE, SIDE) or [len(shape) for shape in outputs.shapes] != [3]:
        return None
    keypoints, rest = divmod(outputs.shapes[0][2] - 5, 3)
    return ToyRows(keypoints) if rest == 0 and keypoints > 1 else None


def write_network(path: Path, keypoints: int = 17, *, boxes: Floats = BOXES, with_card: bool = True) -> Path:
    """An ONNX file that finds people in ``boxes`` (N, 4) in every picture, keypoints on the diagonals of the boxes."""
    steps = np.linspace(0.1, 0.9, keypoints, dtype=np.float32)[:, None]
    rows = []
    for box in boxes:
        points = box[:2] + steps * (box[2:] - box[:2])
        rows.append(np.concatenate([box, [0.9], np.concatenate([points, np.full_like(steps, 0.8)], axis=1).ravel()]))
    constant = np.array(rows, np.float32).reshape(1, len(boxes), 5 + 3 * keypoints)
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["rows", "nothing"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, list(constant.shape))],
        [numpy_helper.from_array(constant, "rows"), numpy_helper.from_array(np.array(0, np.float32), "zero")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    if with_card:
        card = ToyOneStageCard("toy-one-stage", InputSpec((SIDE, SIDE)), "coco17")
        helper.set_model_props(model, {METADATA_KEY: write_card(card)})
    onnx.save(model, str(path))
    return path

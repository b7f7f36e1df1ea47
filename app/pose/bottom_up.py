"""Bottom-up pose networks: maps of the whole picture, whose keypoints are grouped into people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.message import Message
from app.core.people import Floats, Frame, Image
from app.inference.bottom_up_card import BottomUpCard, CenterOffsets
from app.inference.infer_card import image_shape, listed
from app.inference.onnx_model import DTYPES, OnnxModel
from app.inference.registry import POSE_MODELS
from app.pose.codecs.heatmap_view import ProjectedHeatmap
from app.pose.crop import to_input
from app.pose.grouping import grouping_of
from app.pose.grouping.grouping import Maps, People, Run
from app.pose.grouping.rescoring import KEYPOINTS, RESCORING_KEY, Rescoring, read_rescoring
from app.pose.model import Candidates, ModelInfo
from app.pose.whole_picture import InputFrame, input_frame, to_picture, warp_picture

BOX_MARGIN = 0.1
"""Margin of a person's box around the keypoints, as a fraction of the longer side of their extent."""

HEATMAP_MARGIN = 0.25
"""The same for the part of a heatmap that belongs to a person's box."""

INPUT_TYPES = DTYPES | {"tensor(uint8)": np.uint8}
"""Types of inputs, by ONNX Runtime's names."""


@POSE_MODELS.register("pose-bottom-up")
class BottomUpModel:
    """A ``PoseModel`` that finds all people of a picture, by one bottom-up network and its card."""

    def __init__(self, network: OnnxModel, card: BottomUpCard, flip_test: bool = False) -> None:
        self.network = network
        self.card = card
        self.skeleton = card.resolved_skeleton
        self.grouping = grouping_of(card.grouping, self.skeleton)
        self._rescoring = _rescoring(network, card)
        self.flip_test = flip_test
        self.timed: Callable[[str], AbstractContextManager[None]] = lambda stage: nullcontext()

    @property
    def info(self) -> ModelInfo:
        """See ``PoseModel``."""
        return ModelInfo(self.card.name, self.skeleton, proposals="self", has_heatmap=True)

    @staticmethod
    def blank_inputs(network: OnnxModel, card: BottomUpCard) -> Sequence[NDArray[Any]]:
        """See ``PoseModelClass``."""
        _check_input(network, card)
        width, height = card.picture.size
        blank = np.zeros((network.inputs[0].shape[0] or 1, height, width, 3), np.uint8)
        return [to_input(blank, card.picture).astype(INPUT_TYPES[network.inputs[0].type])]

    @classmethod
    def from_network(cls, network: OnnxModel, card: BottomUpCard, flip_test: bool = False) -> BottomUpModel:
        """See ``PoseModelClass``."""
        model = cls(network, card, flip_test)
        outputs = [output[0] for output in network.run(cls.blank_inputs(network, card))]
        if not all(np.isfinite(output).all() for output in outputs):
            raise StanceError(
                "{file} outputs invalid numbers for a blank image: wanted a working model.", file=network.path.name
            )
        model.grouping.check(outputs, network.path.name)
        return model

    def estimate(self, frames: Sequence[Frame], candidates: Candidates, flip_test: bool = False) -> Candidates:
        """See ``PoseModel``; the boxes contain the keypoints that were found."""
        image = frames[0].image
        frame = self._frame(image)
        runs = self._runs(image, flip_test or self.flip_test)
        with self.timed("decode"):
            people = self.grouping.people(runs, frame.size)
            people.poses[..., :2] = to_picture(people.poses[..., :2], frame)
            if self._rescoring is not None:
                people = people._replace(scores=self._rescoring.rescored(people.poses, people.scores))
            return _candidates(people, self.grouping.factors)

    def heatmap(self, image: Image, boxes: Floats, keypoint: int) -> list[ProjectedHeatmap]:
        """See ``PoseModel``: the part of the picture's map around each of ``boxes`` (N, 4); runs the network."""
        if not len(boxes):
            return []
        frame = self._frame(image)
        maps = self.grouping.heatmaps(self._runs(image, self.flip_test), frame.size)[keypoint]
        ratio = np.array(frame.size) / (maps.shape[1], maps.shape[0])
        matrix = _from_cells(frame, ratio, self.grouping.corner_aligned)
        low, high = _widened(boxes, HEATMAP_MARGIN)
        ends = np.array(maps.shape[::-1])
        parts = []
        for corners in zip(low, high, strict=True):
            cells = [(corner - matrix[:, 2]) / matrix[[0, 1], [0, 1]] for corner in corners]
            x0, y0 = np.clip(np.floor(cells[0]), 0, ends - 1).astype(int)
            x1, y1 = np.clip(np.ceil(cells[1]) + 1, (x0 + 1, y0 + 1), ends).astype(int)
            place = matrix.copy()
            place[:, 2] += matrix[:, :2] @ (x0, y0)
            parts.append(ProjectedHeatmap(np.clip(maps[y0:y1, x0:x1], 0, 1), place))
        return parts

    def _frame(self, image: Image, scale: float = 1.0) -> InputFrame:
        return input_frame((image.shape[1], image.shape[0]), self.card, scale)

    def _runs(self, image: Image, flip_test: bool) -> list[Run]:
        """The outputs of the network at all scales, the largest first."""
        runs = []
        for scale in sorted(self.card.scales, reverse=True):
            with self.timed("crop"):
                inputs = warp_picture(image, self._frame(image, scale), self.card.pad)[None]
                if flip_test:
                    mirrored = inputs[:, :, ::-1].copy()
                    if shift := self.grouping.flip_shift:
                        mirrored[:, :, :-shift] = mirrored[:, :, shift:].copy()
                    inputs = np.concatenate([inputs, mirrored])
                batch = to_input(inputs, self.card.picture)
            with self.timed("pose"):
                straight, *others = self._run(batch)
                runs.append(Run(scale, straight, others[0] if others else None))
        return runs

    def _run(self, batch: Floats | Image) -> list[list[Maps]]:
        """The outputs (C, h, w) for each picture of ``batch`` (N, ...); a fixed batch size is filled by repetition."""
        batch = batch.astype(INPUT_TYPES[self.network.inputs[0].type], copy=False)
        size = self.network.inputs[0].shape[0] or len(batch)
        pieces = [batch[start : start + size] for start in range(0, len(batch), size)]
        answers: list[list[Maps]] = []
        for piece in pieces:
            outputs = self.network.run([np.resize(piece, (size, *piece.shape[1:]))])
            maps = [_finite(output.astype(np.float32, copy=False)) for output in outputs]
            answers += [[output[row] for output in maps] for row in range(len(piece))]
        return answers


def _finite(maps: Maps) -> Maps:
    """``maps`` (N, C, h, w) with 0 for invalid numbers."""
    return maps if np.isfinite(maps.sum()) else np.nan_to_num(maps, nan=0, posinf=0, neginf=0)


def _rescoring(network: OnnxModel, card: BottomUpCard) -> Rescoring | None:
    """The rescoring network of the file, if the ``card`` states one."""
    if not isinstance(card.grouping, CenterOffsets) or not card.grouping.rescore:
        return None
    name, skeleton = network.path.name, card.resolved_skeleton
    if len(skeleton.names) != KEYPOINTS:
        raise StanceError(
            "{file} finds the {count} keypoints of {skeleton}, but poses of {wanted} keypoints are rescored.",
            file=name,
            count=len(skeleton.names),
            skeleton=skeleton.name,
            wanted=KEYPOINTS,
        )
    return read_rescoring(network.metadata.get(RESCORING_KEY), name)


def _candidates(people: People, factors: tuple[int, int]) -> Candidates:
    """``people`` in pixels of the picture; keypoints that were not found lie in the middle of the others.

    Scores are roots of those of the grouping (``Grouping.factors``), which keeps the order of the people.
    """
    found = people.poses[..., 2] > 0
    kept = found.any(axis=1)
    poses, found = people.poses[kept].copy(), found[kept]
    points = np.where(found[..., None], poses[..., :2], np.nan)
    low, high = (
        (np.nanmin(points, axis=1), np.nanmax(points, axis=1)) if len(points) else (np.empty((0, 2)), np.empty((0, 2)))
    )
    middle = (low + high) / 2
    poses[..., :2] = np.where(found[..., None], points, middle[:, None])
    poses[..., 2] = np.where(found, np.clip(poses[..., 2], 0, 1), 0) ** np.float32(1 / factors[1])
    scores = np.clip(people.scores[kept], 0, 1) ** np.float32(1 / factors[0])
    boxes = np.concatenate(_widened(np.concatenate([low, high], axis=1), BOX_MARGIN), axis=1).astype(np.float32)
    return Candidates.from_boxes(boxes, scores).with_poses(poses)


def _widened(boxes: Floats, margin: float) -> tuple[Floats, Floats]:
    """The corners (N, 2) of ``boxes`` (N, 4), moved out by ``margin`` of the longer side."""
    low, high = boxes[:, :2], boxes[:, 2:]
    step = np.maximum((high - low).max(axis=1, initial=0, keepdims=True), 1) * np.float32(margin)
    return low - step, high + step


def _from_cells(frame: InputFrame, ratio: NDArray[np.float64], corner_aligned: bool) -> NDArray[np.float64]:
    """The matrix (2, 3) from cells of a map to pixels of the picture; a cell is ``ratio`` (2,) pixels of the input."""
    scale = frame.matrix[[0, 1], [0, 1]]
    first = np.zeros(2) if corner_aligned else (ratio - 1) / 2
    shift = (first - frame.matrix[:, 2]) / scale
    return np.array([[ratio[0] / scale[0], 0, shift[0]], [0, ratio[1] / scale[1], shift[1]]])


def _check_input(network: OnnxModel, card: BottomUpCard) -> None:
    """Raise StanceError if the network does not take the pictures that ``card`` states."""
    name = network.path.name
    if len(network.inputs) != 1 or len(network.inputs[0].shape) != 4:
        raise StanceError("{file} takes {inputs} as input: wanted one image.", file=name, inputs=listed(network.inputs))
    tensor = network.inputs[0]
    own, wanted = tensor.shape[1:], image_shape(card.picture)
    sides = own[1:] if card.picture.layout == "nchw" else own[:2]
    sizes: str = str(list(wanted))
    if tensor.type not in INPUT_TYPES or (INPUT_TYPES[tensor.type] is np.uint8) != card.picture.raw:
        sizes = "uint8" if card.picture.raw else "float32"
    elif card.resize != "letterbox" and sides != (None, None):
        sizes = Message("any size")
    elif all(side is None or side == size for side, size in zip(own, wanted, strict=True)):
        return
    raise StanceError(
        "{file} takes {inputs} as input, but its model card says {sizes}: wanted a card that fits the network.",
        file=name,
        inputs=f"{tensor} {tensor.type}",
        sizes=sizes,
    )

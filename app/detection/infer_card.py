"""The card of a detector: its own, the catalogue's, from Ultralytics' metadata, or inferred from inputs and outputs."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Literal, NamedTuple

from app.core.errors import StanceError
from app.core.skeleton import plain_skeleton
from app.detection.output_formats import STRIDES
from app.inference.infer_card import (
    Outputs,
    Shape,
    first_reading,
    is_in_range,
    listed,
    outputs_for,
    stated_or_inferred,
)
from app.inference.model_card import MAX_SIDE, DetectorCard, InputSpec, OutputFormat, Placement, Provenance
from app.inference.onnx_model import OnnxModel
from app.inference.registry import DETECTOR_RULES

Size = tuple[int, int]
Triple = tuple[float, float, float]

NO_MEAN, NO_STD = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
WHITE = (255.0, 255.0, 255.0)
"""Divisor of pixel values that gives 0..1."""
RTMDET_MEAN = (103.53, 116.28, 123.675)
RTMDET_STD = (57.375, 57.12, 58.395)
FINAL_COLUMNS = 6
"""Columns of a final row of an Ultralytics network: x0 y0 x1 y1 score class; a pose network's keypoints follow."""
DEFAULT_SIDE = 640
"""Input side in pixels for a detector that takes any input size and does not state one."""


class InferredHead(NamedTuple):
    """How the outputs are read as boxes (``head``), how the image is fed, and which class is a person.

    ``assumed`` are the fields of the card that the file does not show.
    """

    head: OutputFormat
    color: Literal["rgb", "bgr"]
    assumed: tuple[str, ...] = ()
    mean: Triple = NO_MEAN
    std: Triple = NO_STD
    letterbox: Placement = "corner"
    person: int = 0
    licence: str = ""

    def card(self, path: Path, picture: InputSpec) -> DetectorCard:
        """See ``Reading``."""
        return DetectorCard(
            name=path.stem,
            picture=InputSpec(size=picture.size, color=self.color, mean=self.mean, std=self.std),
            head=self.head,
            letterbox=self.letterbox,
            person=self.person,
            provenance=Provenance(licence=self.licence, assumed=self.assumed),
        )


OPENMMLAB = ("color", "mean", "std")
"""What the outputs of a detector of OpenMMLab or of YOLOX do not show."""
ULTRALYTICS = ("color", "std", "person")
"""What the outputs of an Ultralytics detector do not show."""


@DETECTOR_RULES.register("ultralytics-metadata")
def read_ultralytics_metadata(outputs: Outputs) -> InferredHead | None:
    """A file with the metadata that Ultralytics' exporter writes (task, names, license)."""
    metadata = outputs.metadata
    if "Ultralytics" not in metadata.get("author", "") and "names" not in metadata:
        return None
    name, task = outputs.path.name, metadata.get("task", "detect")
    if task == "pose":
        raise _pose_model(outputs.path)
    if task != "detect":
        raise StanceError(
            "{file} is an Ultralytics model for the task {task!r}: wanted one for 'detect'.", file=name, task=task
        )
    try:
        names = ast.literal_eval(metadata.get("names", "{0: 'person'}"))
        person = next(int(number) for number, label in dict(names).items() if label == "person")
    except (ValueError, SyntaxError, TypeError, OverflowError, MemoryError, RecursionError, StopIteration):
        raise StanceError("{file} has no class 'person': wanted a detector for people.", file=name) from None
    shape = outputs.shapes[0]
    head: OutputFormat = "ultralytics-nms" if len(shape) == 3 and shape[2] == 6 else "ultralytics"
    licence = metadata.get("license", "")
    return InferredHead(head, "rgb", std=WHITE, letterbox="centre", person=person, licence=licence)


@DETECTOR_RULES.register("ultralytics-pose")
def refuse_ultralytics_pose(outputs: Outputs) -> None:
    """Raises StanceError for the outputs of an Ultralytics pose network, which are also those of a detector.

    What has the metadata of Ultralytics' exporter says itself what it is.
    """
    if read_pose_table(outputs) is not None:
        raise _pose_model(outputs.path)


@DETECTOR_RULES.register("dets")
def read_dets(outputs: Outputs) -> InferredHead | None:
    """Outputs named dets and labels: RTMDet and YOLOX, which only the names of their weights distinguish."""
    if set(outputs.names) != {"dets", "labels"}:
        return None
    if b"rtm_cls" in outputs.path.read_bytes():
        return InferredHead("dets", "bgr", OPENMMLAB, RTMDET_MEAN, RTMDET_STD)
    return InferredHead("dets", "bgr", OPENMMLAB)


@DETECTOR_RULES.register("yolox")
def read_yolox(outputs: Outputs) -> InferredHead | None:
    """One output (1, cells, 5 + classes)."""
    shape = _only_table(outputs)
    fits = shape is not None and shape[1] == _cells(outputs.size) and shape[2] >= 6
    return InferredHead("yolox", "bgr", OPENMMLAB) if fits else None


@DETECTOR_RULES.register("ultralytics-nms")
def read_ultralytics_nms(outputs: Outputs) -> InferredHead | None:
    """One output of final rows (1, N, 6)."""
    shape = _only_table(outputs)
    fits = shape is not None and shape[2] == FINAL_COLUMNS
    return InferredHead("ultralytics-nms", "rgb", ULTRALYTICS, std=WHITE, letterbox="centre") if fits else None


@DETECTOR_RULES.register("ultralytics")
def read_ultralytics(outputs: Outputs) -> InferredHead | None:
    """One output (1, 4 + classes, cells)."""
    shape = _only_table(outputs)
    fits = shape is not None and shape[1] >= 5 and shape[2] == _cells(outputs.size)
    return InferredHead("ultralytics", "rgb", ULTRALYTICS, std=WHITE, letterbox="centre") if fits else None


class PoseTable(NamedTuple):
    """The output of an Ultralytics pose network: ``raw`` before suppression, and the number of ``keypoints``."""

    raw: bool
    keypoints: int


def read_pose_table(outputs: Outputs) -> PoseTable | None:
    """One output (1, 5 + 3 K, anchors) or (1, N, 6 + 3 K) for a known number K of keypoints, one class in the first.

    None where metadata of Ultralytics' exporter state the task.
    """
    table = None if "task" in outputs.metadata else _only_table(outputs)
    if table is None:
        return None
    raw = table[2] == _cells(outputs.size)
    keypoints, rest = divmod(table[1] - 5 if raw else table[2] - FINAL_COLUMNS, 3)
    is_known = not rest and keypoints > 0 and not plain_skeleton(keypoints).name.startswith("points")
    return PoseTable(raw, keypoints) if is_known else None


def detector_card(network: OnnxModel) -> DetectorCard:
    """The card of ``network``: preprocessing, and how its outputs are read as boxes.

    Raises StanceError if it is not a detector that Stance can read, or contradicts its card.
    """
    card = stated_or_inferred(network, DetectorCard, lambda: _infer(network), _pose_model(network.path))
    _check(network, card)
    return card


def _infer(network: OnnxModel) -> DetectorCard:
    height, width = _input_size(network)
    size = (DEFAULT_SIDE if width is None else width, DEFAULT_SIDE if height is None else height)
    if not is_in_range(size):
        raise StanceError(
            "The input size of {file} is {width}x{height}: wanted 1 to {max_side} pixels per side.",
            file=network.path.name,
            width=size[0],
            height=size[1],
            max_side=MAX_SIDE,
        )
    picture = InputSpec(size=size)
    if (reading := first_reading(DETECTOR_RULES, outputs_for(network, picture))) is not None:
        card: DetectorCard = reading.card(network.path, picture)
        return card
    raise StanceError(
        "{file} is not a detector that Stance supports: it outputs {answers}; wanted YOLOX (raw, or "
        "dets and labels), RTMDet (dets and labels) or an Ultralytics export.",
        file=network.path.name,
        answers=listed(network.outputs),
    )


def _pose_model(path: Path) -> StanceError:
    return StanceError("{file} is a pose model, not a detector: use it with --pose.", file=path.name)


def _only_table(outputs: Outputs) -> Shape | None:
    """The shape (1, rows, columns) of the only output; None if there are several or it has another number of sides."""
    if len(outputs.names) != 1:
        return None
    (shape,) = outputs.shapes
    return shape if len(shape) == 3 else None


def _cells(size: Size) -> int:
    """Number of grid cells of a YOLOX or Ultralytics head for an input of ``size`` (width, height)."""
    return sum((size[0] // stride) * (size[1] // stride) for stride in STRIDES)


def _input_size(network: OnnxModel) -> tuple[int | None, int | None]:
    """Height and width of the only input; None where the network takes any.

    Raises StanceError if the input is not one image.
    """
    shape = network.inputs[0].shape if len(network.inputs) == 1 else ()
    if len(shape) != 4 or shape[1] not in (3, None):
        raise StanceError("{file} is not a detector: wanted one image (1, 3, H, W) as input.", file=network.path.name)
    return shape[2], shape[3]


def _check(network: OnnxModel, card: DetectorCard) -> None:
    """Raise StanceError if ``network`` contradicts ``card``."""
    height, width = _input_size(network)
    if any(own not in (None, wanted) for own, wanted in zip((width, height), card.picture.size, strict=True)):
        raise StanceError(
            "The input size of {file} is {width}x{height}, but its model card says {card_width}x{card_height}.",
            file=network.path.name,
            width=str(width),
            height=str(height),
            card_width=card.picture.size[0],
            card_height=card.picture.size[1],
        )
    if len(network.outputs) < (2 if card.head == "dets" else 1):
        raise StanceError(
            "{file} has {count} output, but its model card says head {head!r}.",
            file=network.path.name,
            count=len(network.outputs),
            head=card.head,
        )

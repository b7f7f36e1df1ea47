"""Recognizes one-stage pose networks without a card: by Ultralytics' metadata, by names and by shapes of outputs."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from app.core.skeleton import plain_skeleton
from app.detection.infer_card import FINAL_COLUMNS, NO_MEAN, NO_STD, OPENMMLAB, ULTRALYTICS, WHITE, read_pose_table
from app.inference.infer_card import Outputs, Shape
from app.inference.model_card import IMAGENET_MEAN, IMAGENET_STD, InputSpec, Placement, Provenance
from app.inference.one_stage_card import OneStageCard, PeopleFormat
from app.inference.registry import POSE_RULES

Triple = tuple[float, float, float]

USUAL_SIZES = ((640, 640), (416, 416), (320, 320), (1280, 1280))
"""Inputs (width, height) that one-stage networks are trained with, the most common first."""
DETR_OUTPUTS = ("scores", "labels", "keypoints")
LOGITS_OUTPUTS = ("pred_logits", "pred_keypoints")


class InferredPeople(NamedTuple):
    """How outputs are read as people, and how the image is fed; ``assumed`` are fields that the file does not show.

    ``usual_sizes`` are those of a network that takes any input size.
    """

    output: PeopleFormat
    keypoints: int
    columns: Literal[2, 3]
    assumed: tuple[str, ...]
    color: Literal["rgb", "bgr"] = "rgb"
    mean: Triple = NO_MEAN
    std: Triple = WHITE
    letterbox: Placement = "centre"
    person: int = 0
    licence: str = ""
    usual_sizes: tuple[tuple[int, int], ...] = USUAL_SIZES

    def card(self, path: Path, picture: InputSpec) -> OneStageCard:
        """See ``Reading``."""
        return OneStageCard(
            name=path.stem,
            picture=InputSpec(size=picture.size, color=self.color, mean=self.mean, std=self.std, layout=picture.layout),
            output=self.output,
            skeleton=plain_skeleton(self.keypoints),
            letterbox=self.letterbox,
            person=self.person,
            columns=self.columns,
            provenance=Provenance(licence=self.licence, assumed=(*self.assumed, "skeleton")),
        )


@POSE_RULES.register("ultralytics-pose-metadata", first=True)
def read_pose_metadata(outputs: Outputs) -> InferredPeople | None:
    """A file with the metadata that Ultralytics' exporter writes for its task "pose" (kpt_shape, names, license)."""
    metadata = outputs.metadata
    shape = _literal(metadata, "kpt_shape", list)
    if metadata.get("task") != "pose" or shape is None or len(shape) != 2 or shape[1] not in (2, 3):
        return None
    keypoints, columns = shape
    names = _literal(metadata, "names", dict) or {}
    person = next((number for number, name in names.items() if name == "person" and isinstance(number, int)), 0)
    table = _only_table(outputs)
    if not isinstance(keypoints, int) or keypoints < 1 or table is None:
        return None
    final = table[2] == FINAL_COLUMNS + keypoints * columns
    return InferredPeople(
        "ultralytics-nms" if final else "ultralytics",
        keypoints,
        columns,
        () if "person" in names.values() else ("person",),
        person=person,
        licence=metadata.get("license", ""),
    )


@POSE_RULES.register("ultralytics-pose", first=True)
def read_ultralytics_pose(outputs: Outputs) -> InferredPeople | None:
    """The output of an Ultralytics pose network without its metadata; see ``read_pose_table``."""
    table = read_pose_table(outputs)
    if table is None:
        return None
    return InferredPeople("ultralytics" if table.raw else "ultralytics-nms", table.keypoints, 3, ULTRALYTICS)


@POSE_RULES.register("rtmo", first=True)
def read_rtmo(outputs: Outputs) -> InferredPeople | None:
    """Outputs named dets (1, N, 5) and keypoints (1, N, K, 3), as OpenMMLab deploys RTMO and YOLOX-Pose."""
    shapes = _named(outputs, ("dets", "keypoints"))
    if shapes is None or len(shapes[0]) != 3 or shapes[0][2] != 5 or len(shapes[1]) != 4 or shapes[1][3] != 3:
        return None
    return InferredPeople("rtmo", shapes[1][2], 3, OPENMMLAB, "bgr", std=NO_STD, letterbox="corner")


@POSE_RULES.register("detr", first=True)
def read_detr(outputs: Outputs) -> InferredPeople | None:
    """Outputs named scores and labels (1, N) and keypoints (1, N, K, 2 or 3): DETRPose and ECPose."""
    shapes = _named(outputs, DETR_OUTPUTS)
    if shapes is None or len(shapes[0]) != 2 or len(shapes[2]) != 4 or shapes[2][3] not in (2, 3):
        return None
    return _detr_reading(outputs, "detr", shapes[2][2], 2 if shapes[2][3] == 2 else 3)


@POSE_RULES.register("detr-logits", first=True)
def read_detr_logits(outputs: Outputs) -> InferredPeople | None:
    """Outputs named pred_logits (1, N, classes) and pred_keypoints (1, N, 2 K) or (1, N, K, 2 or 3)."""
    shapes = _named(outputs, LOGITS_OUTPUTS)
    if shapes is None or len(shapes[0]) != 3 or len(shapes[1]) not in (3, 4):
        return None
    keypoints, columns = shapes[1][2:] if len(shapes[1]) == 4 else (shapes[1][2] // 2, 2)
    if columns not in (2, 3) or (shapes[1][2] % 2 and len(shapes[1]) == 3):
        return None
    return _detr_reading(outputs, "detr-logits", keypoints, 2 if columns == 2 else 3)


def people_outputs(card: OneStageCard, names: list[str]) -> list[int] | None:
    """The positions of the outputs that ``card`` means, in its format's order; None if the names do not tell."""
    wanted = {"rtmo": ("dets", "keypoints"), "detr": DETR_OUTPUTS, "detr-logits": LOGITS_OUTPUTS}.get(card.output, ())
    if not wanted or not all(name in names for name in wanted):
        return None
    further = [name for name in ("boxes", "pred_boxes") if name in names and card.output.startswith("detr")]
    return [names.index(name) for name in (*wanted, *further)]


def _detr_reading(outputs: Outputs, output: PeopleFormat, keypoints: int, columns: Literal[2, 3]) -> InferredPeople:
    """DETRPose takes 0..1; ECPose, whose backbone is a ViT, ImageNet's normalization. Class 1 is the person (COCO)."""
    is_vit = b"patch_embed" in outputs.path.read_bytes()
    return InferredPeople(
        output,
        keypoints,
        columns,
        ("color", "mean", "std", "person"),
        mean=IMAGENET_MEAN if is_vit else NO_MEAN,
        std=IMAGENET_STD if is_vit else WHITE,
        letterbox="stretch",
        person=1,
    )


def _named(outputs: Outputs, wanted: tuple[str, ...]) -> list[Shape] | None:
    """The shapes of the outputs named ``wanted``; None if one is missing."""
    if not all(name in outputs.names for name in wanted):
        return None
    return [outputs.shapes[list(outputs.names).index(name)] for name in wanted]


def _only_table(outputs: Outputs) -> Shape | None:
    """The shape (1, rows, columns) of the only output."""
    if len(outputs.names) != 1:
        return None
    (shape,) = outputs.shapes
    return shape if len(shape) == 3 else None


def _literal(metadata: Mapping[str, str], key: str, kind: Callable[[Any], Any]) -> Any:
    """The Python literal in ``metadata`` as a ``kind``; None if it is missing or another."""
    try:
        return kind(ast.literal_eval(metadata[key]))
    except (KeyError, ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None

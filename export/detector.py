"""Converts Ultralytics detectors and pose models; Ultralytics itself opens them, in a child process."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from os.path import isfile
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx

from app import __version__
from app.core.errors import StanceError
from app.core.message import Message, foreign
from app.core.people import Floats
from app.core.skeleton import plain_skeleton
from app.inference.model_card import DetectorCard, Heatmap, InputSpec, PoseCard, Provenance
from app.inference.one_stage_card import OneStageCard
from app.pose.crop import normalize
from app.zoo.catalogue import sha256_of
from export.checkpoint import read_contents
from export.crops import check_crops
from export.onnx_file import Say, check_target, write
from export.trace import OPSET
from export.ultralytics_check import is_final, largest_difference
from export.unpickle import INERT
from export.verify import BATCHES, EXACT, describe_difference

MODULES = re.compile(r"ultralytics\.nn\.(tasks|modules\.[a-z_]+)|torch\.nn\.modules\.[a-z_]+")
"""Modules that define a detector's layers; only classes of these may be named by a file."""

ALLOWED = INERT | {
    "ultralytics.utils.IterableSimpleNamespace",
    "types.SimpleNamespace",
    "ultralytics.utils.loss.v8DetectionLoss",
    "ultralytics.utils.loss.v8PoseLoss",
    "ultralytics.utils.loss.PoseLoss26",
    "ultralytics.utils.loss.KeypointLoss",
    "ultralytics.utils.loss.RLELoss",
}
"""Other names that a file may contain."""
POSE_MODEL = "ultralytics.nn.tasks.PoseModel"
"""The class of pose models."""

COCO_CLASSES = 80
"""Number of COCO's classes; class 0 is "person"."""
CHECK_PADDING = 2.5
"""Side of the crops that a detector is checked on, relative to the person's box."""
TIMEOUT_S = 1800.0
"""Time limit of the child process, in seconds."""


def convert_detector(path: Path, target: Path, side: int, say: Say) -> DetectorCard | OneStageCard:
    """Convert the detector or pose model in ``path`` to ``target`` for inputs of ``side`` x ``side`` pixels.

    Ultralytics executes the file's pickle, so only files that name nothing but layers are given to it. ``say`` is
    called with one line per step. Returns the card. Raises StanceError if the file is neither a detector nor a pose
    model, names anything else, or if the converted outputs differ.
    """
    check_target(target)
    if side % 32 or not 32 <= side <= 4096:
        raise StanceError(
            "The detector input size {side}x{side} is not valid: wanted a multiple of 32 up to 4096.", side=side
        )
    if not isfile(path):
        raise StanceError("There is no detector {path!r}: wanted an Ultralytics detection model (.pt).", path=str(path))
    _check_names(path)
    say(
        Message(
            "{file}: refers to layers only; opened by Ultralytics, written for {side}x{side}", file=path.name, side=side
        )
    )
    picture = InputSpec(size=(side, side), color="rgb", std=(255.0, 255.0, 255.0))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs, what = _inputs(picture)
        np.savez(folder / "inputs.npz", *inputs)
        report = _in_child(path, folder)
        card = _card(path, picture, report, folder)
        worst = largest_difference(folder, *_pose_values(report))
        if not worst <= EXACT:
            raise StanceError(
                "The converted detector differs from the original by {worst:.1e} of the largest magnitude: "
                "wanted {exact:.0e}; it was not kept.",
                worst=worst,
                exact=EXACT,
            )
        say(describe_difference(worst, what))
        write(onnx.load(folder / "detector.onnx"), card, target)
    say(
        Message(
            "{path}: {size:.1f} MB, {head}, class {person} is a person, checked",
            path=target,
            size=target.stat().st_size / 1e6,
            head=card.output if isinstance(card, OneStageCard) else card.head,
            person=card.person,
        )
    )
    return card


def is_ultralytics(path: Path) -> bool:
    """Whether ``path`` is a model saved by Ultralytics, rather than a file of weights."""
    try:
        with read_contents(path) as contents:
            return _names_network(contents.names)
    except (StanceError, OSError):
        return False


def is_ultralytics_pose(path: Path) -> bool:
    """Whether ``path`` is a pose model saved by Ultralytics."""
    try:
        with read_contents(path) as contents:
            return POSE_MODEL in contents.names
    except (StanceError, OSError):
        return False


def _check_names(path: Path) -> None:
    """Raise StanceError if the file names anything but layers, or is not an Ultralytics model."""
    with read_contents(path) as contents:
        for name in contents.names:
            module, _, own = name.rpartition(".")
            layer = MODULES.fullmatch(module) and own.isidentifier() and own[0].isupper()
            if name not in ALLOWED and not layer:
                raise StanceError(
                    "{file} is refused: it refers to {name}, which no Ultralytics detector needs.",
                    file=path.name,
                    name=name,
                )
        if not _names_network(contents.names):
            raise StanceError(
                "{file} has no Ultralytics model: wanted a detection model such as yolo11n.pt.", file=path.name
            )


def _names_network(names: list[str]) -> bool:
    return any(name.startswith("ultralytics.nn.") for name in names)


def _inputs(picture: InputSpec) -> tuple[list[Floats], str]:
    """Batches (N, 3, side, side) of people and of noise to check a detector on, and a description of the people."""
    crops, what = check_crops(
        PoseCard(name="", picture=picture, codec=Heatmap(), skeleton="coco17", padding=CHECK_PADDING)
    )
    people = crops[: max(BATCHES)]
    noise = np.random.default_rng(0).integers(0, 256, people.shape, np.uint8)
    fed = normalize(np.concatenate([people, noise]), picture)
    return [fed[first : first + size] for size in BATCHES for first in range(0, len(fed), size)], what


def _in_child(path: Path, folder: Path) -> dict[str, Any]:
    """Run Ultralytics in ``folder``, without downloads, installs or settings elsewhere; returns the child's report."""
    shutil.copyfile(path, folder / "detector.pt")
    (folder / "settings").mkdir()
    environment = os.environ | {
        "YOLO_OFFLINE": "true",
        "YOLO_AUTOINSTALL": "false",
        "YOLO_CONFIG_DIR": str(folder / "settings"),
        "YOLO_VERBOSE": "false",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).resolve().parent.parent), os.environ.get("PYTHONPATH", "")]),
    }
    command = [sys.executable, "-m", "export.ultralytics_child", str(OPSET)]
    # Only this process holds the write end, so the pipe closes and the child exits when this process ends.
    read_end, write_end = os.pipe()
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=read_end,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StanceError(
            "Ultralytics did not finish converting {file} within {minutes:.0f} minutes.",
            file=path.name,
            minutes=TIMEOUT_S / 60,
        ) from None
    finally:
        os.close(read_end)
        os.close(write_end)
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise StanceError(
            "Ultralytics could not convert {file}: {reason}.",
            file=path.name,
            reason=foreign(lines[-1]) if lines else Message("no reason given"),
        )
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


def _pose_values(report: dict[str, Any]) -> tuple[int, int]:
    """The number of values of a pose, and of each of its keypoints; (0, 3) for a detector."""
    keypoints, per_keypoint = report["keypoints"] or (0, 3)
    return keypoints * per_keypoint, per_keypoint


def _card(path: Path, picture: InputSpec, report: dict[str, Any], folder: Path) -> DetectorCard | OneStageCard:
    if report["task"] not in ("detect", "pose"):
        raise StanceError(
            "{file} is an Ultralytics model for the task {task!r}: wanted one for 'detect' or 'pose'.",
            file=path.name,
            task=report["task"],
        )
    if report["head"] == "RTDETRDecoder":
        raise StanceError(
            "{file} is an RT-DETR, which Stance does not support: wanted a YOLO detector.", file=path.name
        )
    names = [str(name) for name in report["names"]]
    is_pose = report["task"] == "pose"
    assumed: tuple[str, ...] = ()
    if "person" not in names and is_pose:
        assumed = ("person",)
    elif "person" not in names:
        # An untrained model has numbered classes; COCO's class 0 is "person".
        if len(names) != COCO_CLASSES or names[0] not in ("0", "class0"):
            raise StanceError("{file} has no class 'person': wanted a detector for people.", file=path.name)
        assumed = ("person",)
    values, per_keypoint = _pose_values(report)
    with np.load(folder / "outputs.npz") as outputs:
        form: Literal["ultralytics", "ultralytics-nms"] = (
            "ultralytics-nms" if is_final(outputs[outputs.files[0]], values) else "ultralytics"
        )
    person = 0 if assumed else names.index("person")
    origin = Provenance(
        licence=report["licence"],
        source=path.name,
        sha256=sha256_of(path),
        assumed=(*assumed, "skeleton") if is_pose else assumed,
        network=report["network"],
        version=__version__,
    )
    if not is_pose:
        return DetectorCard(path.stem, picture, form, "centre", person=person, provenance=origin)
    skeleton = plain_skeleton(values // per_keypoint)
    columns: Literal[2, 3] = 2 if per_keypoint == 2 else 3
    return OneStageCard(path.stem, picture, form, skeleton, person=person, columns=columns, provenance=origin)

"""Converts Ultralytics detectors; Ultralytics itself opens them, in a child process."""

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
from typing import Any

import numpy as np
import onnx

from app import __version__
from app.core.errors import StanceError
from app.core.message import Message, foreign
from app.core.people import Floats
from app.inference.model_card import DetectorCard, Heatmap, InputSpec, PoseCard, Provenance
from app.pose.crop import normalize
from app.zoo.catalogue import sha256_of
from export.checkpoint import read_contents
from export.convert import Say, check_target, write
from export.crops import check_crops
from export.trace import OPSET
from export.unpickle import INERT
from export.verify import BATCHES, EXACT, describe_difference, open_on_cpu

MODULES = re.compile(r"ultralytics\.nn\.(tasks|modules\.[a-z_]+)|torch\.nn\.modules\.[a-z_]+")
"""Modules that define a detector's layers; only classes of these may be named by a file."""

ALLOWED = INERT | {
    "ultralytics.utils.IterableSimpleNamespace",
    "types.SimpleNamespace",
    "ultralytics.utils.loss.v8DetectionLoss",
}
"""Other names that a detector file may contain."""

COCO_CLASSES = 80
"""Number of COCO's classes; class 0 is "person"."""
FINAL_COLUMNS = 6
"""Columns of a final detection row: x0 y0 x1 y1 score class."""
TIE = 1e-5
"""Rows whose scores differ by less may come in any order."""
CHECK_PADDING = 2.5
"""Side of the crops that a detector is checked on, relative to the person's box."""
TIMEOUT_S = 1800.0
"""Time limit of the child process, in seconds."""


def convert_detector(path: Path, target: Path, side: int, say: Say) -> DetectorCard:
    """Convert the detector in ``path`` to ``target`` for inputs of ``side`` x ``side`` pixels and return its card.

    Ultralytics executes the file's pickle, so only files that name nothing but layers are given to it. ``say`` is
    called with one line per step. Raises StanceError if the file is not a detection model, names anything else, or if
    the converted outputs differ.
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
        card = _card(path, picture, _in_child(path, folder), folder)
        worst = _largest_difference(folder)
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
            head=card.head,
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


def _card(path: Path, picture: InputSpec, report: dict[str, Any], folder: Path) -> DetectorCard:
    if report["task"] != "detect":
        raise StanceError(
            "{file} is an Ultralytics model for the task {task!r}: wanted one for 'detect'.",
            file=path.name,
            task=report["task"],
        )
    if report["head"] == "RTDETRDecoder":
        raise StanceError(
            "{file} is an RT-DETR, which Stance does not support: wanted a YOLO detector.", file=path.name
        )
    names = [str(name) for name in report["names"]]
    assumed: tuple[str, ...] = ()
    if "person" not in names:
        # An untrained model has numbered classes; COCO's class 0 is "person".
        if len(names) != COCO_CLASSES or names[0] not in ("0", "class0"):
            raise StanceError("{file} has no class 'person': wanted a detector for people.", file=path.name)
        assumed = ("person",)
    with np.load(folder / "outputs.npz") as outputs:
        columns = outputs[outputs.files[0]].shape[2]
    return DetectorCard(
        name=path.stem,
        picture=picture,
        head="ultralytics-nms" if columns == FINAL_COLUMNS else "ultralytics",
        letterbox="centre",
        person=0 if assumed else names.index("person"),
        provenance=Provenance(
            licence=report["licence"],
            source=path.name,
            sha256=sha256_of(path),
            assumed=assumed,
            network=report["network"],
            version=__version__,
        ),
    )


def _largest_difference(folder: Path) -> float:
    """The largest difference on all inputs: of boxes relative to the largest coordinate, of scores absolute."""
    wanted, got = [], []
    with np.load(folder / "inputs.npz") as inputs, np.load(folder / "outputs.npz") as outputs:
        network = open_on_cpu(folder / "detector.onnx", inputs[inputs.files[0]].shape)
        for name in inputs.files:
            wanted.append(outputs[name])
            got.append(network.run([inputs[name]])[0])
    if any(one.shape != other.shape or not np.isfinite(other).all() for one, other in zip(wanted, got, strict=True)):
        return float("inf")
    if wanted[0].shape[2] == FINAL_COLUMNS:
        return _final_difference(np.concatenate(wanted), np.concatenate(got))
    one, other = np.concatenate(wanted), np.concatenate(got)
    return max(_relative_difference(one[:, :4], other[:, :4]), float(np.abs(one[:, 4:] - other[:, 4:]).max()))


def _final_difference(wanted: Floats, got: Floats) -> float:
    """The same for final rows (N, rows, 6), sorted by score; of rows with tied scores only the scores are compared."""
    distinct = np.abs(np.diff(wanted[..., 4], axis=1)) > TIE
    # The last row may tie with one beyond the end.
    untied = np.pad(distinct, ((0, 0), (1, 0)), constant_values=True) & np.pad(distinct, ((0, 0), (0, 1)))
    if (wanted[untied, 5] != got[untied, 5]).any():
        return float("inf")
    return max(
        _relative_difference(wanted[untied, :4], got[untied, :4]), float(np.abs(wanted[..., 4] - got[..., 4]).max())
    )


def _relative_difference(wanted: Floats, got: Floats) -> float:
    """The largest difference relative to the largest magnitude."""
    return float(np.abs(got - wanted).max(initial=0) / np.abs(wanted).max(initial=1e-12))

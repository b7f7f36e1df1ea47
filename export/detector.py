"""Detectors of Ultralytics, opened by Ultralytics itself in a process of its own."""

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
from app.card import DetectorCard, Heatmap, Picture, PoseCard, Provenance
from app.errors import StanceError
from app.estimate.crop import normalise
from app.people import Floats
from app.zoo.catalogue import sha256_of
from export.checkpoint import read_contents
from export.convert import Say, check_target, write
from export.crops import check_crops
from export.trace import OPSET
from export.unpickle import INERT
from export.verify import BATCHES, EXACT, open_on_cpu

MODULES = re.compile(r"ultralytics\.nn\.(tasks|modules\.[a-z_]+)|torch\.nn\.modules\.[a-z_]+")
"""Where the classes of a detector's layers stand."""

ALLOWED = INERT | {
    "ultralytics.utils.IterableSimpleNamespace",
    "types.SimpleNamespace",
    "ultralytics.utils.loss.v8DetectionLoss",
}

COCO_CLASSES = 80
FINAL = 6
"""Columns of a row that is an answer already: x0 y0 x1 y1 score class."""
TIE = 1e-5
"""Rows whose scores are so near to each other may come in any order."""
AROUND = 2.5
"""A detector is checked on people with so much around them, in sizes of their boxes."""
LONGEST_S = 1800.0


def convert_detector(path: Path, target: Path, side: int, say: Say) -> DetectorCard:
    """Write the detector in ``path`` to ``target`` for pictures of ``side`` x ``side``; gives its card.

    Ultralytics opens a file by running what its pickle says, so that it sees only files that name nothing but layers.
    Raises StanceError where the file is no detection model, names anything else, or where the result is not the same
    network.
    """
    check_target(target)
    if side % 32 or not 32 <= side <= 4096:
        raise StanceError(f"A detector cannot look at {side}x{side}: wanted a multiple of 32 up to 4096.")
    if not isfile(path):
        raise StanceError(f"There is no detector {str(path)!r}: wanted an Ultralytics detection model (.pt).")
    _check_names(path)
    say(f"{path.name}: names nothing but layers; opened by Ultralytics, written for {side}x{side}")
    picture = Picture(size=(side, side), color="rgb", std=(255.0, 255.0, 255.0))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs, what = _inputs(picture)
        np.savez(folder / "inputs.npz", *inputs)
        card = _card(path, picture, _in_child(path, folder), folder)
        worst = _largest_difference(folder)
        if not worst <= EXACT:
            raise StanceError(
                f"The converted detector differs from the original by {worst:.1e} of the largest magnitude: "
                f"wanted {EXACT:.0e}; it was not kept."
            )
        batches = " and ".join(map(str, BATCHES))
        say(
            f"Largest difference to PyTorch: {worst:.1e} of the largest magnitude "
            f"(batch {batches}; {what}, random input)"
        )
        write(onnx.load(folder / "detector.onnx"), card, target)
    say(f"{target}: {target.stat().st_size / 1e6:.1f} MB, {card.head}, class {card.person} is a person, checked")
    return card


def of_ultralytics(path: Path) -> bool:
    """Whether ``path`` holds a network as Ultralytics saves them, rather than weights."""
    try:
        with read_contents(path) as contents:
            return _names_network(contents.names)
    except (StanceError, OSError):
        return False


def _check_names(path: Path) -> None:
    with read_contents(path) as contents:
        for name in contents.names:
            module, _, own = name.rpartition(".")
            layer = MODULES.fullmatch(module) and own.isidentifier() and own[0].isupper()
            if name not in ALLOWED and not layer:
                raise StanceError(f"{path.name} is refused: it names {name}, which no detector of Ultralytics needs.")
        if not _names_network(contents.names):
            raise StanceError(
                f"{path.name} holds no model of Ultralytics: wanted a detection model such as yolo11n.pt."
            )


def _names_network(names: list[str]) -> bool:
    return any(name.startswith("ultralytics.nn.") for name in names)


def _inputs(picture: Picture) -> tuple[list[Floats], str]:
    """What a detector is checked on: batches (N, 3, side, side) of people and of noise, and what the people are."""
    crops, what = check_crops(PoseCard(name="", picture=picture, codec=Heatmap(), skeleton="coco17", padding=AROUND))
    people = crops[: max(BATCHES)]
    noise = np.random.default_rng(0).integers(0, 256, people.shape, np.uint8)
    fed = normalise(np.concatenate([people, noise]), picture)
    return [fed[first : first + size] for size in BATCHES for first in range(0, len(fed), size)], what


def _in_child(path: Path, folder: Path) -> dict[str, Any]:
    """Let Ultralytics work in ``folder``, unable to fetch, install or settle anything outside it."""
    shutil.copyfile(path, folder / "detector.pt")
    (folder / "settings").mkdir()
    surroundings = os.environ | {
        "YOLO_OFFLINE": "true",
        "YOLO_AUTOINSTALL": "false",
        "YOLO_CONFIG_DIR": str(folder / "settings"),
        "YOLO_VERBOSE": "false",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).resolve().parent.parent), os.environ.get("PYTHONPATH", "")]),
    }
    command = [sys.executable, "-m", "export.ultralytics_child", str(OPSET)]
    # The child ends with this process, whose end of the pipe nobody else holds.
    heard, held = os.pipe()
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=surroundings,
            stdin=heard,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StanceError(f"Ultralytics did not finish with {path.name} in {LONGEST_S / 60:.0f} minutes.") from None
    finally:
        os.close(heard)
        os.close(held)
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise StanceError(f"Ultralytics could not convert {path.name}: {lines[-1] if lines else 'it said no reason'}.")
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


def _card(path: Path, picture: Picture, report: dict[str, Any], folder: Path) -> DetectorCard:
    if report["task"] != "detect":
        raise StanceError(
            f"{path.name} is an Ultralytics model for the task {report['task']!r}; wanted one for 'detect'."
        )
    if report["head"] == "RTDETRDecoder":
        raise StanceError(f"{path.name} is an RT-DETR, whose boxes Stance does not read: wanted a YOLO detector.")
    names = [str(name) for name in report["names"]]
    assumed: tuple[str, ...] = ()
    if "person" not in names:
        # A model that was never trained numbers its classes; those of COCO begin with people.
        if len(names) != COCO_CLASSES or names[0] not in ("0", "class0"):
            raise StanceError(f"{path.name} names no class 'person': wanted a detector that finds people.")
        assumed = ("person",)
    with np.load(folder / "outputs.npz") as outputs:
        columns = outputs[outputs.files[0]].shape[2]
    return DetectorCard(
        name=path.stem,
        picture=picture,
        head="ultralytics-nms" if columns == FINAL else "ultralytics",
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
    """The largest difference on all inputs: of boxes as a part of the largest coordinate, of scores as a part of 1."""
    wanted, got = [], []
    with np.load(folder / "inputs.npz") as inputs, np.load(folder / "outputs.npz") as outputs:
        network = open_on_cpu(folder / "detector.onnx", inputs[inputs.files[0]].shape)
        for name in inputs.files:
            wanted.append(outputs[name])
            got.append(network.run([inputs[name]])[0])
    if any(one.shape != other.shape or not np.isfinite(other).all() for one, other in zip(wanted, got, strict=True)):
        return float("inf")
    if wanted[0].shape[2] == FINAL:
        return _final_difference(np.concatenate(wanted), np.concatenate(got))
    one, other = np.concatenate(wanted), np.concatenate(got)
    return max(_part(one[:, :4], other[:, :4]), float(np.abs(one[:, 4:] - other[:, 4:]).max()))


def _final_difference(wanted: Floats, got: Floats) -> float:
    """The same for final rows (N, rows, 6), best first; of those that tie only the scores can be compared."""
    apart = np.abs(np.diff(wanted[..., 4], axis=1)) > TIE
    # The last row may tie with one that is not there.
    alone = np.pad(apart, ((0, 0), (1, 0)), constant_values=True) & np.pad(apart, ((0, 0), (0, 1)))
    if (wanted[alone, 5] != got[alone, 5]).any():
        return float("inf")
    return max(_part(wanted[alone, :4], got[alone, :4]), float(np.abs(wanted[..., 4] - got[..., 4]).max()))


def _part(wanted: Floats, got: Floats) -> float:
    """The largest difference as a part of the largest magnitude."""
    return float(np.abs(got - wanted).max(initial=0) / np.abs(wanted).max(initial=1e-12))

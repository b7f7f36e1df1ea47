"""Detectors of Ultralytics, converted by Ultralytics itself in a process of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx

from app import __version__
from app.card import DetectorCard, Picture, Provenance
from app.errors import StanceError
from app.runtime import Network
from app.zoo.catalogue import sha256_of
from export.checkpoint import read_contents
from export.convert import Say, check_target, write
from export.trace import OPSET
from export.unpickle import INERT
from export.verify import EXACT, open_on_cpu

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
TIE = 1e-6
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
    if not path.is_file():
        raise StanceError(f"There is no detector {str(path)!r}: wanted an Ultralytics detection model (.pt).")
    _check_names(path)
    say(f"{path.name}: names nothing but layers; Ultralytics converts it for {side}x{side}")
    with tempfile.TemporaryDirectory() as folder:
        report = _in_child(path, Path(folder), side)
        made = Path(folder) / "detector.onnx"
        card = _card(path, side, report)
        worst = _difference(Path(folder))
        if not worst <= EXACT:
            raise StanceError(f"The converted detector differs from the original by {worst:.1e}; it was not kept.")
        say(f"Largest difference to PyTorch: {worst:.1e} of the largest magnitude (a made-up picture, random input)")
        write(onnx.load(made), card, target)
    say(f"{target}: {target.stat().st_size / 1e6:.1f} MB, {card.head}, class {card.person} is a person, checked")
    return card


def _check_names(path: Path) -> None:
    with read_contents(path) as contents:
        for name in contents.names:
            module, _, own = name.rpartition(".")
            layer = MODULES.fullmatch(module) and own.isidentifier() and own[0].isupper()
            if name not in ALLOWED and not layer:
                raise StanceError(f"{path.name} is refused: it names {name}, which no detector of Ultralytics needs.")
        if not any(name.startswith("ultralytics.nn.") for name in contents.names):
            raise StanceError(
                f"{path.name} holds no model of Ultralytics: wanted a detection model such as yolo11n.pt."
            )


def _in_child(path: Path, folder: Path, side: int) -> dict[str, object]:
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
    command = [sys.executable, "-m", "export.ultralytics_child", str(side), str(OPSET)]
    try:
        done = subprocess.run(
            command, cwd=folder, env=surroundings, capture_output=True, text=True, timeout=LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise StanceError(f"Ultralytics did not finish with {path.name} in {LONGEST_S / 60:.0f} minutes.") from None
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise StanceError(f"Ultralytics could not convert {path.name}: {lines[-1] if lines else 'it said no reason'}.")
    report: dict[str, object] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


def _card(path: Path, side: int, report: dict[str, object]) -> DetectorCard:
    if report["task"] != "detect":
        raise StanceError(
            f"{path.name} is an Ultralytics model for the task {report['task']!r}; wanted one for 'detect'."
        )
    names = [str(name) for name in report["names"]]  # type: ignore[attr-defined]
    assumed: tuple[str, ...] = ()
    if "person" not in names:
        # A model that was never trained numbers its classes; those of COCO begin with people.
        if len(names) != COCO_CLASSES or names[0] not in ("0", "class0"):
            raise StanceError(f"{path.name} names no class 'person': wanted a detector that finds people.")
        assumed = ("person",)
    shape = report["shape"]
    provenance = Provenance(
        licence=str(report["licence"]),
        source=path.name,
        sha256=sha256_of(path),
        assumed=assumed,
        network=str(report["network"]),
        version=__version__,
    )
    return DetectorCard(
        name=path.stem,
        picture=Picture(size=(side, side), color="rgb", std=(255.0, 255.0, 255.0)),
        head="ultralytics-nms" if shape[2] == FINAL else "ultralytics",  # type: ignore[index]
        letterbox="centre",
        person=0 if assumed else names.index("person"),
        provenance=provenance,
    )


def _difference(folder: Path) -> float:
    """The largest difference on the child's inputs, as a part of the largest magnitude."""
    with np.load(folder / "answers.npz") as answers:
        network: Network = open_on_cpu(folder / "detector.onnx", answers["inputs"][:1].shape)
        got = np.concatenate([network.run([answers["inputs"][i : i + 1]])[0] for i in range(len(answers["inputs"]))])
        wanted = answers["outputs"]
    if got.shape != wanted.shape:
        return float("inf")
    different = np.abs(got - wanted)
    if wanted.shape[2] == FINAL:
        # Final rows come by score, and rows of one score in any order: of those only the score can be compared.
        gaps = np.abs(np.diff(wanted[..., 4], axis=1)) > TIE
        alone = np.pad(gaps, ((0, 0), (1, 0))) & np.pad(gaps, ((0, 0), (0, 1)))
        different[~alone, :4] = different[~alone, 5] = 0
    return float(different.max() / max(float(np.abs(wanted).max()), 1e-12))

"""A checkpoint becomes an ONNX file that runs in Stance, or none at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from os.path import isdir
from pathlib import Path
from typing import Literal

import msgspec
import onnx
import torch

from app.card import METADATA_KEY, ModelCard, PoseCard, Provenance, write_card
from app.errors import StanceError
from app.estimate.crop import normalise
from app.people import Floats, Image
from app.zoo.catalogue import Entry
from export.checkpoint import read_checkpoint
from export.crops import check_crops, folder_crops
from export.facts import Wishes, settle
from export.fuse import fuse
from export.lighten import halved, quantised
from export.recognise import load, recognise
from export.trace import OPSET, OPSETS, trace
from export.verify import BATCHES, Arrays, answers, certain, inputs_of, largest_difference, noise, seen, shift

Say = Callable[[str], None]

NOISE = {"float16": 0.02, "int8": 0.35}
"""The most that a network's maps may change by (root mean square, as a part of the maps' own), or it is not kept."""
SHIFTS = {"float16": 0.5, "int8": 12.0}
"""Of the keypoints whose place is certain 95 % stay within so many input pixels (a heatmap's cell has 4)."""
FUSED_SHIFT = 0.01
"""Decoding in the graph is the same decoding: 95 % of the keypoints that are seen stay within so many pixels."""


@dataclass(frozen=True, slots=True)
class Form:
    """What kind of file is wanted.

    ``images`` is the folder to calibrate INT8 on (None: no INT8), ``fused`` puts crops in and keypoints out.
    """

    half: bool = False
    images: Path | None = None
    fused: bool = False
    opset: int = OPSET

    def __post_init__(self) -> None:
        if self.half and self.images:
            raise StanceError("A network is made FP16 or INT8, not both: wanted --half or --int8.")
        if self.opset not in OPSETS:
            raise StanceError(f"Opset {self.opset} cannot be written: wanted {OPSETS.start} to {OPSETS.stop - 1}.")

    @property
    def precision(self) -> Literal["float32", "float16", "int8"]:
        """What the card says."""
        return "float16" if self.half else "int8" if self.images else "float32"


def convert(path: Path, target: Path, wishes: Wishes, form: Form, say: Say, entry: Entry | None = None) -> PoseCard:
    """Write the network in checkpoint ``path`` to ``target``; gives its card. ``say`` gets a line a step.

    ``entry`` is the checkpoint's place in the catalogue where that is certain. Raises StanceError where the file is
    none, holds no known network, or where the result is not the same network; ``target`` is left as it was then.
    """
    check_target(target)
    checkpoint = read_checkpoint(path)
    found = recognise(checkpoint.shapes, path.name)
    facts = settle(checkpoint, found, wishes, entry)
    say(f"{path.name}: {found.plan.name}, {found.plan.head.maps} maps, weights as in {_manner(found.dialect)}")
    for line in facts.told():
        say(f"  {line}")
    network = load(checkpoint.state, found, path.name, facts.style, facts.fusing)

    card = facts.card
    crops, what = check_crops(card)
    inputs = inputs_of(card, crops)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        model = trace(network, torch.from_numpy(inputs[0]), "image", "heatmaps", form.opset)
        onnx.save(model, plain)
        say(f"Written as ONNX, opset {form.opset}; comparing")
        worst = largest_difference(network, plain, inputs)
        batches = " and ".join(map(str, BATCHES))
        say(
            f"Largest difference to PyTorch: {worst:.1e} of the largest magnitude "
            f"(batch {batches}; {what}, random input)"
        )
        if form.precision != "float32" or form.fused:
            model, card = _in_form(model, card, form, plain, crops, say)
        write(model, card, target)
    say(f"{target}: {target.stat().st_size / 1e6:.1f} MB, checked")
    return card


def write(model: onnx.ModelProto, card: ModelCard, target: Path) -> None:
    """Put ``model`` with its ``card`` at ``target``, whole or not at all.

    Raises StanceError where the disk refuses, and onnx's own error where the model is not valid.
    """
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, {METADATA_KEY: write_card(card)})
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(model.SerializeToString())
            file.flush()
            os.fsync(file.fileno())
        onnx.checker.check_model(str(part), full_check=True)
        part.replace(target)
    except OSError as error:
        raise StanceError(f"{str(target)!r} cannot be written ({error.strerror or error}).") from error
    finally:
        part.unlink(missing_ok=True)


def check_target(target: Path) -> None:
    """Refuse a place that nothing can be written to, before any work is done."""
    if target.suffix != ".onnx" or not isdir(target.parent):
        raise StanceError(
            f"{str(target)!r} cannot be written: wanted a file name ending in .onnx in a folder that exists."
        )


def _in_form(
    model: onnx.ModelProto, card: PoseCard, form: Form, plain: Path, crops: Image, say: Say
) -> tuple[onnx.ModelProto, PoseCard]:
    """The network lighter or fused, its keypoints compared with those of the ``plain`` one."""
    lighter = plain.with_name("lighter.onnx")
    maps: Arrays = answers(plain, card, crops)
    if form.precision != "float32":
        if form.images:
            calibration = folder_crops(form.images, card)
            say(f"Calibrating INT8 on {len(calibration)} people of {form.images}")
            fed: Floats = normalise(calibration, card.picture)
            model = quantised(model, fed)
        else:
            model = halved(model)
        onnx.save(model, lighter)
        maps = _checked_lighter(card, maps, answers(lighter, card, crops), form, say)
    other = msgspec.structs.replace(card, provenance=_provenance(card, form))
    if form.fused:
        model, other = fuse(model, other)
        onnx.save(model, lighter)
        moved = shift(card, maps, other, answers(lighter, other, crops), seen(card, maps))
        say(f"Keypoints move in fusing by: {moved}")
        if not moved.p95 <= FUSED_SHIFT:
            raise StanceError(
                f"The fused network puts keypoints elsewhere ({moved}): wanted 95 % of them within {FUSED_SHIFT}; "
                "it was not kept."
            )
    return model, other


def _checked_lighter(card: PoseCard, before: Arrays, after: Arrays, form: Form, say: Say) -> Arrays:
    """The answers ``after`` of the lighter network, where they are still the original's."""
    changed = noise(before, after)
    moved = shift(card, before, card, after, certain(card, before))
    say(f"Maps change by {changed:.3f} of their magnitude")
    say(f"Keypoints move by: {shift(card, before, card, after, seen(card, before))}")
    say(f"Those whose place is certain move by: {moved}")
    if not (changed <= NOISE[form.precision] and moved.p95 <= SHIFTS[form.precision]):
        raise StanceError(
            f"The converted network is another one: its maps change by {changed:.3f} of their magnitude, keypoints by "
            f"{moved}; wanted at most {NOISE[form.precision]}, and 95 % within {SHIFTS[form.precision]}; "
            "it was not kept."
        )
    return after


def _provenance(card: PoseCard, form: Form) -> Provenance:
    """A figure holds for the network that it was measured with, and FP16 alone is as good."""
    provenance = msgspec.structs.replace(card.provenance, precision=form.precision)
    return msgspec.structs.replace(provenance, ap=None, ap_setting="") if form.images else provenance


def _manner(dialect: str) -> str:
    return {"original": "the authors' code", "mmpose 0.x": "MMPose 0.x", "mmpose 1.x": "MMPose 1.x"}[dialect]

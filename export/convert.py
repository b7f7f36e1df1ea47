"""Converts a checkpoint to an ONNX file that runs in Stance, and keeps the file only if its outputs match."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import msgspec
import onnx
import torch
from torch import nn

from app.core.errors import StanceError
from app.core.message import Message
from app.core.people import Floats, Image
from app.inference.bottom_up_card import BottomUpCard
from app.inference.model_card import PoseCard, Provenance
from app.inference.temporal_card import TemporalCard
from app.pose.crop import normalize
from app.pose.grouping.rescoring import RESCORING_KEY
from app.zoo.catalogue import Entry
from export.architecture import infer_architecture, load
from export.bottom_up import check_form, check_inputs
from export.checkpoint import Checkpoint, read_checkpoint
from export.crops import check_crops, folder_crops
from export.fuse import fuse, fusible
from export.large import InHalf, is_large, original_outputs
from export.onnx_file import Say, check_target, write
from export.options import ConvertOptions, resolve_options
from export.plans.plan import Architecture
from export.quantize import to_fp16, to_int8
from export.rescoring import read_network, with_rescoring
from export.temporal import check_noise, check_temporal_form, in_three_frames, temporal_card
from export.trace import OPSET, OPSETS, trace
from export.verify import (
    Arrays,
    answers,
    certain,
    describe_difference,
    inputs_of,
    largest_difference,
    noise,
    open_on_cpu,
    seen,
    shift,
)

NOISE = {"float16": 0.02, "int8": 0.35}
"""Maximum change of the heatmaps by precision: root mean square, relative to that of the original heatmaps."""
SHIFTS = {"float16": 0.5, "int8": 12.0}
"""Maximum 95th percentile of the shift of unambiguous keypoints, in input pixels (a heatmap cell has 4)."""
FUSED_SHIFT = 0.01
"""Maximum 95th percentile of the shift of visible keypoints between decoding in the graph and in the app, in pixels."""


@dataclass(frozen=True, slots=True)
class Form:
    """The form of the ONNX file.

    Attributes:
        half: FP16 weights and arithmetic.
        images: Folder of pictures to calibrate INT8 on; None for no INT8.
        fused: The graph takes uint8 crops and returns keypoints.
        opset: ONNX operator set.

    Raises:
        StanceError: FP16 and INT8 together, or an operator set that cannot be written.
    """

    half: bool = False
    images: Path | None = None
    fused: bool = False
    opset: int = OPSET

    def __post_init__(self) -> None:
        if self.half and self.images:
            raise StanceError("FP16 and INT8 cannot be combined: wanted --half or --int8.")
        if self.opset not in OPSETS:
            raise StanceError(
                "Opset {opset} is not supported: wanted {first} to {last}.",
                opset=self.opset,
                first=OPSETS.start,
                last=OPSETS.stop - 1,
            )

    @property
    def precision(self) -> Literal["float32", "float16", "int8"]:
        """The precision as the model card names it."""
        return "float16" if self.half else "int8" if self.images else "float32"


def convert(
    path: Path, target: Path, options: ConvertOptions, form: Form, say: Say, entry: Entry | None = None
) -> PoseCard | TemporalCard | BottomUpCard:
    """Convert the network in checkpoint ``path`` to ``target`` and return its card.

    Args:
        path: The checkpoint.
        target: The ONNX file to write; unchanged if the conversion fails.
        options: Facts given by the user.
        form: Precision, fusion and operator set.
        say: Called with one line of text per step.
        entry: The checkpoint's catalogue entry, if it is known already.

    Raises:
        StanceError: The file is not a checkpoint, holds no supported network, cannot be written in this form, or the
            converted outputs differ.
    """
    check_target(target)
    checkpoint = read_checkpoint(path, options.weights)
    found = infer_architecture(checkpoint.shapes, path.name)
    facts = resolve_options(checkpoint, found, options, entry)
    if found.plan.task == "temporal":
        check_temporal_form(facts.card.name, form.fused, form.images is not None)
    elif found.plan.task == "bottom-up":
        check_form(facts.card.name, form.fused, form.images is not None)
    elif form.fused:
        fusible(facts.card)
    metadata: dict[str, str] = {}
    if options.rescore:
        facts = replace(facts, card=with_rescoring(facts.card, facts.card.name))
        metadata[RESCORING_KEY] = read_network(options.rescore).to_text()
    if form.opset < found.plan.min_opset:
        raise StanceError(
            "{file} is {name}, which has operators that opset {opset} lacks: wanted --opset {first} or newer.",
            file=path.name,
            name=found.plan.name,
            opset=form.opset,
            first=found.plan.min_opset,
        )
    say(
        Message(
            "{file}: {name}, {count} maps, weights as in {dialect}",
            file=path.name,
            name=found.plan.name,
            count=found.plan.maps,
            dialect=_dialect_name(found.dialect),
        )
    )
    for line in (*_weight_notes(checkpoint, found), *facts.described()):
        say(Message("  {note}", note=line))
    if options.rescore:
        say(Message("Scores are rescored by the network in {file}", file=options.rescore.name))
    network = found.plan.exported(load(checkpoint.state, found, path.name, **facts.choices))
    outputs = found.plan.outputs
    large = is_large(network, form.half, path.name)
    card: PoseCard | TemporalCard | BottomUpCard = facts.card
    if isinstance(card, BottomUpCard):
        card = _write_bottom_up(network, outputs, card, target, form, say, metadata)
    elif found.plan.task == "temporal":
        card = _write_temporal(network, facts.card, target, form, say)
    elif large:
        card = _write_large(network, outputs, facts.card, target, form, say)
    else:
        card = _write_top_down(network, outputs, facts.card, target, form, say)
    say(Message("{path}: {size:.1f} MB, checked", path=target, size=target.stat().st_size / 1e6))
    return card


def _write_top_down(
    network: nn.Module, outputs: Sequence[str], card: PoseCard, target: Path, form: Form, say: Say
) -> PoseCard:
    crops, what = check_crops(card)
    inputs = inputs_of(card, crops)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        model = trace(network, torch.from_numpy(inputs[0]), "image", outputs, form.opset)
        onnx.save(model, plain)
        say(Message("Written as ONNX, opset {opset}; comparing", opset=form.opset))
        worst = largest_difference(network, plain, inputs)
        say(describe_difference(worst, what))
        if form.precision != "float32" or form.fused:
            model, card = _in_form(model, card, form, plain, crops, say)
        write(model, card, target)
    return card


def _write_large(
    network: nn.Module, outputs: Sequence[str], card: PoseCard, target: Path, form: Form, say: Say
) -> PoseCard:
    """Write a network in FP16 at once, as its float32 weights do not fit into an ONNX file."""
    if form.fused:
        raise StanceError("{name} is too large to be fused: wanted no --fused.", name=card.name)
    crops, _ = check_crops(card)
    inputs = normalize(crops, card.picture)
    before = original_outputs(network, inputs)
    with tempfile.TemporaryDirectory() as folder:
        half = Path(folder) / "half.onnx"
        model = trace(InHalf(network), torch.from_numpy(inputs[:1]), "image", outputs, form.opset)
        onnx.save(model, half)
        say(Message("Written as ONNX, opset {opset}; comparing", opset=form.opset))
        _check_quantized(card, before, answers(half, card, crops), form, say)
    card = msgspec.structs.replace(card, provenance=_provenance(card, form))
    write(model, card, target)
    return card


def _write_temporal(network: nn.Module, card: PoseCard, target: Path, form: Form, say: Say) -> TemporalCard:
    """Write a network that takes crops of three frames; ``card`` is that of one for single crops."""
    crops, what = check_crops(card)
    inputs = in_three_frames(inputs_of(card, crops))
    model = _checked(network, inputs, what, ["heatmaps"], form, say)
    result = temporal_card(msgspec.structs.replace(card, provenance=_provenance(card, form)))
    write(model, result, target)
    return result


def _write_bottom_up(
    network: nn.Module,
    outputs: Sequence[str],
    card: BottomUpCard,
    target: Path,
    form: Form,
    say: Say,
    metadata: Mapping[str, str],
) -> BottomUpCard:
    """Write a network that takes whole pictures of any size, with more ``metadata`` than the card."""
    inputs, what = check_inputs(card)
    model = _checked(network, inputs, what, outputs, form, say, any_size=True)
    card = msgspec.structs.replace(card, provenance=_provenance(card, form))
    write(model, card, target, metadata)
    return card


def _checked(
    network: nn.Module,
    inputs: list[Floats],
    what: str,
    outputs: Sequence[str],
    form: Form,
    say: Say,
    any_size: bool = False,
) -> onnx.ModelProto:
    """The graph of ``network`` after a comparison on ``inputs``, which ``what`` describes; in FP16 if wanted."""
    with tempfile.TemporaryDirectory() as folder:
        plain, half = (Path(folder) / name for name in ("plain.onnx", "half.onnx"))
        model = trace(network, torch.from_numpy(inputs[-1]), "image", outputs, form.opset, any_size)
        onnx.save(model, plain)
        say(Message("Written as ONNX, opset {opset}; comparing", opset=form.opset))
        worst = largest_difference(network, plain, inputs)
        say(describe_difference(worst, what, sorted({len(batch) for batch in inputs})))
        if form.half:
            model = to_fp16(model)
            onnx.save(model, half)
            before, after = (open_on_cpu(path, inputs[0].shape).run(inputs[:1]) for path in (plain, half))
            changed = noise(before, after)
            say(Message("Heatmaps change by {changed:.3f} of their magnitude", changed=changed))
            check_noise(changed, NOISE[form.precision])
    return model


def _in_form(
    model: onnx.ModelProto, card: PoseCard, form: Form, plain: Path, crops: Image, say: Say
) -> tuple[onnx.ModelProto, PoseCard]:
    """The model in the wanted ``form`` and its card; its keypoints are compared with those of the ``plain`` file."""
    quantized = plain.with_name("lighter.onnx")
    maps: Arrays = answers(plain, card, crops)
    if form.precision != "float32":
        if form.images:
            calibration = folder_crops(form.images, card)
            say(Message("Calibrating INT8 on {count} people from {folder}", count=len(calibration), folder=form.images))
            fed: Floats = normalize(calibration, card.picture)
            model = to_int8(model, fed)
        else:
            model = to_fp16(model)
        onnx.save(model, quantized)
        maps = _check_quantized(card, maps, answers(quantized, card, crops), form, say)
    other = msgspec.structs.replace(card, provenance=_provenance(card, form))
    if form.fused:
        model, other = fuse(model, other)
        onnx.save(model, quantized)
        shifted = shift(card, maps, other, answers(quantized, other, crops), seen(card, maps))
        say(Message("Fusing moves keypoints by: {distances}", distances=shifted.describe()))
        if not shifted.p95 <= FUSED_SHIFT:
            raise StanceError(
                "The fused model moves keypoints too far ({shifted}): wanted 95 % of them within {fused_shift}; it "
                "was not kept.",
                shifted=shifted.describe(),
                fused_shift=FUSED_SHIFT,
            )
    return model, other


def _check_quantized(card: PoseCard, before: Arrays, after: Arrays, form: Form, say: Say) -> Arrays:
    """Returns the outputs ``after`` of the quantized network; raises StanceError if they differ too much."""
    changed = noise(before, after)
    shifted = shift(card, before, card, after, certain(card, before))
    say(Message("Heatmaps change by {changed:.3f} of their magnitude", changed=changed))
    moved = shift(card, before, card, after, seen(card, before))
    say(Message("Keypoints move by: {distances}", distances=moved.describe()))
    say(Message("Keypoints with a clear peak move by: {distances}", distances=shifted.describe()))
    if not (changed <= NOISE[form.precision] and shifted.p95 <= SHIFTS[form.precision]):
        raise StanceError(
            "The converted model differs too much: its heatmaps change by {changed:.3f} of their magnitude, "
            "keypoints by {shifted}; wanted at most {most}, and 95 % within {shift}; it was not kept.",
            changed=changed,
            shifted=shifted.describe(),
            most=NOISE[form.precision],
            shift=SHIFTS[form.precision],
        )
    return after


def _provenance(card: PoseCard | BottomUpCard, form: Form) -> Provenance:
    """The card's provenance; the published AP is kept for FP16, which does not change it, and dropped for INT8."""
    provenance = msgspec.structs.replace(card.provenance, precision=form.precision)
    return msgspec.structs.replace(provenance, ap=None, ap_setting="") if form.images else provenance


def _weight_notes(checkpoint: Checkpoint, found: Architecture) -> list[Message]:
    """Lines on where the weights were found, the prefix removed from their names, and what was set aside."""
    rows = ((Message("weights taken from"), checkpoint.place), (Message("taken off the names"), found.prefix))
    notes = [Message("{what}: {details}", what=what, details=value) for what, value in rows if value]
    return notes + [Message("set aside, {what}", what=what) for what in checkpoint.aside]


def _dialect_name(dialect: str) -> str:
    return {"original": Message("the authors' code"), "mmpose 0.x": "MMPose 0.x", "mmpose 1.x": "MMPose 1.x"}[dialect]

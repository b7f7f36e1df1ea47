"""``python -m export.untrained FOLDER``: published architectures with random weights, for measurements of speed.

The speed of a network does not depend on its weights. Each is written in four forms: float32 and FP16, as heatmaps and
fused. Models given as ``--half MODEL.onnx`` are written once more in FP16.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import onnx
import torch

from app.core.errors import StanceError
from app.inference.model_card import IMAGENET_MEAN, IMAGENET_STD, Heatmap, InputSpec, PoseCard, Provenance
from export.fuse import fuse
from export.info import card_of
from export.onnx_file import write
from export.plans import hrnet, simple_baseline
from export.plans.plan import Plan
from export.quantize import to_fp16
from export.trace import trace

SIZE = (192, 256)
"""Width and height of the crops, in pixels."""
HALF = "-fp16"
"""What the name of an FP16 file ends in."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the networks that ``arguments`` (default: the process's own) name; prints each path, returns 0 or 2."""
    parser = argparse.ArgumentParser(prog="python -m export.untrained", description=__doc__, allow_abbrev=False)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", default=sorted(PLANS), metavar="NAME", help=f"{', '.join(sorted(PLANS))}")
    parser.add_argument("--half", type=Path, action="append", default=[], metavar="MODEL.onnx")
    wanted = parser.parse_args(arguments)
    if unknown := [name for name in wanted.names if name not in PLANS]:
        parser.error(f"unknown network {unknown[0]!r}: wanted one of {', '.join(sorted(PLANS))}")
    try:
        for path in (*_write_forms(wanted.folder, wanted.names), *_write_halves(wanted.folder, wanted.half)):
            sys.stdout.write(f"{path}\n")
    except StanceError as error:
        parser.error(str(error))
    return 0


PLANS: dict[str, Plan] = {
    "hrnet_w32": hrnet.hrnet(32),
    "hrnet_w48": hrnet.hrnet(48),
    "simplebaseline_r50": simple_baseline.KIND.typical,
}
"""The architectures by name."""


def _write_forms(folder: Path, names: Sequence[str]) -> Iterator[Path]:
    for name in names:
        plan = PLANS[name]
        torch.manual_seed(0)
        network = plan.build().eval().requires_grad_(requires_grad=False)
        card = PoseCard(
            name=name,
            picture=InputSpec(size=SIZE, mean=IMAGENET_MEAN, std=IMAGENET_STD),
            codec=Heatmap(),
            skeleton="coco17",
            provenance=Provenance(network=plan.name, source="random weights"),
        )
        model = trace(network, torch.zeros(1, 3, SIZE[1], SIZE[0]), "image", "heatmaps")
        for form, (written, written_card) in {"": (model, card), "-fused": fuse(model, card)}.items():
            yield _write(written, written_card, folder / f"{name}{form}.onnx")
            # Fusing after the conversion keeps the coordinates in float32.
            half, half_card = (to_fp16(model), card) if not form else fuse(to_fp16(model), card)
            yield _write(half, _in_half(half_card), folder / f"{name}{form}{HALF}.onnx")


def _write_halves(folder: Path, models: Sequence[Path]) -> Iterator[Path]:
    for path in models:
        card = card_of(path)
        if not isinstance(card, PoseCard):
            raise StanceError("{file} is not a pose model: wanted a top-down network.", file=path.name)
        yield _write(to_fp16(onnx.load(path)), _in_half(card), folder / f"{path.stem}{HALF}.onnx")


def _in_half(card: PoseCard) -> PoseCard:
    return msgspec.structs.replace(card, provenance=msgspec.structs.replace(card.provenance, precision="float16"))


def _write(model: onnx.ModelProto, card: PoseCard, path: Path) -> Path:
    write(model, card, path)
    return path


if __name__ == "__main__":
    raise SystemExit(main())

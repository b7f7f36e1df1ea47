"""``python -m app.bench --gpu-report``: pose networks and the whole pipeline on every device, as Markdown tables.

Written to be run once on a machine with a graphics card. Published architectures are made with random weights by the
exporter, in a process of its own (see ``export.untrained``), because the app never imports torch.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from app.bench.batches import CPU, CUDA, CUDA_GRAPH, CUDA_ON_CARD, PEOPLE, TENSORRT, TENSORRT_FP16, Way, measure_network
from app.bench.measure import Report, Wanted, measure_passes
from app.core.errors import StanceError
from app.core.message import foreign
from app.core.settings import DEVICES, Device
from app.inference.devices import unavailable_reason
from app.inference.session import VERSION
from app.zoo.fetch import locate

ROOT = Path(__file__).resolve().parent.parent.parent
UNTRAINED = (sys.executable, "-m", "export.untrained")
CARD_QUERY = ("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader")
TRAINED = "rtmpose-s"
"""The network of the report that is fetched, with its real weights."""

WAYS: dict[str, tuple[Way, ...]] = {
    "": (CPU, CUDA, CUDA_ON_CARD, CUDA_GRAPH, TENSORRT, TENSORRT_FP16),
    "-fp16": (CUDA, CUDA_ON_CARD, CUDA_GRAPH),
    "-fused": (CUDA, CUDA_GRAPH, TENSORRT_FP16),
    "-fused-fp16": (CUDA, CUDA_GRAPH),
}
"""The ways that each form of a network is measured in. TensorRT makes FP16 from float32 itself, and an engine takes
minutes to build, so it gets one file of each."""

PIPELINE_FORMS = ("", "-fused-fp16")
"""The forms that the whole pipeline runs with; the second on cards only, as it is slow on CPUs."""


def report(wanted: Wanted, names: Sequence[str], status: Report, people: Sequence[int] = PEOPLE) -> Iterator[str]:
    """Yield the report's lines as they are measured, so that a run that is ended early has given what it measured.

    Args:
        wanted: Clip, device ("auto": all that run), frames and repeats of the pipeline's passes.
        names: Networks of ``export.untrained``, besides ``TRAINED``.
        status: Called with a status line.
        people: Batch sizes.

    Raises:
        StanceError: A network cannot be made or measured, or the requested device does not run.
    """
    device = wanted.settings.device
    if device != "auto" and (reason := unavailable_reason(device)):
        raise StanceError("The device {device!r} is not available: {reason}.", device=device, reason=reason)
    yield f"{machine()}. ONNX Runtime {VERSION}."
    with tempfile.TemporaryDirectory(prefix="stance-bench-") as folder:
        status("making the networks")
        files = [locate(TRAINED), *_make_networks(Path(folder), names)]
        yield from _networks_table(files, device, people, status)
        yield from _pipeline_table(wanted, [path for path in files if _form(path) in PIPELINE_FORMS], status)


def machine() -> str:
    """Name and driver of the graphics cards, and the number of processor cores."""
    cores = f"{len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} processor cores"
    try:
        done = subprocess.run(CARD_QUERY, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return f"No NVIDIA card, {cores}"
    cards = [" with driver ".join(part.strip() for part in line.split(",")) for line in done.stdout.splitlines()]
    return ", ".join([*cards, cores])


def _make_networks(folder: Path, names: Sequence[str]) -> list[Path]:
    command = [*UNTRAINED, str(folder), *names, "--half", str(locate(TRAINED))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        reason = (done.stderr.strip() or done.stdout.strip()).rpartition("\n")[2]
        raise StanceError("The networks could not be made: {reason}.", reason=foreign(reason.rstrip(".")))
    return [Path(line) for line in done.stdout.splitlines()]


def _networks_table(files: Sequence[Path], device: Device, people: Sequence[int], status: Report) -> Iterator[str]:
    """Milliseconds of one run of each network alone, by way and batch size; then what does not run, and why."""
    yield from _heading("network", "run by", *(f"{count} at once, ms" for count in people))
    reasons: dict[str, str] = {}
    for path in files:
        status(f"measuring {path.name}")
        ways = [CPU] if device == "cpu" else [way for way in WAYS[_form(path)] if device in ("auto", way.device)]
        for row in measure_network(path, ways, people):
            if row["reason"]:
                reasons.setdefault(row["way"], row["reason"])
            if row["ms"]:
                times = (f"{row['ms'][count]:.2f}" if count in row["ms"] else "" for count in people)
                yield _row(path.stem, row["way"], *times)
    for way, reason in reasons.items():
        yield f"\nNot everywhere by {way}: {reason}"


def _pipeline_table(wanted: Wanted, files: Sequence[Path], status: Report) -> Iterator[str]:
    """The whole pipeline on the clip, with each network on each device."""
    chosen = wanted.settings.device
    known = [one for one in DEVICES if one != "auto" and chosen in ("auto", one) and not unavailable_reason(one)]
    yield from _heading("network", "device", "frames per second", "overhead", "busy cores, %")
    for path in files:
        for device in [one for one in known if one != "cpu" or not _form(path)]:
            status(f"running the pipeline with {path.name} on {device}")
            settings = replace(wanted.settings, pose=str(path), device=device)
            figures = measure_passes(replace(wanted, settings=settings), status)
            yield _row(
                path.stem, device, f"{figures['fps']:.1f}", f"{figures['overhead']:.2f}", f"{figures['busy']:.0%}"
            )


def _form(path: Path) -> str:
    """The form of the network as its file name says it: a key of ``WAYS``."""
    return next((form for form in sorted(WAYS, key=len, reverse=True) if path.stem.endswith(form)), "")


def _heading(*titles: str) -> Iterator[str]:
    yield ""
    yield _row(*titles)
    yield _row(*["---"] * len(titles))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"

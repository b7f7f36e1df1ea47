"""Measures a pose network alone by batch size, in each way that the available devices can run it.

On a GPU the data can be copied for each run or stay on the device, a CUDA graph can replay the launches of a run, and
TensorRT can build its own engine. The difference between two ways shows the cost of what one of them saves: the first
two ways on a GPU differ by the copies to the device and back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.settings import Device
from app.inference.devices import unavailable_reason
from app.inference.io_binding import IoBinding
from app.inference.onnx_model import OnnxModel, open_network
from app.pose.crop import to_input
from app.pose.infer_card import pose_card
from app.pose.top_down import CROP_DTYPES
from app.zoo.fetch import locate

PEOPLE = (1, 2, 4, 8, 16)
"""Batch sizes."""
ROUNDS, RUNS = 5, 4
"""Rounds through all ways, and runs in sequence per way and round."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way of running a network: device, ONNX Runtime options, and whether its data stays on the device.

    A CUDA graph ``replays`` the launches of its first run, so that each batch size needs a session of its own.
    """

    title: str
    device: Device
    stays: bool = False
    replays: bool = False
    options: Mapping[str, str] = field(default_factory=dict)


CPU = Way("CPU", "cpu")
CUDA = Way("CUDA", "cuda")
CUDA_ON_CARD = Way("CUDA, data on the GPU", "cuda", stays=True)
CUDA_GRAPH = Way("CUDA graph, data on the GPU", "cuda", stays=True, replays=True, options={"enable_cuda_graph": "1"})
TENSORRT = Way("TensorRT", "tensorrt")
TENSORRT_FP16 = Way("TensorRT in FP16", "tensorrt", options={"trt_fp16_enable": "1"})
WAYS = (CPU, CUDA, CUDA_ON_CARD, CUDA_GRAPH, TENSORRT, TENSORRT_FP16)

Run = Callable[[], object]


def measure_batches(
    names: Sequence[str], device: Device = "auto", people: Sequence[int] = PEOPLE
) -> list[dict[str, Any]]:
    """Measure the pose networks ``names`` (catalogue names or files) in each of ``WAYS`` that uses ``device``.

    Returns the rows of ``measure_network``, network by network. Raises StanceError if a file is not a pose network.
    """
    ways = [way for way in WAYS if device in ("auto", way.device)]
    return [row for name in names for row in measure_network(locate(name), ways, people)]


def measure_network(path: Path, ways: Sequence[Way], people: Sequence[int] = PEOPLE) -> list[dict[str, Any]]:
    """Measure the pose network in ``path`` in each of ``ways``, all of them in turn with each number of ``people``.

    Returns one row per way: ``network``, ``way``, ``ms`` (median milliseconds by number of people), and the ``reason``
    if it does not run. Raises StanceError if the file is not a pose network that the CPU runs.
    """
    rows: list[dict[str, Any]] = [
        {"network": path.name, "way": way.title, "ms": {}, "reason": unavailable_reason(way.device)} for way in ways
    ]
    name, batches = _noise_batches(path, people)
    opened: dict[int, OnnxModel] = {}
    for count in people:
        runs: dict[int, Run] = {}
        for number, (way, row) in enumerate(zip(ways, rows, strict=True)):
            if row["reason"]:
                continue
            try:
                if way.replays or number not in opened:
                    opened[number] = _open(path, way, name, batches, count)
                runs[number] = _runner(opened[number], way, batches[count])
            except StanceError as error:
                if way.device == "cpu":
                    raise
                row["reason"] = str(error)
        times_ms: dict[int, list[float]] = {number: [] for number in runs}
        for _ in range(ROUNDS):
            for number, run in runs.items():
                times_ms[number] += _run_times_ms(run)
        for number, values in times_ms.items():
            rows[number]["ms"][count] = float(np.median(values))
    return rows


def _noise_batches(path: Path, people: Sequence[int]) -> tuple[str, dict[int, NDArray[Any]]]:
    """Name of the network's input, and crops of noise for it, one batch for each number of ``people``."""
    batches: dict[int, NDArray[Any]] = {}

    def sample(network: OnnxModel) -> Sequence[NDArray[Any]]:
        batches.update({count: _crops(network, count) for count in people})
        return [batches[min(people)]]

    return open_network(path, "cpu", sample).inputs[0].name, batches


def _open(path: Path, way: Way, name: str, batches: Mapping[int, NDArray[Any]], count: int) -> OnnxModel:
    """The network in ``path`` with the input ``name``, warm with ``count`` people.

    Raises StanceError if it does not run this way.
    """
    options = dict(way.options)
    if way.device == "tensorrt":
        # One engine for all batch sizes: without a profile, TensorRT builds another one for each larger batch.
        for which, size in (("min", min(batches)), ("opt", max(batches)), ("max", max(batches))):
            shape = "x".join(str(side) for side in batches[size].shape)
            options[f"trt_profile_{which}_shapes"] = f"{name}:{shape}"
    return open_network(path, way.device, lambda _: [batches[count]], options=options)


def _runner(network: OnnxModel, way: Way, crops: NDArray[Any]) -> Run:
    """A function that runs the ``network`` on ``crops``; it has run once, as a CUDA graph is recorded in that run."""
    run: Run = IoBinding(network, [crops]).run if way.stays else lambda: network.run([crops])
    run()
    return run


def _crops(network: OnnxModel, count: int) -> NDArray[Any]:
    """``count`` crops of noise as the network's input."""
    picture = pose_card(network).picture
    fixed = network.inputs[0].shape[0]
    if fixed not in (None, count):
        raise StanceError(
            "{file} takes batches of {fixed} only: wanted a model with variable batch size.",
            file=network.path.name,
            fixed=fixed,
        )
    width, height = picture.size
    noise = np.random.default_rng(count).integers(0, 256, (count, height, width, 3), np.uint8)
    return to_input(noise, picture).astype(CROP_DTYPES[network.inputs[0].type], copy=False)


def _run_times_ms(run: Callable[[], object]) -> list[float]:
    """Durations of ``RUNS`` runs, in milliseconds."""
    times_ms = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        times_ms.append((time.perf_counter() - start) * 1000)
    return times_ms

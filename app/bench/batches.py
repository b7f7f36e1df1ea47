"""A pose network alone, with so many people in one batch, in each way in which the devices here can run it.

On a card the crops may come and go with every run or stay there, a CUDA graph may replay what a run launches, and
TensorRT may build an engine of its own. What a way gains on the one before it tells what that costs: the first two
of a card differ by what is carried there and back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import StanceError
from app.estimate.crop import feed
from app.estimate.estimator import FED
from app.estimate.recognise import pose_card
from app.runtime import Bound, Network, open_network, why_not
from app.settings import Device
from app.zoo.fetch import locate

PEOPLE = (1, 2, 4, 8, 16)
ROUNDS, RUNS = 5, 4
"""Each way runs so many times in a row, and that in so many rounds through all of them."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a network is run: ``stays`` keeps its data on the device."""

    title: str
    device: Device
    stays: bool = False
    options: Mapping[str, str] = field(default_factory=dict)


WAYS = (
    Way("CPU", "cpu"),
    Way("CUDA", "cuda"),
    Way("CUDA, data on the card", "cuda", True),
    Way("CUDA graph, data on the card", "cuda", True, {"enable_cuda_graph": "1"}),
    Way("TensorRT", "tensorrt"),
    Way("TensorRT in FP16", "tensorrt", options={"trt_fp16_enable": "1"}),
)


def measure_batches(
    names: Sequence[str], device: Device = "auto", people: Sequence[int] = PEOPLE
) -> list[dict[str, Any]]:
    """A row for each of the pose networks ``names`` (of the catalogue, or files) and each of ``WAYS`` of ``device``.

    A row has ``network``, ``way``, ``ms`` by the number of ``people`` (median), and the ``reason`` where it does not
    run. Raises StanceError for what is no pose network.
    """
    ways = [way for way in WAYS if device in ("auto", way.device)]
    return [row for name in names for row in _of(locate(name), ways, people)]


def _of(path: Path, ways: Sequence[Way], people: Sequence[int]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"network": path.name, "way": way.title, "ms": {}, "reason": why_not(way.device)} for way in ways
    ]
    for count in people:
        times: dict[int, list[float]] = {}
        running = {number: _opened(path, way, count, rows[number]) for number, way in enumerate(ways)}
        for _ in range(ROUNDS):
            for number, run in running.items():
                if run is not None:
                    times.setdefault(number, []).extend(_timed(run))
        for number, taken in times.items():
            rows[number]["ms"][count] = float(np.median(taken))
    return rows


def _opened(path: Path, way: Way, count: int, row: dict[str, Any]) -> Callable[[], object] | None:
    """What runs the network for ``count`` people, warm; None where that does not go, and ``row`` has the reason."""
    if row["reason"]:
        return None
    crops: list[NDArray[Any]] = []

    def sample(network: Network) -> Sequence[NDArray[Any]]:
        crops[:] = [_crops(network, count)]
        return crops

    try:
        network = open_network(path, way.device, sample, options=way.options)
        run = Bound(network, crops).run if way.stays else lambda: network.run(crops)
        run()  # a CUDA graph is recorded now
    except StanceError as error:
        if way.device == "cpu":
            raise
        row["reason"] = str(error)
        return None
    return run


def _crops(network: Network, count: int) -> NDArray[Any]:
    """``count`` crops of noise, as the network is fed."""
    picture = pose_card(network).picture
    fixed = network.inputs[0].shape[0]
    if fixed not in (None, count):
        raise StanceError(f"{network.path.name} takes batches of {fixed} only: wanted one that takes any.")
    width, height = picture.size
    noise = np.random.default_rng(count).integers(0, 256, (count, height, width, 3), np.uint8)
    return feed(noise, picture).astype(FED[network.inputs[0].type], copy=False)


def _timed(run: Callable[[], object]) -> list[float]:
    """The milliseconds of each of ``RUNS`` runs."""
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        taken.append((time.perf_counter() - start) * 1000)
    return taken

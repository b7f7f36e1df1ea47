"""Measures the bare networks: the inputs recorded in a pass, run again without the pipeline.

Each network runs alone on all its inputs in sequence, in a session with the thread settings that are fastest for it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.bench.network_owners import network_owners
from app.inference.onnx_model import OnnxModel, open_network
from app.inference.session import Threads
from app.pipeline import Pipeline

TRIALS, ROUNDS = 4, 3
"""Runs in sequence per setting, and rounds through all settings, in the search for the fastest one."""

Feeds = list[Sequence[NDArray[Any]]]
"""Inputs of successive runs; each is one array per network input."""


class Recording(OnnxModel):
    """A network that records copies of all its inputs in ``feeds``."""

    def __init__(self, network: OnnxModel) -> None:
        vars(self).update(vars(network))
        self.feeds: Feeds = []

    def run(self, arrays: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """Record the inputs and run; see ``OnnxModel.run``."""
        self.feeds.append([array.copy() for array in arrays])
        return super().run(arrays)


@contextmanager
def recorded(pipeline: Pipeline) -> Iterator[list[Recording]]:
    """Within this context the pipeline's networks, the pose network first, record their inputs."""
    holders = network_owners(pipeline)
    before = [holder.network for holder in holders]
    recordings = [Recording(network) for network in before]
    for holder, recording in zip(holders, recordings, strict=True):
        holder.network = recording
    try:
        yield recordings
    finally:
        for holder, network in zip(holders, before, strict=True):
            holder.network = network


class Bare:
    """The recorded inputs of one network, and a session of its own."""

    def __init__(self, recording: Recording) -> None:
        self.feeds = recording.feeds
        self.threads = _fastest_threads(recording)
        self._network = _open(recording, self.threads)

    def seconds(self) -> float:
        """Duration of all runs in sequence, in seconds."""
        self._network.run(self.feeds[0])
        start = time.perf_counter()
        for arrays in self.feeds:
            self._network.run(arrays)
        return time.perf_counter() - start


def _fastest_threads(recording: Recording) -> Threads:
    """The fastest thread settings for this network alone, on one of its inputs."""
    if recording.device != "cpu":
        return Threads()
    sample = recording.feeds[len(recording.feeds) // 2]
    cores = os.cpu_count() or 1
    choices = list(dict.fromkeys(Threads(count, spin) for count in (cores, 1) for spin in (False, True)))
    times: dict[Threads, list[float]] = {choice: [] for choice in choices}
    for choice in choices * ROUNDS:
        # A new session each time: spinning threads of another session would slow it down.
        network = _open(recording, choice)
        for _ in range(TRIALS):
            start = time.perf_counter()
            network.run(sample)
            times[choice].append(time.perf_counter() - start)
    return min(choices, key=lambda choice: float(np.median(times[choice])))


def _open(recording: Recording, threads: Threads) -> OnnxModel:
    return open_network(recording.path, recording.requested, lambda _: recording.feeds[0], threads)

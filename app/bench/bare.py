"""The bare networks: what a pass fed to them, run once more with nothing around it.

Each network runs by itself, all its inputs in a row, in a session with the settings that are fastest for it alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.detect.detector import Detector
from app.estimate.estimator import Estimator
from app.pipeline import Pipeline
from app.runtime import Network, Threads, open_network

TRIALS, ROUNDS = 4, 3
"""So many runs in a row and so many rounds through all settings tell which is the fastest."""

Feeds = list[Sequence[NDArray[Any]]]


class Recording(Network):
    """A network that remembers everything it is fed."""

    def __init__(self, network: Network) -> None:
        vars(self).update(vars(network))
        self.fed: Feeds = []

    def run(self, arrays: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """See ``Network``."""
        self.fed.append([array.copy() for array in arrays])
        return super().run(arrays)


@contextmanager
def recorded(pipeline: Pipeline) -> Iterator[list[Recording]]:
    """While this lasts the pipeline's networks, the pose network first, remember what they are fed."""
    holders: list[Estimator | Detector] = [pipeline.estimator]
    if isinstance(pipeline.detector, Detector):
        holders.append(pipeline.detector)
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
    """What was recorded of one network, and a session that does nothing else."""

    def __init__(self, recording: Recording) -> None:
        self.fed = recording.fed
        self.threads = _fastest(recording)
        self._network = _open(recording, self.threads)

    def seconds(self) -> float:
        """How long all the runs take, one after the other."""
        self._network.run(self.fed[0])
        start = time.perf_counter()
        for arrays in self.fed:
            self._network.run(arrays)
        return time.perf_counter() - start


def _fastest(recording: Recording) -> Threads:
    """The settings that are fastest for this network alone on one of its inputs."""
    if recording.device != "cpu":
        return Threads()
    sample = recording.fed[len(recording.fed) // 2]
    cores = os.cpu_count() or 1
    choices = list(dict.fromkeys(Threads(count, spin) for count in (cores, 1) for spin in (False, True)))
    times: dict[Threads, list[float]] = {choice: [] for choice in choices}
    for choice in choices * ROUNDS:
        # Opened anew each time: threads of another one that still spin would be in the way.
        network = _open(recording, choice)
        for _ in range(TRIALS):
            start = time.perf_counter()
            network.run(sample)
            times[choice].append(time.perf_counter() - start)
    return min(choices, key=lambda choice: float(np.median(times[choice])))


def _open(recording: Recording, threads: Threads) -> Network:
    return open_network(recording.path, recording.requested, lambda _: recording.fed[0], threads)

"""Processor time of the networks and of everything else."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from app.bench.cpu_clock import CpuClock
from app.core.settings import Settings
from app.inference.onnx_model import open_network
from app.inference.session import Threads
from app.pipeline import Pipeline, open_pipeline


def work(seconds: float) -> None:
    """Keep a core busy for ``seconds`` of processor time."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        np.linalg.norm(np.ones(1000))


def test_other_work_does_not_count_for_the_networks(pipeline: Pipeline) -> None:
    clock = CpuClock(lambda: pipeline)
    with clock.measured() as measured:
        work(0.2)
    assert measured[0].networks == 0
    assert measured[0].other >= 0.2


def test_runs_count_in_all_threads_that_call_them(pipeline: Pipeline) -> None:
    clock = CpuClock(lambda: pipeline)
    network = pipeline.pose_model.network
    crops = np.zeros((1, 3, 256, 192), np.float32)
    with clock.measured() as measured:
        callers = [threading.Thread(target=pipeline.pose_model.network.run, args=([crops],)) for _ in range(4)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
    with clock.measured() as one:
        pipeline.pose_model.network.run([crops])
    assert pipeline.pose_model.network is network
    assert measured[0].networks > 2 * one[0].networks > 0
    assert measured[0].networks <= measured[0].process


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the threads of a session have clocks on Linux only")
def test_threads_of_the_session_count(yolox_tiny: Path, rtmpose_s: Path) -> None:
    def opened() -> Pipeline:
        pipeline = open_pipeline(Settings(pose=str(rtmpose_s), detector=str(yolox_tiny), device="cpu"))
        several = open_network(rtmpose_s, "cpu", lambda _: [np.zeros((1, 3, 256, 192), np.float32)], Threads(2))
        pipeline.pose_model.network = several
        return pipeline

    clock = CpuClock(opened)
    crops = np.zeros((2, 3, 256, 192), np.float32)
    with clock.measured() as measured:
        for _ in range(5):
            clock.pipeline.pose_model.network.run([crops])
    assert clock.is_exact
    assert measured[0].networks == pytest.approx(measured[0].process, rel=0.15)

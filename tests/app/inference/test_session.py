"""Sessions: number and priority of their threads, and no telemetry."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.inference import session
from app.inference.devices import PROBE
from app.inference.onnx_model import open_network
from app.inference.session import Threads, shared_cpu_threads
from app.system.threads import STEP
from tests.app.inference.probe import sample
from tests.conftest import ROOT


@pytest.mark.parametrize(
    "program",
    [
        "from app.inference.devices import probe_devices; assert probe_devices()",
        "import app.inference, subprocess, sys\nsubprocess.check_call([sys.executable, '-c', 'import onnxruntime'])",
    ],
    ids=["this process", "child process"],
)
@pytest.mark.skipif(sys.platform == "win32", reason="on Windows the system itself collects telemetry")
def test_onnx_runtime_writes_no_telemetry_files(tmp_path: Path, program: str) -> None:
    """By default ONNX Runtime stores a machine id and telemetry in the user's cache folder when loaded."""
    bare = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    subprocess.run([sys.executable, "-B", "-c", program], cwd=ROOT, env=bare | {"HOME": str(tmp_path)}, check=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a priority per thread")
def test_all_threads_of_a_network_in_the_background_have_a_lower_priority() -> None:
    def niceness() -> dict[int, int]:
        return {int(thread): os.getpriority(os.PRIO_PROCESS, int(thread)) for thread in os.listdir("/proc/self/task")}

    before = niceness()
    front = open_network(PROBE, "cpu", sample, Threads(2))
    middle = niceness()
    back = open_network(PROBE, "cpu", sample, Threads(2, background=True))
    after = niceness()
    usual = before[threading.get_native_id()]
    assert {middle[thread] for thread in middle.keys() - before.keys()} == {usual}
    assert {after[thread] for thread in after.keys() - middle.keys()} == {usual + STEP}
    assert after[threading.get_native_id()] == usual
    del front, back


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(("cores", "pose", "detector"), [(1, 1, 0), (2, 1, 0), (4, 3, 3)])
def test_a_run_uses_one_thread_on_few_cores_and_a_batch_uses_two(
    monkeypatch: pytest.MonkeyPatch, cores: int, pose: int, detector: int
) -> None:
    """Besides the calling threads: one for the second half of a batch, none for a network that gets one image."""
    monkeypatch.setattr(session, "_core_count", lambda: cores)
    for background, wanted in ((False, pose), (True, detector)):
        before = set(os.listdir("/proc/self/task"))
        threads = shared_cpu_threads(background)
        # With more cores ONNX Runtime counts the cores itself; this machine may have fewer.
        network = open_network(PROBE, "cpu", sample, replace(threads, count=threads.count or cores))
        deadline = time.monotonic() + 5
        # The thread that opened the network in the background is listed for a moment after its end.
        while len(left := set(os.listdir("/proc/self/task")) - before) != wanted and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(left) == wanted
        del network

"""Devices: what runs is used, what does not is told, nothing changes in silence."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app import runtime
from app.errors import StanceError
from app.priority import STEP
from app.runtime import PROBE, Network, Threads, beside_others, open_network, probe_devices, why_not
from tests.conftest import ROOT


def sample(network: Network) -> list[np.ndarray]:
    return [np.ones((1, 3, 16, 16), np.float32)]


HAS_CUDA = not why_not("cuda")


def test_the_cpu_runs_and_gives_what_the_network_says() -> None:
    network = open_network(PROBE, "cpu", sample)
    assert network.device == "cpu"
    assert network.inputs[0].shape == (1, 3, 16, 16)
    (answer,) = network.run(sample(network))
    # Convolution, ReLU, mean and product, written out.
    weights = np.linspace(-1, 1, 8 * 3 * 3 * 3, dtype=np.float32).reshape(8, 3, 3, 3)
    padded = np.pad(np.ones((3, 16, 16), np.float32), ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    maps = np.maximum(np.einsum("kcij,cyxij->kyx", weights, windows), 0)
    wanted = maps.mean(axis=(1, 2)) @ np.linspace(-1, 1, 32, dtype=np.float32).reshape(8, 4)
    np.testing.assert_allclose(answer[0], wanted, rtol=1e-4)


def test_auto_takes_what_runs_and_keeps_why_better_ones_did_not() -> None:
    network = open_network(PROBE, "auto", sample)
    assert not why_not(network.device)
    better = [report for report in probe_devices() if report.provider in network.passed_over]
    assert all(report.reason == network.passed_over[report.provider] for report in better)
    if not HAS_CUDA:
        assert network.device == "cpu"
        assert network.passed_over["cuda"]


@pytest.mark.skipif(HAS_CUDA, reason="CUDA runs here")
def test_a_device_that_was_asked_for_and_does_not_run_is_an_error() -> None:
    with pytest.raises(StanceError, match=r"'cuda' does not run here: .+") as told:
        open_network(PROBE, "cuda", sample)
    # Where the provider is installed, the reason names the library that is missing.
    assert "lib" in str(told.value) or "built without" in str(told.value) or "driver" in str(told.value)


@pytest.mark.gpu
@pytest.mark.skipif(not HAS_CUDA, reason="no CUDA device that runs")
def test_cuda_gives_what_the_cpu_gives() -> None:
    cuda, cpu = (open_network(PROBE, device, sample) for device in ("cuda", "cpu"))
    assert cuda.device == "cuda"
    np.testing.assert_allclose(cuda.run(sample(cuda))[0], cpu.run(sample(cpu))[0], rtol=1e-3)


def test_every_device_is_reported_with_a_reason_or_without() -> None:
    reports = {report.provider: report for report in probe_devices()}
    assert reports["cpu"].runs
    assert all(report.runs == (report.reason == "") for report in reports.values())
    assert "cuda" in reports


def test_bad_files_are_told_in_one_sentence(tmp_path: Path) -> None:
    text, cut, empty = (tmp_path / name for name in ("text.onnx", "cut.onnx", "empty.onnx"))
    text.write_text("this is no network")
    cut.write_bytes(PROBE.read_bytes()[:700])
    empty.touch()
    for path in (text, cut, empty, tmp_path / "gone.onnx"):
        for device in ("auto", "cpu"):
            with pytest.raises(StanceError, match=path.name) as told:
                open_network(path, device, sample)
            assert "\n" not in str(told.value)


def test_a_wrong_input_is_told_and_does_not_change_the_device() -> None:
    network = open_network(PROBE, "cpu", sample)
    with pytest.raises(StanceError, match=r"probe\.onnx failed on cpu"):
        network.run([np.ones((1, 3, 8, 8), np.float32)])


@pytest.mark.parametrize(
    "program",
    [
        "from app.runtime import probe_devices; assert probe_devices()",
        "import app, subprocess, sys; subprocess.run([sys.executable, '-c', 'import onnxruntime'], check=True)",
    ],
    ids=["here", "in a child"],
)
@pytest.mark.skipif(sys.platform == "win32", reason="there it is the system that collects")
def test_onnx_runtime_keeps_no_number_of_this_machine_and_no_report_for_its_maker(tmp_path: Path, program: str) -> None:
    """Where it has not been told to report nothing, it lays both down in the person's cache as soon as it is loaded."""
    bare = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    subprocess.run([sys.executable, "-B", "-c", program], cwd=ROOT, env=bare | {"HOME": str(tmp_path)}, check=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.skipif(sys.platform != "linux", reason="niceness is a thread's own on Linux only")
def test_a_network_in_the_background_gives_way_with_all_its_threads() -> None:
    def niceness() -> dict[int, int]:
        return {int(thread): os.getpriority(os.PRIO_PROCESS, int(thread)) for thread in os.listdir("/proc/self/task")}

    before = niceness()
    front = open_network(PROBE, "cpu", sample, Threads(2))
    middle = niceness()
    back = open_network(PROBE, "cpu", sample, Threads(2, back=True))
    after = niceness()
    usual = before[threading.get_native_id()]
    assert {middle[thread] for thread in middle.keys() - before.keys()} == {usual}
    assert {after[thread] for thread in after.keys() - middle.keys()} == {usual + STEP}
    assert after[threading.get_native_id()] == usual
    del front, back


@pytest.mark.parametrize("people", [1, 2, 5])
def test_halves_of_a_batch_answer_what_the_whole_does(rtmpose_s: Path, people: int) -> None:
    crops = np.random.default_rng(5).normal(size=(people, 3, 256, 192)).astype(np.float32)
    whole, halves = (
        open_network(rtmpose_s, "cpu", lambda _: [crops], threads) for threads in (Threads(), Threads(1, halves=True))
    )
    for alone, together in zip(whole.run([crops]), halves.run([crops]), strict=True):
        np.testing.assert_array_equal(alone, together)


@pytest.mark.skipif(sys.platform != "linux", reason="the system lists a process's threads on Linux only")
@pytest.mark.parametrize(("cores", "pose", "detector"), [(1, 1, 0), (2, 1, 0), (4, 3, 3)])
def test_on_few_cores_a_run_has_one_thread_and_a_batch_two(
    monkeypatch: pytest.MonkeyPatch, cores: int, pose: int, detector: int
) -> None:
    """Beside the threads that ask: one more for the second half, none for a network that sees one picture."""
    monkeypatch.setattr(runtime, "_cores", lambda: cores)
    for back, wanted in ((False, pose), (True, detector)):
        before = set(os.listdir("/proc/self/task"))
        threads = beside_others(back)
        # Where there are more cores ONNX Runtime counts them itself, and this machine may have fewer.
        network = open_network(PROBE, "cpu", sample, replace(threads, count=threads.count or cores))
        deadline = time.monotonic() + 5
        # The thread that opens it in the background is listed for a moment after it has ended.
        while len(left := set(os.listdir("/proc/self/task")) - before) != wanted and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(left) == wanted
        del network

"""ONNX networks: a requested device runs or is refused with a reason, and ``auto`` keeps the reasons."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.core.errors import StanceError
from app.inference.devices import PROBE, probe_devices, unavailable_reason
from app.inference.onnx_model import open_network
from app.inference.session import Threads
from tests.app.inference.probe import HAS_CUDA, sample


def test_cpu_computes_the_outputs_of_the_network() -> None:
    network = open_network(PROBE, "cpu", sample)
    assert network.device == "cpu"
    assert network.inputs[0].shape == (1, 3, 16, 16)
    (output,) = network.run(sample(network))
    # Convolution, ReLU, mean and product, written out.
    weights = np.linspace(-1, 1, 8 * 3 * 3 * 3, dtype=np.float32).reshape(8, 3, 3, 3)
    padded = np.pad(np.ones((3, 16, 16), np.float32), ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    maps = np.maximum(np.einsum("kcij,cyxij->kyx", weights, windows), 0)
    wanted = maps.mean(axis=(1, 2)) @ np.linspace(-1, 1, 32, dtype=np.float32).reshape(8, 4)
    np.testing.assert_allclose(output[0], wanted, rtol=1e-4)


def test_auto_takes_the_best_device_that_runs_and_keeps_the_reasons_of_better_ones() -> None:
    network = open_network(PROBE, "auto", sample)
    assert not unavailable_reason(network.device)
    better = [report for report in probe_devices() if report.provider in network.skipped_devices]
    assert all(report.reason == network.skipped_devices[report.provider] for report in better)
    if not HAS_CUDA:
        assert network.device == "cpu"
        assert network.skipped_devices["cuda"]


@pytest.mark.skipif(HAS_CUDA, reason="CUDA runs here")
def test_a_requested_device_that_does_not_run_is_an_error() -> None:
    with pytest.raises(StanceError, match=r"'cuda' is not available: .+") as raised:
        open_network(PROBE, "cuda", sample)
    # Where the provider is installed, the reason names the library that is missing.
    assert "lib" in str(raised.value) or "built without" in str(raised.value) or "driver" in str(raised.value)


@pytest.mark.gpu
@pytest.mark.skipif(not HAS_CUDA, reason="no CUDA device that runs")
def test_cuda_and_cpu_give_the_same_outputs() -> None:
    cuda, cpu = (open_network(PROBE, device, sample) for device in ("cuda", "cpu"))
    assert cuda.device == "cuda"
    np.testing.assert_allclose(cuda.run(sample(cuda))[0], cpu.run(sample(cpu))[0], rtol=1e-3)


def test_unusable_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    text, cut, empty = (tmp_path / name for name in ("text.onnx", "cut.onnx", "empty.onnx"))
    text.write_text("this is no network")
    cut.write_bytes(PROBE.read_bytes()[:700])
    empty.touch()
    for path in (text, cut, empty, tmp_path / "gone.onnx"):
        for device in ("auto", "cpu"):
            with pytest.raises(StanceError, match=path.name) as raised:
                open_network(path, device, sample)
            assert "\n" not in str(raised.value)


def test_an_input_of_the_wrong_size_is_an_error_and_does_not_change_the_device() -> None:
    network = open_network(PROBE, "cpu", sample)
    with pytest.raises(StanceError, match=r"probe\.onnx failed on cpu"):
        network.run([np.ones((1, 3, 8, 8), np.float32)])


@pytest.mark.parametrize("people", [1, 2, 5])
def test_a_batch_in_two_halves_gives_the_outputs_of_the_whole_batch(rtmpose_s: Path, people: int) -> None:
    crops = np.random.default_rng(5).normal(size=(people, 3, 256, 192)).astype(np.float32)
    whole, halves = (
        open_network(rtmpose_s, "cpu", lambda _: [crops], threads)
        for threads in (Threads(), Threads(1, split_batch=True))
    )
    for alone, together in zip(whole.run([crops]), halves.run([crops]), strict=True):
        np.testing.assert_array_equal(alone, together)

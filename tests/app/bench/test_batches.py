"""A pose network by batch size in each way of running it, with reasons for ways that do not run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from app.bench import batches, tables
from app.bench.__main__ import main
from app.bench.batches import WAYS, measure_batches
from app.core.errors import StanceError
from app.inference.devices import PROBE, unavailable_reason
from app.inference.io_binding import IoBinding
from app.inference.onnx_model import open_network


@pytest.mark.slow
def test_larger_batches_take_longer_and_failures_have_reasons(rtmpose_s: Path) -> None:
    rows = measure_batches([str(rtmpose_s)], people=(1, 4))
    assert [row["way"] for row in rows] == [way.title for way in WAYS]
    for row, way in zip(rows, WAYS, strict=True):
        assert bool(row["reason"]) != bool(row["ms"])
        if unavailable_reason(way.device):
            assert row["reason"] == unavailable_reason(way.device)
    (cpu,) = [row for row in rows if row["way"] == "CPU"]
    assert 1.5 * cpu["ms"][1] < cpu["ms"][4] < 12 * cpu["ms"][1]
    text = tables.batches({"batches": rows})
    assert f"{1000 / cpu['ms'][4]:.2f}" in text
    assert all(row["reason"] in text for row in rows)


def test_command_prints_one_json_object(
    rtmpose_s: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "ROUNDS", 1)
    monkeypatch.setattr(batches, "RUNS", 1)
    assert main(["--pose", str(rtmpose_s), "--batches", "--device", "cpu", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["batches"]
    assert row["way"] == "CPU"
    assert sorted(row["ms"], key=int) == ["1", "2", "4", "8", "16"]


def test_other_networks_are_refused(yolox_tiny: Path) -> None:
    with pytest.raises(StanceError):
        measure_batches([str(yolox_tiny)], people=(1,))


def test_io_binding_gives_the_same_output() -> None:
    picture = np.random.default_rng(1).random((1, 3, 16, 16), np.float32)
    network = open_network(PROBE, "cpu", lambda _: [picture])
    bound = IoBinding(network, [picture])
    bound.run()
    np.testing.assert_array_equal(bound.outputs()[0], network.run([picture])[0])


@pytest.mark.gpu
def test_gpu_ways_run_on_a_gpu(rtmpose_s: Path) -> None:
    if unavailable_reason("cuda"):
        pytest.skip(f"no CUDA device: {unavailable_reason('cuda')}")
    rows = {row["way"]: row for row in measure_batches([str(rtmpose_s)], people=(1, 4))}
    for way in WAYS:
        if way.device == "cuda":
            assert not rows[way.title]["reason"]
            assert rows[way.title]["ms"][4] < rows["CPU"]["ms"][4]

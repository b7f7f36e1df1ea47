"""A pose network by people in a batch, in every way that runs here; the others say why they do not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from app.bench import batches, tables
from app.bench.__main__ import main
from app.bench.batches import WAYS, measure_batches
from app.errors import StanceError
from app.runtime import PROBE, Bound, open_network, why_not


def test_more_people_take_longer_and_what_does_not_run_has_its_reason(rtmpose_s: Path) -> None:
    rows = measure_batches([str(rtmpose_s)], people=(1, 4))
    assert [row["way"] for row in rows] == [way.title for way in WAYS]
    for row, way in zip(rows, WAYS, strict=True):
        assert bool(row["reason"]) != bool(row["ms"])
        if why_not(way.device):
            assert row["reason"] == why_not(way.device)
    (cpu,) = [row for row in rows if row["way"] == "CPU"]
    assert 1.5 * cpu["ms"][1] < cpu["ms"][4] < 12 * cpu["ms"][1]
    told = tables.batches({"batches": rows})
    assert f"{1000 / cpu['ms'][4]:.2f}" in told
    assert all(row["reason"] in told for row in rows)


def test_the_command_prints_one_object(
    rtmpose_s: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "ROUNDS", 1)
    monkeypatch.setattr(batches, "RUNS", 1)
    assert main(["--pose", str(rtmpose_s), "--batches", "--device", "cpu", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["batches"]
    assert row["way"] == "CPU"
    assert sorted(row["ms"], key=int) == ["1", "2", "4", "8", "16"]


def test_what_is_no_pose_network_is_refused(yolox_tiny: Path) -> None:
    with pytest.raises(StanceError):
        measure_batches([str(yolox_tiny)], people=(1,))


def test_data_that_stays_on_the_device_gives_the_same_answer() -> None:
    picture = np.random.default_rng(1).random((1, 3, 16, 16), np.float32)
    network = open_network(PROBE, "cpu", lambda _: [picture])
    bound = Bound(network, [picture])
    bound.run()
    np.testing.assert_array_equal(bound.outputs()[0], network.run([picture])[0])


@pytest.mark.gpu
def test_a_card_runs_in_its_own_ways(rtmpose_s: Path) -> None:
    if why_not("cuda"):
        pytest.skip(f"no CUDA device: {why_not('cuda')}")
    rows = {row["way"]: row for row in measure_batches([str(rtmpose_s)], people=(1, 4))}
    for way in WAYS:
        if way.device == "cuda":
            assert not rows[way.title]["reason"]
            assert rows[way.title]["ms"][4] < rows["CPU"]["ms"][4]

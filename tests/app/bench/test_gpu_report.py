"""The report of networks and pipeline on all devices, here on the CPU."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.bench import batches
from app.bench.__main__ import main
from app.inference.devices import unavailable_reason

QUICK = ["--frames", "4", "--repeats", "1"]


@pytest.mark.slow
def test_report_has_every_form_alone_and_the_pipeline(
    demo: Path, rtmpose_s: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "ROUNDS", 1)
    monkeypatch.setattr(batches, "RUNS", 1)
    assert main(["--gpu-report", "simplebaseline_r50", "--device", "cpu", *QUICK]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "processor core" in lines[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    alone = {row[0]: row for row in rows if row[1] == "CPU"}
    trained = rtmpose_s.stem
    forms = ["", "-fp16", "-fused", "-fused-fp16"]
    assert set(alone) == {trained, f"{trained}-fp16", *(f"simplebaseline_r50{form}" for form in forms)}
    for row in alone.values():
        assert 0 < float(row[2]) < float(row[-1])  # 1 and 16 people
    pipelines = {row[0]: row for row in rows if row[1] == "cpu"}
    assert set(pipelines) == {trained, "simplebaseline_r50"}
    assert all(float(row[2]) > 0 for row in pipelines.values())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--gpu-report", "alexnet", "--device", "cpu"], "alexnet"),
        (["--gpu-report", "--json"], "no --json"),
        (["--gpu-report", "--start"], "not allowed"),
    ],
)
def test_bad_arguments_get_one_sentence(
    arguments: list[str], wanted: str, rtmpose_s: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(arguments)
    except SystemExit as ended:
        code = int(str(ended.code))
    assert code == 2
    assert wanted in capsys.readouterr().err.splitlines()[-1]


def test_a_device_that_does_not_run_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    if not unavailable_reason("cuda"):
        pytest.skip("CUDA runs here")
    assert main(["--gpu-report", "--device", "cuda"]) == 2
    assert "cuda" in capsys.readouterr().err.splitlines()[-1]

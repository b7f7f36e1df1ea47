"""The command line, with tables and with JSON."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from app.bench import tables
from app.bench.__main__ import main

QUICK = ["--device", "cpu", "--frames", "6", "--repeats", "2", "--seconds", "0.5"]
STAGES = {"read", "detect", "crop", "pose", "decode", "track", "smooth", "draw", "show", "write"}


@pytest.mark.slow
def test_json_has_all_figures(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--source", str(demo), *QUICK, "--json"]) == 0
    figures: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert set(figures["stages_ms"]) == STAGES
    assert all(0 < known["median"] <= known["p95"] for known in figures["stages_ms"].values())
    assert figures["fps"] > 0
    assert figures["overhead_spread"]["least"] <= figures["overhead"] <= figures["overhead_spread"]["most"]
    assert 0 < figures["latency_ms"]["median"] <= figures["latency_ms"]["p95"]
    assert figures["provider"] == "cpu"
    assert figures["dropped"] >= 0
    assert figures["memory_mb"]["start"] > 50
    assert figures["memory_mb"]["minute"] is None
    assert figures["frames"] == 6
    assert 0 < figures["busy"] < 1.2  # not 1: six frames are hardly longer than the clocks' steps
    assert figures["cpu_ms"]["network"] > 0
    assert figures["cpu_ms"]["other"] > 0


@pytest.mark.slow
def test_output_as_tables(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--people", "2", *QUICK]) == 0
    output = capsys.readouterr().out
    for wanted in (
        "2 people: rtmpose-s",
        "overhead over the bare models",
        "2.0 people per frame",
        "from camera",
        "processor time a frame",
    ):
        assert wanted in output, output


@pytest.mark.slow
def test_cost_per_person(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--people", "1,3", *QUICK, "--json"]) == 0
    figures: dict[str, Any] = json.loads(capsys.readouterr().out)
    one, three = figures["by_people"]
    assert (one["people"], three["people"]) == (1, 3)
    assert figures["slope_ms"] == pytest.approx((1000 / three["fps"] - 1000 / one["fps"]) / 2)
    assert figures["other_slope_ms"] == pytest.approx((three["cpu_ms"]["other"] - one["cpu_ms"]["other"]) / 2)
    printed = tables.people(figures)
    assert f"{three['cpu_ms']['other']:.2f}" in printed
    assert f"each further person costs {figures['other_slope_ms']:.2f} ms" in printed
    for row in figures["by_people"]:  # a system whose threads have no clocks
        row["cpu_ms"] = None
    assert "processor time" not in tables.people(figures | {"other_slope_ms": None})


def test_whole_file_by_minute(tmp_path: Path, demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """80 seconds of video at one frame in four seconds."""
    path = tmp_path / "slow.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(1, 4))
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(20):
            image = np.full((240, 320, 3), number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    assert main(["--source", str(path), *QUICK, "--whole", "--json"]) == 0
    figures: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert figures["frames"] == 20
    assert len(figures["ms_by_minute"]) == len(figures["memory_by_minute_mb"]) == 2
    whole_ms = 15 * figures["ms_by_minute"][0] + 5 * figures["ms_by_minute"][1]
    assert whole_ms == pytest.approx(1000 * 20 / figures["fps"])


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--people", "some"], "some"),
        (["--people", "2", "--start"], "no --people"),
        (["--whole", "--start"], "not allowed"),
        (["--against", "rtmlib", "--start"], "not allowed"),
        (["--whole", "--frames", "0"], "0 frames"),
        (["--source", "nowhere.mp4"], "nowhere.mp4"),
        (["--people", "99"], "99 people"),
        (["--frames", "0"], "0 frames"),
        (["--seconds", "-1"], "-1"),
        (["--people", "2", "--source", "some.mp4"], "not allowed"),
        (["--against", "others"], "invalid choice"),
        (["--pose", "nothing"], "nothing"),
    ],
)
def test_bad_arguments_get_one_sentence(
    arguments: list[str], wanted: str, demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["--device", "cpu", *arguments])
    except SystemExit as ended:
        code = int(str(ended.code))
    output = capsys.readouterr()
    assert (code, output.out) == (2, "")
    assert wanted in output.err.splitlines()[-1]


def test_pictures_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(tmp_path / "one.png"), np.zeros((64, 64, 3), np.uint8))
    assert main(["--source", str(tmp_path / "one.png"), *QUICK]) == 2
    assert "wanted a video" in capsys.readouterr().err

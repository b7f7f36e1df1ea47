"""The simulated batch of many clips."""

from __future__ import annotations

import csv
from pathlib import Path

from tools.batch_scale import simulate


def test_every_clip_is_done_once_and_in_no_less_time_than_its_nodes_need(tmp_path: Path) -> None:
    figures = simulate(tmp_path, clips=230, nodes=10)
    with (tmp_path / "results" / "summary.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["clip"] for row in rows) == sorted(str(path) for path in tmp_path.glob("clips/*/*.mp4"))
    seconds = sum(float(row["seconds"]) for row in rows)
    assert figures.ideal_s >= seconds / 10
    assert 0.0 <= figures.overhead < 1.0

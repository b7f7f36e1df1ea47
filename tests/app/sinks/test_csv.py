from __future__ import annotations

import csv
from pathlib import Path

from app.sinks.csv import Csv
from tests.app.sinks.people import blank, header, person, poses


def test_one_row_a_person_a_frame(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    head = header()
    sink = Csv(path, head)
    for i, ids in enumerate([(1, 2), (), (2,)]):
        frame = blank(i, i / 10)
        sink.write(frame, poses(frame, *(person(one, head.skeleton) for one in ids)))
    sink.close()
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    told = [(row["frame"], row["time_s"], row["id"]) for row in rows]
    assert told == [("0", "0.0", "1"), ("0", "0.0", "2"), ("2", "0.2", "2")]
    assert list(rows[0])[:8] == ["frame", "time_s", "id", "score", "x0", "y0", "x1", "y1"]
    assert list(rows[0])[8:11] == ["nose_x", "nose_y", "nose_score"]
    assert len(rows[0]) == 8 + 3 * 17
    assert [float(rows[0][key]) for key in ("x0", "y0", "x1", "y1")] == [1, 2, 31, 42]
    assert [float(rows[0][f"right_ankle_{part}"]) for part in ("x", "y", "score")] == [160, 80, 0.9]

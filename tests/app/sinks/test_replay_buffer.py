"""What has just happened can still be saved."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from app.overlay import Look
from app.people import Frame, FramePoses
from app.sinks import Header, open_sinks
from app.sinks.ring import Ring
from app.skeleton import load_skeleton

FPS = 20


def filled(seconds: float, frames: int) -> Ring:
    ring = Ring(seconds)
    for index in range(frames):
        image = np.full((48, 64, 3), 2 * index, np.uint8)
        ring.write(Frame(index, index / FPS, image), FramePoses(index, index / FPS, ()))
    return ring


def test_the_last_seconds_are_kept_and_no_more() -> None:
    assert filled(2.0, 10).kept_s == 0.45
    assert filled(2.0, 100).kept_s == 2.0
    assert Ring(2.0).kept_s == 0.0


def test_they_become_a_film_and_lines_of_data(tmp_path: Path) -> None:
    ring = filled(2.0, 100)
    header = Header("0", (64, 48), FPS, load_skeleton("coco17"), "pose", "detector", "auto", "cpu")
    paths = [tmp_path / "last.mp4", tmp_path / "last.jsonl"]
    assert ring.pour(open_sinks(paths, header, Look())) == 41
    with av.open(str(paths[0])) as film:
        grey = [frame.to_ndarray(format="gray").mean() for frame in film.decode(video=0)]
    assert len(grey) == 41
    assert abs(grey[0] - 2 * 59) < 4
    assert abs(grey[-1] - 2 * 99) < 4
    lines = paths[1].read_text(encoding="utf-8").splitlines()
    assert '"frame":59' in lines[1]
    assert len(lines) == 42
    assert ring.kept_s == 2.0  # it can be saved once more

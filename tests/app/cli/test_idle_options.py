"""Options without an effect on the files of a run are named; those with one are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.cli.idle_in_window import idle_in_window
from app.cli.idle_options import idle_lines
from app.core.film_options import FilmOptions
from app.core.scale_options import ScaleOptions
from app.core.settings import RunOptions

HEIGHT = ScaleOptions(height_m=1.8)
ANGLES = ("right knee",)


@pytest.mark.parametrize(
    ("output", "options", "named"),
    [
        ("a.jsonl", {"scale": HEIGHT}, "--height has no effect without a file in meters"),
        ("a.jsonl", {"scale": HEIGHT, "events": True}, ""),
        ("a.trc", {"scale": HEIGHT}, ""),
        ("a.csv", {"events": True}, "--events has no effect without JSON lines"),
        ("a.jsonl", {"events": True}, ""),
        ("a.jsonl", {"angles": ANGLES}, "--angles has no effect without a film or picture."),
        ("a.mp4", {"angles": ANGLES}, ""),
        ("a.mp4", {"angles": ANGLES, "film": FilmOptions(overlay=False)}, "--angles has no effect with --no-overlay."),
        ("a.csv", {"privacy": "faces"}, "--privacy has no effect without a film, a picture or a report."),
        ("a.html", {"privacy": "faces", "language": "zh"}, ""),
        ("a.png", {"privacy": "skeleton"}, ""),
        ("a.csv", {"language": "zh"}, "--language has no effect without a report"),
        ("a.csv", {"cutoff_hz": 8.0}, "--cutoff has no effect without --smooth offline."),
        ("a.csv", {"cutoff_hz": 8.0, "smooth_offline": True}, ""),
    ],
)
def test_options_without_effect_are_named(output: str, options: dict[str, Any], named: str) -> None:
    lines = list(idle_lines(RunOptions("a.mp4", (Path(output),), **options)))
    assert len(lines) == bool(named)
    assert "".join(lines).startswith(named)


def test_smoothing_of_nothing_is_named() -> None:
    assert list(idle_lines(RunOptions("a.mp4", smooth_offline=True))) == [
        "--smooth offline has no effect without an output."
    ]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"smooth_offline": True, "cutoff_hz": 8.0}, "--smooth offline has no effect in the window"),
        ({"cutoff_hz": 8.0}, "--cutoff has no effect in the window"),
        ({"language": "zh"}, "--language has no effect in the window"),
        ({"privacy": "faces"}, ""),
    ],
)
def test_options_without_effect_in_the_window_are_named(options: dict[str, Any], named: str) -> None:
    lines = list(idle_in_window(RunOptions("a.mp4", **options)))
    assert len(lines) == bool(named)
    assert "".join(lines).startswith(named)

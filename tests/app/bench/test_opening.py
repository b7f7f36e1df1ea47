"""A kept clip is opened and measured in a child process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.bench.measure import Wanted
from app.bench.opening import PANELS, make_kept_clip, measure_opening, open_kept
from app.bench.opening_tables import opening
from app.core.errors import StanceError
from app.core.settings import Settings

CPU = Settings(device="cpu")


@pytest.mark.slow
def test_every_part_of_the_window_shows_a_kept_clip(demo: Path) -> None:
    before = os.environ.get("STANCE_DATA")
    figures = measure_opening(Wanted(str(demo), CPU, repeats=1), lambda line: None, frames=300)
    assert os.environ.get("STANCE_DATA") == before
    assert (figures["frames"], figures["people"]) == (300, 2)
    plain, panels = figures["opening"]["people"]["reached_s"], figures["opening"]["panels"]["reached_s"]
    assert set(plain) == {"opened", "skeleton", "timeline", "people", "all"}
    assert set(panels) == {*plain, "plots", "measures"}
    for reached in (plain, panels):
        assert 0 < reached["opened"]["median"] < reached["skeleton"]["median"] <= reached["all"]["median"]
    for known in figures["opening"].values():
        assert known["stall_ms"]["median"] > 0
        assert known["cpu_s"]["median"] > 0
    text = opening(figures)
    assert "seconds to the measures" in text
    assert "longest event loop stall" in text


@pytest.mark.slow
def test_a_clip_that_is_not_shown_as_a_whole_is_refused(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STANCE_DATA", str(tmp_path))
    assert make_kept_clip(tmp_path / "clip.mp4", Wanted(str(demo), CPU), 1, 40) > 0
    with pytest.raises(StanceError, match="showed 40 frames of the kept analysis"):
        open_kept(tmp_path / "clip.mp4", CPU, str(tmp_path), PANELS[:1], 41)

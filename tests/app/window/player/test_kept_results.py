"""Going back to a clip, networks and settings of before finds what was found, and nothing of others."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.analysis import Analysis
from app.pipeline import Pipeline
from app.window.player.kept_results import MAX_ANALYSES, KeptResults, clip_of, run_of
from tests.app.test_network_answers import run, toys
from tests.app.toy_networks import toy_clip

CLIP = toy_clip(20)


def pipeline(name: str = "toy.onnx", **chosen: Any) -> Pipeline:
    made = toys().pipeline
    made.adjust(replace(made.settings, **chosen))
    made.pose_model.network.path = Path(name)
    return made


def analysed(one: Pipeline) -> Analysis:
    found = Analysis(one.skeleton)
    for poses in run(one, CLIP):
        found.add(poses)
    return found


def test_a_finished_analysis_is_reused_only_with_its_networks_and_settings() -> None:
    kept, one = KeptResults(), pipeline()
    analysis = analysed(one)
    kept.keep(run_of("clip", one), analysis)
    assert kept.analysis(run_of("clip", one)) is analysis
    assert kept.analysis(run_of("clip", pipeline(pose="toy by another path"))) is analysis
    assert kept.analysis(run_of("clip", pipeline("other.onnx"))) is None
    assert kept.analysis(run_of("another clip", one)) is None
    assert kept.analysis(run_of("clip", pipeline(threshold=0.5))) is None
    assert kept.analysis(run_of("clip", pipeline(half_rate=True))) is None
    kept.forget("clip", one)
    assert kept.analysis(run_of("clip", one)) is None


def test_kept_analysis_has_no_names() -> None:
    kept, one = KeptResults(), pipeline()
    analysis = analysed(one)
    assert analysis.ids() == [1, 2]
    analysis.rename(1, "Ada")
    analysis.reorder([2])
    kept.keep(run_of("clip", one), analysis)
    found = kept.analysis(run_of("clip", one))
    assert found is not None
    assert (found.names(), found.ids()) == ({}, [1, 2])


def test_outputs_are_shared_between_settings_but_not_networks_or_clips() -> None:
    kept, one, other = KeptResults(), pipeline(), pipeline("other.onnx")
    answers = kept.answers("clip", one)
    assert kept.answers("clip", pipeline()) is answers
    assert kept.answers("clip", other) is not answers
    assert kept.answers("another clip", one) is not answers
    assert kept.answers("clip", one) is answers
    assert kept.frames("clip") is kept.frames("clip")
    assert kept.frames("clip") is not kept.frames("another clip")


def test_the_oldest_unused_results_are_deleted_first() -> None:
    kept, one, other = KeptResults(max_bytes=1), pipeline(), pipeline("other.onnx")
    first = kept.answers("clip", one)
    run(first.pipeline(one), CLIP)
    second = kept.answers("clip", other)
    assert kept.answers("clip", other) is second
    assert kept.answers("clip", one) is not first
    for number in range(MAX_ANALYSES + 1):
        kept.keep(run_of(f"clip {number}", one), Analysis(one.skeleton))
    assert kept.analysis(run_of("clip 0", one)) is None
    assert kept.analysis(run_of("clip 1", one)) is not None


def test_an_overwritten_file_is_another_clip(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"one")
    before = clip_of(str(film), "auto")
    assert clip_of(str(film), "auto") == before
    assert clip_of(str(film), "90") != before
    film.write_bytes(b"two")
    os.utime(film, (1, 1))
    assert clip_of(str(film), "auto") != before
    film.unlink()
    assert clip_of(str(film), "auto") != before

"""A clip is analysed once, whatever the user does meanwhile; previews on the way are shown and not kept."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PyQt6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.cli.headless import run_headless
from app.core.people import FramePoses
from app.core.settings import RunOptions, Settings
from app.engine.clip_export import Span, export
from app.overlay import DrawStyle
from app.system.threads import foreground_work
from app.window.main_window import MainWindow
from app.window.review.analysis_panels import STRIP_REFRESHES
from tests.app.window.conftest import FRAMES
from tests.app.window.test_main_window import PATIENCE, play

END_S = 1.6
LONG = 120_000


@pytest.fixture
def two_people(shared: Path) -> Path:
    return shared / "data" / "videos" / "two_people_jump_1280x720.mp4"


def begin(window: MainWindow, film: Path, qtbot: QtBot, **how: Any) -> None:
    """Open the first part of ``film``."""
    with qtbot.waitSignal(window.player.opened, timeout=PATIENCE):
        window.player.open(str(film), 0.0, END_S, **how)


def until_analysed(window: MainWindow, qtbot: QtBot) -> None:
    def ended() -> bool:
        made = window.player.clip_analysis.current
        return made is not None and made.state == "ended"

    qtbot.waitUntil(ended, timeout=LONG)


def lines_of(window: MainWindow, film: Path, path: Path) -> list[str]:
    """Frames of the analysis, as the window exports them."""
    pipeline, analysis = window.player.pipeline, window.player.analysis
    assert pipeline is not None
    assert analysis is not None
    export(str(film), [path], pipeline, DrawStyle(), Span(0.0, END_S), analysis=analysis)
    return path.read_text().splitlines()[1:]


def headless_lines(settings: Settings, film: Path, path: Path) -> list[str]:
    run_headless(settings, RunOptions(str(film), (path,), end_s=END_S))
    return path.read_text().splitlines()[1:]


@pytest.mark.slow
def test_seeking_during_the_analysis_does_not_change_its_result(
    posing: MainWindow, small_models: Settings, two_people: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    seen: list[tuple[bool, FramePoses]] = []
    posing.player.shown.connect(lambda result: seen.append((result.preview, result.poses)))
    begin(posing, two_people, qtbot)
    qtbot.waitUntil(lambda: bool(seen), timeout=PATIENCE)
    line, chance = posing.controls.timeline, Random(3)
    for _ in range(6):
        x = chance.randrange(line.width() // 20, line.width() // 6)
        before = len(seen)
        qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(x, line.height() // 2))
        qtbot.waitUntil(lambda before=before: len(seen) > before, timeout=PATIENCE)  # type: ignore[misc]
        if chance.random() < 0.5:
            qtbot.keyClick(posing, Qt.Key.Key_Space)
    until_analysed(posing, qtbot)
    assert lines_of(posing, two_people, tmp_path / "window.jsonl") == headless_lines(
        small_models, two_people, tmp_path / "headless.jsonl"
    )
    assert posing.player.analysis is not None
    ids = set(posing.player.analysis.ids())
    assert ids
    shown = {person.id for preview, poses in seen if not preview for person in poses.people}
    assert shown <= ids
    assert not {person.id for preview, poses in seen if preview for person in poses.people} - {0}


@pytest.mark.slow
def test_people_after_a_seek_have_no_id_until_analysed(posing: MainWindow, two_people: Path, qtbot: QtBot) -> None:
    with foreground_work:  # pauses the analysis
        begin(posing, two_people, qtbot, paused=True)
        posing.player.seek(1.2)
        player = posing.player
        qtbot.waitUntil(lambda: player.current is not None and player.current.frame.time_s > 1, timeout=PATIENCE)
        assert player.current is not None
        assert player.current.preview
        assert player.current.poses.people
        assert {person.id for person in player.current.poses.people} == {0}
        assert player.analysis is not None
        assert player.analysis.ids() == []
        posing.review.refresh()
        assert posing.people.tree.topLevelItemCount() == 0
        qtbot.waitUntil(lambda: posing.status.analysing.text().endswith("waiting"), timeout=PATIENCE)
    qtbot.waitUntil(lambda: player.current is not None and not player.current.preview, timeout=LONG)
    assert player.current.poses is player.analysis.get(player.current.frame.index)
    assert not player.playing


def test_progress_is_shown_in_the_status_bar_and_on_the_timeline(posing: MainWindow, clip: Path, qtbot: QtBot) -> None:
    with foreground_work:
        with qtbot.waitSignal(posing.player.opened, timeout=PATIENCE):
            posing.player.open(str(clip), paused=True)
        qtbot.waitUntil(posing.status.analysing.isVisible, timeout=PATIENCE)
        assert posing.status.analysing.text().startswith("Analysing")
        before = posing.controls.timeline.grab().toImage()
        assert not posing.player.analysis
    with qtbot.waitSignal(posing.player.clip_analysis.ended, timeout=LONG):
        pass
    complete = posing.controls.timeline.grab().toImage()
    assert complete != before
    for _ in range(STRIP_REFRESHES):
        posing.review.refresh()
    assert posing.controls.timeline.grab().toImage() == complete
    qtbot.waitUntil(lambda: not posing.status.analysing.isVisible(), timeout=PATIENCE)
    assert posing.player.analysis is not None
    assert len(posing.player.analysis) == FRAMES


@pytest.mark.slow
def test_changed_settings_give_the_result_of_a_headless_run(
    posing: MainWindow, small_models: Settings, two_people: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    begin(posing, two_people, qtbot)
    other = replace(posing.panel.settings, smooth="none", detect_every=0.1)
    posing.panel.changed.emit(replace(other, smooth="kalman"))
    posing.panel.changed.emit(other)
    qtbot.waitUntil(lambda: posing.player.clip_analysis.current is not None, timeout=PATIENCE)
    until_analysed(posing, qtbot)
    wanted = replace(small_models, smooth="none", detect_every=0.1)
    assert lines_of(posing, two_people, tmp_path / "window.jsonl") == headless_lines(
        wanted, two_people, tmp_path / "headless.jsonl"
    )


def test_a_failed_analysis_is_reported_and_playback_continues(
    window: MainWindow, small_models: Settings, clip: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    film = tmp_path / "gray.mp4"
    shutil.copy(clip, film)
    play(window, film, qtbot)
    window.player.pause()
    film.rename(tmp_path / "elsewhere.mp4")
    window.panel.show_settings(small_models)
    with qtbot.waitSignal(window.player.failed, timeout=LONG) as failed:
        window.load()
    assert "gray.mp4" in str(failed.args[0])
    window.player.seek(0.0)
    window.player.play()
    qtbot.waitUntil(
        lambda: window.player.current is not None and window.player.current.frame.index == FRAMES - 1, timeout=LONG
    )


def test_a_clip_that_is_too_long_is_analysed_up_to_the_limit(
    posing: MainWindow, clip: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr("app.window.player.clip_analysis.MAX_FRAMES", 10)
    with qtbot.waitSignal(posing.player.notified, timeout=LONG) as signal:
        play(posing, clip, qtbot)
    assert "The first 10 frames are analysed" in signal.args[1]
    assert posing.player.analysis is not None
    assert [poses.index for poses in posing.player.analysis.frames()] == list(range(10))
    qtbot.waitUntil(
        lambda: posing.player.current is not None and posing.player.current.frame.index == FRAMES - 1, timeout=LONG
    )

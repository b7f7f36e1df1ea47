"""Looking over a clip: speeds, points, loops, moments compared, people named by a click."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from app.window.timeline import MARGIN
from tests.app.window.conftest import FPS, FRAMES
from tests.app.window.test_main_window import PATIENCE, hold, play, shown_frame, until_shown


@pytest.fixture
def people(posing: MainWindow, demo: Path, qtbot: QtBot) -> MainWindow:
    """The demo clip, its first frames analysed."""
    play(posing, demo, qtbot)
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 12, timeout=PATIENCE)
    hold(posing, qtbot)
    return posing


def index(window: MainWindow) -> int:
    assert window.player.current is not None
    return window.player.current.frame.index


def test_a_clip_is_played_backwards_to_its_beginning(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(window, clip, qtbot)
    qtbot.waitUntil(lambda: index(window) > 8, timeout=PATIENCE)
    seen: list[int] = []
    qtbot.keyClick(window, Qt.Key.Key_J)
    window.player.shown.connect(lambda result: seen.append(result.frame.index))
    qtbot.waitUntil(lambda: seen[-1:] == [0] and not window.player.playing, timeout=PATIENCE)
    assert seen == sorted(seen, reverse=True)
    assert len(seen) > 6


def test_pressing_again_is_faster_and_k_stops(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(window, clip, qtbot)
    hold(window, qtbot)
    for rate in (1, 2, 4):
        qtbot.keyClick(window, Qt.Key.Key_L)
        assert window.player.playback.rate == rate
        assert window.controls.rate.text() == f"{rate}×"
    qtbot.keyClick(window, Qt.Key.Key_K)
    assert not window.player.playing


def test_between_the_points_it_goes_over_and_over(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(window, clip, qtbot)
    hold(window, qtbot)
    for frame, deed in ((10, "mark-in"), (14, "mark-out")):
        window.player.seek(frame / FPS)
        until_shown(window, frame, qtbot)
        window.deeds[deed].trigger()
    window.deeds["loop"].trigger()
    seen: list[int] = []
    window.player.shown.connect(lambda result: seen.append(result.frame.index))
    window.player.play()
    qtbot.waitUntil(lambda: seen.count(10) >= 3 and 14 in seen, timeout=PATIENCE)
    assert set(seen[seen.index(10) :]) == {10, 11, 12, 13, 14}
    window.deeds["unmark"].trigger()
    window.deeds["loop"].trigger()
    qtbot.waitUntil(lambda: seen[-1] == FRAMES - 1, timeout=PATIENCE)


def test_going_back_finds_the_same_people_without_a_network(people: MainWindow, qtbot: QtBot) -> None:
    pipeline, analysis = people.player.pipeline, people.player.analysis
    assert pipeline is not None
    assert analysis is not None
    asked: list[int] = []
    look = pipeline.process
    pipeline.process = lambda frame, find=None: asked.append(frame.index) or look(frame, find)  # type: ignore[method-assign,func-returns-value]
    at = index(people)
    for wanted in range(at - 1, at - 8, -1):
        qtbot.keyClick(people, Qt.Key.Key_Left)
        qtbot.waitUntil(lambda wanted=wanted: index(people) == wanted, timeout=PATIENCE)  # type: ignore[misc]
        assert people.player.current is not None
        assert people.player.current.poses is analysis.get(wanted)
    assert asked == []


def test_the_strip_shows_who_was_seen_and_the_pointer_tells(people: MainWindow, qtbot: QtBot) -> None:
    analysis = people.player.analysis
    assert analysis is not None
    number = analysis.ids()[0]
    analysis.rename(number, "Ada")
    qtbot.waitUntil(lambda: "Ada" in people.controls.timeline.who_at(6 / 30), timeout=PATIENCE)
    assert people.controls.timeline.who_at(1e6) == ""


def test_a_pinned_moment_stays_as_a_shadow(people: MainWindow, qtbot: QtBot) -> None:
    people.player.seek(0.1)
    qtbot.waitUntil(lambda: index(people) == 3, timeout=PATIENCE)
    plain = people.view.grab().toImage()
    people.deeds["pin"].trigger()
    people.player.seek(0.0)
    qtbot.waitUntil(lambda: index(people) == 0, timeout=PATIENCE)
    with_shadow = people.view.grab().toImage()
    people.deeds["pin"].trigger()
    assert people.view.grab().toImage() != with_shadow
    assert plain != with_shadow


def test_a_click_on_somebody_picks_the_row_of_the_table(people: MainWindow, qtbot: QtBot) -> None:
    people.desk.dock_of("people").show()
    people.review.refresh()
    qtbot.waitUntil(lambda: people.people.tree.topLevelItemCount() > 0, timeout=PATIENCE)
    assert people.player.current is not None
    person = people.player.current.poses.people[0]
    chest = person.keypoints[[5, 6, 11, 12], :2].mean(axis=0)
    picked: list[int] = []
    people.people.chosen.connect(picked.append)
    at = people.view.to_view(float(chest[0]), float(chest[1])).toPoint()
    qtbot.mouseClick(people.view, Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: bool(people.people.tree.selectedItems()), timeout=PATIENCE)


def test_a_click_on_the_plots_goes_there(people: MainWindow, qtbot: QtBot) -> None:
    people.plots.sought.emit(0.2)
    qtbot.waitUntil(lambda: index(people) == 6, timeout=PATIENCE)


def test_recorded_people_lie_over_their_video_without_a_network(
    window: MainWindow, shared: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    from app.headless import run_headless
    from app.settings import Job, Settings

    models = shared / "models"
    small = Settings(str(models / "tinypose_128x96.onnx"), str(models / "rtmdet_nano_person.onnx"), "cpu")
    film = shared / "data" / "videos" / "two_people_jump_1280x720.mp4"
    file = tmp_path / "people.jsonl"
    run_headless(small, Job(str(film), (file,), limit=8))
    window.open(str(file))
    qtbot.waitUntil(lambda: window.player.current is not None and index(window) >= 7, timeout=PATIENCE)
    hold(window, qtbot)
    window.player.seek(0.1)
    qtbot.waitUntil(lambda: index(window) == 3, timeout=PATIENCE)
    assert window.player.pipeline is None
    assert window.player.analysis is not None
    assert window.player.current is not None
    assert len(window.player.current.poses.people) >= 1
    for switch in ("skeleton", "ids"):
        before = window.view.grab().toImage()
        window.panel.switches[switch].click()
        assert window.view.grab().toImage() != before


def test_the_points_are_on_the_time_line(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(window, clip, qtbot)
    hold(window, qtbot)
    before = window.controls.timeline.grab().toImage()
    window.player.seek(20 / FPS)
    until_shown(window, 20, qtbot)
    window.deeds["mark-in"].trigger()
    assert window.controls.timeline.grab().toImage() != before
    qtbot.mouseClick(window.controls.timeline, Qt.MouseButton.LeftButton, pos=QPoint(MARGIN, 30))
    qtbot.waitUntil(lambda: shown_frame(window) == 0, timeout=PATIENCE)

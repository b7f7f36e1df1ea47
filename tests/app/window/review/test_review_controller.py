"""Review of a clip: speed, points, loop, pinned frame, selection of people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.core.people import Frame, FramePoses
from app.detection.proposer import DetectFn
from app.window.main_window import MainWindow
from app.window.widgets.timeline import MARGIN
from tests.app.sources.clips import MICROSECOND, make_clip
from tests.app.window.conftest import FPS, FRAMES
from tests.app.window.test_main_window import PATIENCE, hold, play, shown_frame, until_shown


@pytest.fixture
def people(posing: MainWindow, short_demo: Path, qtbot: QtBot) -> MainWindow:
    """The window with the first frames of the demo clip analysed."""
    play(posing, short_demo, qtbot)
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 12, timeout=PATIENCE)
    hold(posing, qtbot)
    return posing


Mark = Callable[[int, int], None]


@pytest.fixture
def mark(window: MainWindow, clip: Path, qtbot: QtBot) -> Mark:
    """Sets the in and the out point at frames of the clip, which is open and paused."""
    play(window, clip, qtbot)
    hold(window, qtbot)

    def points(first: int, last: int) -> None:
        for frame, name in ((first, "mark-in"), (last, "mark-out")):
            window.player.seek(frame / FPS)
            until_shown(window, frame, qtbot)
            window.actions_by_name[name].trigger()

    return points


def index(window: MainWindow) -> int:
    assert window.player.current is not None
    return window.player.current.frame.index


def test_a_clip_plays_backwards_to_its_start(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(window, clip, qtbot)
    qtbot.waitUntil(lambda: index(window) > 8, timeout=PATIENCE)
    seen: list[int] = []
    qtbot.keyClick(window, Qt.Key.Key_J)
    window.player.shown.connect(lambda result: seen.append(result.frame.index))
    qtbot.waitUntil(lambda: seen[-1:] == [0] and not window.player.playing, timeout=PATIENCE)
    assert seen == sorted(seen, reverse=True)
    assert len(seen) > 6


def test_pressing_j_or_l_again_is_faster_and_k_stops(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(window, clip, qtbot)
    hold(window, qtbot)
    for rate in (1, 2, 4):
        qtbot.keyClick(window, Qt.Key.Key_L)
        assert window.player.playback.rate == rate
        assert window.controls.rate.text() == f"{rate}×"
    qtbot.keyClick(window, Qt.Key.Key_K)
    assert not window.player.playing


def test_playback_loops_between_the_points(window: MainWindow, mark: Mark, qtbot: QtBot) -> None:
    mark(10, 14)
    window.actions_by_name["loop"].trigger()
    seen: list[int] = []
    window.player.shown.connect(lambda result: seen.append(result.frame.index))
    window.player.play()
    qtbot.waitUntil(lambda: seen.count(10) >= 3 and 14 in seen, timeout=PATIENCE)
    assert {10, 14} <= set(seen[seen.index(10) :]) <= {10, 11, 12, 13, 14}
    window.actions_by_name["unmark"].trigger()
    window.actions_by_name["loop"].trigger()
    qtbot.waitUntil(lambda: seen[-1] == FRAMES - 1, timeout=PATIENCE)


def test_seeking_back_shows_the_same_people_without_inference(people: MainWindow, qtbot: QtBot) -> None:
    pipeline, analysis = people.player.pipeline, people.player.analysis
    assert pipeline is not None
    assert analysis is not None
    processed: list[int] = []
    process = pipeline.process

    def record(frame: Frame, find: DetectFn | None = None, following: Sequence[Frame] = ()) -> FramePoses:
        processed.append(frame.index)
        return process(frame, find, following)

    pipeline.process = record  # type: ignore[method-assign]
    at = index(people)
    for wanted in range(at - 1, at - 8, -1):
        qtbot.keyClick(people, Qt.Key.Key_Left)
        qtbot.waitUntil(lambda wanted=wanted: index(people) == wanted, timeout=PATIENCE)  # type: ignore[misc]
        assert people.player.current is not None
        assert people.player.current.poses is analysis.get(wanted)
    assert processed == []


def test_the_strip_shows_people_and_the_tool_tip_names_them(people: MainWindow, qtbot: QtBot) -> None:
    analysis = people.player.analysis
    assert analysis is not None
    number = analysis.ids()[0]
    analysis.rename(number, "Ada")
    qtbot.waitUntil(lambda: "Ada" in people.controls.timeline.person_at(6 / 30), timeout=PATIENCE)
    assert people.controls.timeline.person_at(1e6) == ""


def test_a_pinned_frame_is_shown_as_an_overlay(people: MainWindow, qtbot: QtBot) -> None:
    people.player.seek(0.1)
    qtbot.waitUntil(lambda: index(people) == 3, timeout=PATIENCE)
    plain = people.view.grab().toImage()
    people.actions_by_name["pin"].trigger()
    people.player.seek(0.0)
    qtbot.waitUntil(lambda: index(people) == 0, timeout=PATIENCE)
    with_shadow = people.view.grab().toImage()
    people.actions_by_name["pin"].trigger()
    assert people.view.grab().toImage() != with_shadow
    assert plain != with_shadow


def test_a_click_on_a_person_selects_the_row(people: MainWindow, qtbot: QtBot) -> None:
    people.dock_area.dock_of("people").show()
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


def test_a_click_on_the_plots_seeks(people: MainWindow, qtbot: QtBot) -> None:
    people.plots.seek_requested.emit(0.2)
    qtbot.waitUntil(lambda: index(people) == 6, timeout=PATIENCE)


def test_recorded_people_are_drawn_over_their_video_without_inference(
    window: MainWindow, shared: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    from app.cli.headless import run_headless
    from app.core.settings import RunOptions, Settings

    models = shared / "models"
    small = Settings(str(models / "tinypose_128x96.onnx"), str(models / "rtmdet_nano_person.onnx"), "cpu")
    film = shared / "data" / "videos" / "two_people_jump_1280x720.mp4"
    file = tmp_path / "people.jsonl"
    run_headless(small, RunOptions(str(film), (file,), limit=8))
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
        window.panel.display.switches[switch].click()
        assert window.view.grab().toImage() != before


def test_the_points_are_marked_on_the_timeline(window: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(window, clip, qtbot)
    hold(window, qtbot)
    window.player.seek(20 / FPS)
    until_shown(window, 20, qtbot)
    before = window.controls.timeline.grab().toImage()
    window.actions_by_name["mark-in"].trigger()
    assert window.controls.timeline.grab().toImage() != before
    qtbot.mouseClick(window.controls.timeline, Qt.MouseButton.LeftButton, pos=QPoint(MARGIN, 30))
    qtbot.waitUntil(lambda: shown_frame(window) == 0, timeout=PATIENCE)


def test_stepping_back_moves_by_one_frame_at_any_frame_rate(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    dense = make_clip(tmp_path / "dense.mp4", [number * 2e-5 for number in range(12)], base=MICROSECOND)
    play(window, dense, qtbot)
    hold(window, qtbot)
    window.player.seek_index(9)
    qtbot.waitUntil(lambda: index(window) == 9, timeout=PATIENCE)
    window.actions_by_name["mark-out"].trigger()
    for wanted in (8, 7, 6, 5):
        qtbot.keyClick(window, Qt.Key.Key_Left)
        qtbot.waitUntil(lambda wanted=wanted: index(window) == wanted, timeout=PATIENCE)  # type: ignore[misc]
    window.actions_by_name["mark-in"].trigger()
    seen: list[int] = []
    window.player.shown.connect(lambda result: seen.append(result.frame.index))
    window.player.shuttle(backwards=False)
    qtbot.waitUntil(lambda: index(window) == 9 and not window.player.playing, timeout=PATIENCE)
    window.player.shuttle(backwards=True)
    qtbot.waitUntil(lambda: index(window) == 5 and not window.player.playing, timeout=PATIENCE)
    assert (min(seen), max(seen)) == (5, 9)


def test_the_selected_row_marks_the_person_in_the_video(people: MainWindow, qtbot: QtBot) -> None:
    people.dock_area.dock_of("people").show()
    qtbot.waitUntil(lambda: bool(people.people.tree.ids()), timeout=PATIENCE)
    people.people.choose(10_000)  # an unknown id
    plain = people.view.grab().toImage()
    assert people.player.current is not None
    number = people.player.current.poses.people[0].id
    people.people.choose(number)
    assert people.view.grab().toImage() != plain
    people.view.background_clicked.emit()
    assert people.view.grab().toImage() == plain
    people.view.person_clicked.emit(number, False)
    assert people.view.grab().toImage() != plain
    assert not people.people.empty_hint.isVisible()


def test_frames_beyond_the_out_point_can_be_shown(window: MainWindow, mark: Mark, qtbot: QtBot) -> None:
    mark(10, 14)
    window.player.seek(20 / FPS)
    until_shown(window, 20, qtbot)
    for frame in (21, 22):
        qtbot.keyClick(window, Qt.Key.Key_Right)
        until_shown(window, frame, qtbot)
    window.player.seek(13 / FPS)
    until_shown(window, 13, qtbot)
    for frame in (14, 15, 16):
        qtbot.keyClick(window, Qt.Key.Key_Right)
        until_shown(window, frame, qtbot)
    window.player.seek(12 / FPS)
    until_shown(window, 12, qtbot)
    with qtbot.waitSignal(window.player.ended, timeout=PATIENCE):
        qtbot.keyClick(window, Qt.Key.Key_Space)
    until_shown(window, 14, qtbot)


def test_points_in_reverse_order_are_swapped(window: MainWindow, mark: Mark) -> None:
    mark(14, 10)
    assert window.player.playback.in_s == pytest.approx(10 / FPS)
    assert window.player.playback.out_s == pytest.approx(14 / FPS)


def test_people_are_measured_while_the_panel_is_shown(people: MainWindow, qtbot: QtBot) -> None:
    measured = people.review.measures.measured
    people.review.refresh()
    assert measured.analysis is None  # nobody looks at it
    people.dock_area.dock_of("measures").show()
    people.show()
    qtbot.waitUntil(lambda: measured.measures is not None, timeout=PATIENCE)
    panel = people.review.measures
    assert panel.hint.isHidden() != panel.parts.isHidden()  # people who face the camera may have no measures
    number = people.player.analysis.ids()[-1]  # type: ignore[union-attr]
    people.people.chosen.emit(number)
    assert measured.person == number

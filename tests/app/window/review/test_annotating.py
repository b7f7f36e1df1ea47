"""Annotations are drawn, moved, bound to keypoints and deleted by the mouse, and are in pictures and films too."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.analysis.series import series
from app.analysis.shown_angles import ClipAngles
from app.core.scale_options import ScaleOptions
from app.overlay import Annotation
from app.overlay.annotation_shapes import value
from app.sinks import Header, open_sinks
from app.window.main_window import MainWindow
from app.window.video.annotation_tools import TextField
from tests.app.window.plot_rounds import recorded
from tests.app.window.rooms import PATIENCE
from tests.app.window.test_main_window import play

LEFT = Qt.MouseButton.LeftButton


class Pen:
    """Draws on the video of ``window`` with the mouse, at pixels of the source."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.view, self.qtbot = window, window.view, qtbot

    def place(self, x: float, y: float) -> QPoint:
        return self.view.at(x, y).toPoint()

    def drag(self, *points: tuple[float, float], shift: bool = False) -> None:
        start, end = self.place(*points[0]), self.place(*points[1])
        keys = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
        self.qtbot.mousePress(self.view, LEFT, keys, start)
        for step in ((start + end) / 2, end):
            self.qtbot.mouseMove(self.view, step)
        self.qtbot.mouseRelease(self.view, LEFT, keys, end)

    def click(self, x: float, y: float) -> None:
        self.qtbot.mouseClick(self.view, LEFT, pos=self.place(x, y))

    def draw(self, tool: str, *points: tuple[float, float], shift: bool = False) -> Annotation:
        self.window.actions_by_name[f"tool-{tool}"].trigger()
        self.drag(*points, shift=shift)
        return self.last()

    def last(self) -> Annotation:
        return self.window.features.annotating.annotations.items[-1]

    def count(self) -> int:
        return len(self.window.features.annotating.annotations)

    def menu(self, number: int = 0) -> dict[str, QAction]:
        menu = self.window.features.annotating.menu_of(number)
        entries = {action.text(): action for action in menu.actions()}
        for sub in menu.findChildren(QMenu):
            entries |= {action.text(): action for action in sub.actions()}
        return entries


@pytest.fixture
def pen(window: MainWindow, clip: Path, qtbot: QtBot) -> Pen:
    """A clip of 160x120 that is paused at its first frame."""
    play(window, clip, qtbot)
    show(window, 0, qtbot)
    window.activateWindow()
    window.view.setFocus()
    return Pen(window, qtbot)


def show(window: MainWindow, index: int, qtbot: QtBot) -> None:
    window.player.pause()
    window.player.seek_index(index)
    qtbot.waitUntil(lambda: window.player.current is not None and window.player.current.frame.index == index)
    qtbot.waitUntil(lambda: not window.player.seeking, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.view.shown is not None and window.view.shown.frame.index == index)


def at(annotation: Annotation) -> list[tuple[float, float]]:
    return [(point.x, point.y) for point in annotation.points]


@pytest.mark.parametrize("mirror", [False, True])
def test_a_line_is_drawn_where_the_mouse_was_dragged(pen: Pen, mirror: bool) -> None:
    pen.window.panel.display.switches["mirror"].setChecked(mirror)
    drawn = pen.draw("line", (30, 40), (100, 90))
    pixel = 1 / pen.view.zoom
    assert np.array(at(drawn)) == pytest.approx(np.array([(30, 40), (100, 90)]), abs=pixel)
    assert drawn.frames == (0, 0)
    picture = pen.view.screenshot(True)
    x = 159 - 65 if mirror else 65
    assert picture.pixelColor(x, 65).red() > 150
    assert picture.pixelColor(x, 65).blue() < 100
    assert picture.pixelColor(159 - x, 65).blue() == picture.pixelColor(5, 5).blue()
    assert pen.window.actions_by_name["tool-select"].isChecked()


def test_with_shift_a_line_is_upright(pen: Pen) -> None:
    (x0, y0), (x1, y1) = at(pen.draw("line", (60, 20), (64, 100), shift=True))
    assert x0 == pytest.approx(x1, abs=1e-6)
    assert abs(y1 - y0) > 70


def test_an_angle_is_drawn_side_by_side(pen: Pen, qtbot: QtBot) -> None:
    pen.window.actions_by_name["tool-angle"].trigger()
    pen.drag((60, 60), (110, 60))
    assert pen.count() == 0
    qtbot.mouseMove(pen.view, pen.place(60, 20))
    pen.click(60, 20)
    assert pen.count() == 1
    assert np.array(at(pen.last())) == pytest.approx(np.array([(110, 60), (60, 60), (60, 20)]), abs=0.5)


def test_a_text_is_typed_on_the_picture(pen: Pen, qtbot: QtBot) -> None:
    for text, end, kept in (("Heel", Qt.Key.Key_Return, 1), ("Toe", Qt.Key.Key_Escape, 1), ("", Qt.Key.Key_Return, 1)):
        pen.window.actions_by_name["tool-text"].trigger()
        pen.click(80, 60)
        (field,) = [one for one in pen.view.findChildren(TextField) if one.isVisible()]
        qtbot.keyClicks(field, text)
        qtbot.keyClick(field, end)
        assert pen.count() == kept
        assert pen.window.focusWidget() is pen.view
    assert pen.last().text == "Heel"
    assert pen.window.view.tools.used is None


def test_a_click_without_a_drag_draws_nothing_and_esc_ends_the_tool(pen: Pen, qtbot: QtBot) -> None:
    action = pen.window.actions_by_name["tool-distance"]
    action.trigger()
    pen.click(50, 50)
    assert pen.count() == 0
    assert action.isChecked()
    qtbot.keyClick(pen.view, Qt.Key.Key_Escape)
    assert not action.isChecked()
    pen.drag((20, 20), (90, 90))
    assert pen.count() == 0


def test_ends_and_lines_are_moved_and_deleted_and_undone(pen: Pen, qtbot: QtBot) -> None:
    actions = pen.window.actions_by_name
    pen.draw("line", (30, 40), (100, 90))
    pen.drag((100, 90), (140, 30))
    assert np.array(at(pen.last())) == pytest.approx(np.array([(30, 40), (140, 30)]), abs=0.5)
    pen.drag((85, 35), (85, 75))
    assert np.array(at(pen.last())) == pytest.approx(np.array([(30, 80), (140, 70)]), abs=0.5)
    qtbot.keyClick(pen.view, Qt.Key.Key_Delete)
    assert pen.count() == 0
    for expected in ([(30, 80), (140, 70)], [(30, 40), (140, 30)], [(30, 40), (100, 90)]):
        actions["undo"].trigger()
        assert np.array(at(pen.last())) == pytest.approx(np.array(expected), abs=0.5)
    actions["undo"].trigger()
    assert pen.count() == 0
    assert not actions["undo"].isEnabled()
    actions["redo"].trigger()
    assert np.array(at(pen.last())) == pytest.approx(np.array([(30, 40), (100, 90)]), abs=0.5)


def test_an_annotation_stays_on_its_frame_until_it_is_wanted_on_all(pen: Pen, qtbot: QtBot) -> None:
    def is_drawn() -> bool:
        return pen.view.screenshot(True) != pen.view.screenshot(False)

    pen.draw("line", (30, 40), (100, 90))
    assert is_drawn()
    show(pen.window, 5, qtbot)
    assert not is_drawn()
    show(pen.window, 0, qtbot)
    pen.menu()["On all frames"].trigger()
    show(pen.window, 5, qtbot)
    assert is_drawn()
    pen.menu()["Red"].trigger()
    assert pen.last().color[:3] == (255, 82, 82)
    pen.menu()["On this frame only"].trigger()
    assert pen.last().frames == (5, 5)
    pen.menu()["Delete"].trigger()
    assert pen.count() == 0


def test_an_annotation_is_shown_between_the_points(pen: Pen, qtbot: QtBot) -> None:
    pen.draw("line", (30, 40), (100, 90))
    assert "Between in and out points" not in pen.menu()
    for action, index in (("mark-in", 10), ("mark-out", 20)):
        show(pen.window, index, qtbot)
        pen.window.actions_by_name[action].trigger()
    pen.menu()["Between in and out points"].trigger()
    assert pen.last().frames is not None
    first, last = pen.last().frames or (0, 0)
    assert first == 10
    assert last in (20, 21)


def test_another_source_has_no_annotations_of_the_last_one(pen: Pen, demo: Path, qtbot: QtBot) -> None:
    pen.draw("line", (30, 40), (100, 90))
    with qtbot.waitSignal(pen.window.player.opened, timeout=PATIENCE):
        pen.window.player.reopen()
    assert pen.count() == 1
    with qtbot.waitSignal(pen.window.player.opened, timeout=PATIENCE):
        pen.window.open(str(demo))
    assert pen.count() == 0


@pytest.fixture
def filmed(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> Pen:
    """A recording of two walkers, paused at its tenth frame."""
    play(window, recorded(tmp_path), qtbot)
    show(window, 10, qtbot)
    window.activateWindow()
    window.view.setFocus()
    return Pen(window, qtbot)


def keypoint(pen: Pen, name: str) -> tuple[float, float]:
    """A keypoint of person 1 in the shown frame."""
    shown, skeleton = pen.view.shown, pen.view.skeleton
    assert shown is not None
    assert skeleton is not None
    person = next(one for one in shown.poses.people if one.id == 1)
    x, y, _ = person.keypoints[skeleton.names.index(name)].tolist()
    return x, y


def test_a_distance_is_in_meters_with_a_scale(filmed: Pen, qtbot: QtBot) -> None:
    drawn = filmed.draw("distance", (20, 60), (120, 60))

    def text() -> str:
        style = filmed.view.draw_style
        assert style is not None
        return value(drawn, tuple(at(drawn)), style.marks.metres_per_pixel)

    assert float(text().removesuffix(" px")) == pytest.approx(100, abs=1)
    filmed.window.player.scale = ScaleOptions(scale="50=1")
    qtbot.waitUntil(lambda: text().endswith(" m"), timeout=PATIENCE)
    assert float(text().removesuffix(" m")) == pytest.approx(2.0, abs=0.05)


def test_a_line_follows_the_keypoints_that_it_was_drawn_at(filmed: Pen, qtbot: QtBot) -> None:
    ends = [keypoint(filmed, "left_knee"), keypoint(filmed, "left_ankle")]
    filmed.draw("line", ends[0], ends[1])
    filmed.menu()["Follow the keypoints"].trigger()
    show(filmed.window, 30, qtbot)
    board = filmed.window.features.annotating.board
    later = [keypoint(filmed, "left_knee"), keypoint(filmed, "left_ankle")]
    assert np.abs(np.array(later) - ends).max() > 5
    assert np.array(board.points(filmed.last())) == pytest.approx(np.array(later), abs=0.1)
    filmed.menu()["Follow the keypoints"].trigger()
    assert filmed.last().frames == (30, 30)
    assert np.array(at(filmed.last())) == pytest.approx(np.array(later), abs=0.1)
    filmed.window.actions_by_name["undo"].trigger()
    assert filmed.last().follows


def test_films_and_pictures_hold_what_is_switched_on(filmed: Pen, tmp_path: Path) -> None:
    window = filmed.window
    filmed.draw("line", (40, 300), (200, 300))
    filmed.menu()["On all frames"].trigger()
    display = window.panel.display
    display.switches["skeleton"].setChecked(False)
    display.switches["grid"].setChecked(True)
    film, shown, skeleton = tmp_path / "drawn.mp4", filmed.view.shown, filmed.view.skeleton
    assert shown is not None
    assert skeleton is not None
    header = Header("0", shown.frame.size, 30.0, skeleton, "", "", "cpu", "cpu")
    (sink,) = open_sinks([film], header, window.draw_style())
    sink.write(shown.frame, shown.poses)
    sink.close()
    with av.open(str(film)) as container:
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    picture = window.view.screenshot(True)
    for image in frames:
        assert image[300, 120, 2] > 150 > 100 > image[300, 120, 0]
        assert picture.pixelColor(120, 300).red() > 150 > 100 > picture.pixelColor(120, 300).blue()
        middle = image[200:290, 319].astype(int).mean()  # the middle column of the grid
        assert middle > image[200:290, 300].astype(int).mean() + 30


def test_angles_of_the_picture_are_those_of_the_plots(filmed: Pen, qtbot: QtBot) -> None:
    names = ("right knee", "left elbow")
    analysis, marks = filmed.window.player.analysis, filmed.window.panel.display.marks
    assert analysis is not None
    marks.angles.choose(names)
    marks.changed.emit()

    def clip_angles() -> ClipAngles | None:
        style = filmed.view.draw_style
        return style.marks.clip_angles if style is not None else None

    qtbot.waitUntil(lambda: clip_angles() is not None, timeout=PATIENCE)
    track = analysis.track(1)
    curves = [series(track, analysis.skeleton, "angle", name).values for name in names]
    known = clip_angles()
    assert known is not None
    for row, index in enumerate(track.indices.tolist()):
        shown = known.at(1, index)
        assert shown is not None
        np.testing.assert_array_equal(shown.degrees, [curve[row] for curve in curves])

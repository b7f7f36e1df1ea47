"""Frame and overlay are painted at the right place to a fraction of a screen pixel, at any zoom."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QImage, QMouseEvent, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.people import Frame, FramePoses, Image, Person
from app.core.skeleton import Skeleton, load_skeleton
from app.engine import Result
from app.overlay import DrawStyle, painted
from app.window.video.video_view import VideoView
from tests.app.overlay.test_overlay import person
from tests.conftest import ROOT

ONE = Skeleton(name="one", names=("nose",))

SHOW = """
import json, sys
import numpy as np
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QApplication
from app.engine import Result
from app.overlay import DrawStyle
from app.core.people import Frame, FramePoses, Person
from app.core.skeleton import Skeleton
from app.window.video.video_view import VideoView

application = QApplication([])


def show(what, mirror, zoom):
    image = np.zeros((120, 200, 3), np.uint8)
    people = ()
    if what == "pixel":
        image[30:33, 150:153] = 255  # the middle one is (151, 31)
    else:
        keypoints = np.array([[151.25, 31.5, 1.0]], np.float32)
        people = (Person(0, 1.0, np.array([120, 0, 180, 110], np.float32), keypoints),)
    view = VideoView()
    view.resize(617, 401)
    view.set_draw_style(DrawStyle(mirror=mirror))
    frame = Frame(0, 0.0, image)
    view.show_result(Result(frame, FramePoses(0, 0.0, people), 0.0, {}), Skeleton(name="one", names=("nose",)))
    if zoom != 1:
        x, y = 151.0 if what == "pixel" else 151.25, 31.0 if what == "pixel" else 31.5
        view.zoom_by(zoom, view.to_view(199 - x if mirror else x, y))
    picture = view.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(picture.constBits().asarray(picture.sizeInBytes()), np.uint8)
    gray = rows.reshape(picture.height(), picture.bytesPerLine())[:, : picture.width()].astype(float)
    gray[gray < 40] = 0
    y, x = np.indices(gray.shape)
    return [float((x * gray).sum() / gray.sum()), float((y * gray).sum() / gray.sum()), *gray.shape]


print(json.dumps([show(*case) for case in json.loads(sys.argv[1])]))
"""

PLACES = [("pixel", (151.0, 31.0)), ("keypoint", (151.25, 31.5))]
ZOOMS = {"1": (1.0, 1.25, 4.5), "1.5": (1.0,), "2": (1.0, 2.2)}
"""The tested zoom factors by scale factor of the screen."""

Light = tuple[float, float, int, int]


@cache
def shown_at_scale(scale: str) -> dict[tuple[str, bool, float], Light]:
    """``center_of_light`` of every case at this scale factor, which holds for a whole process."""
    cases = [(what, mirror, zoom) for what, _ in PLACES for mirror in (False, True) for zoom in ZOOMS[scale]]
    environment = os.environ | {"QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", SHOW, json.dumps(cases)]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(zip(cases, json.loads(done.stdout), strict=True))


def center_of_light(what: str, mirror: bool, scale: str, zoom: float = 1.0) -> Light:
    """Centroid of the light in the painted widget: x, y, and the painted height and width, in device pixels."""
    return shown_at_scale(scale)[what, mirror, zoom]


def shown_at(at: tuple[float, float], mirror: bool, width: int, height: int) -> tuple[float, float]:
    """Position of a point of the frame when the frame is fitted."""
    fit = min(width / 200, height / 120)
    wide, high = round(200 * fit), round(120 * fit)  # the frame is aligned to whole screen pixels
    x = 199 - at[0] if mirror else at[0]
    return (width - wide) // 2 + (x + 0.5) * wide / 200 - 0.5, (height - high) // 2 + (at[1] + 0.5) * high / 120 - 0.5


@pytest.mark.parametrize("scale", ZOOMS)
@pytest.mark.parametrize(("what", "at"), PLACES)
@pytest.mark.parametrize("mirror", [False, True])
def test_points_of_the_frame_are_painted_at_their_place(
    what: str, at: tuple[float, float], mirror: bool, scale: str
) -> None:
    x, y, height, width = center_of_light(what, mirror, scale)
    assert (width, height) == pytest.approx((617 * float(scale), 401 * float(scale)), abs=1)
    assert (x, y) == pytest.approx(shown_at(at, mirror, width, height), abs=0.15)


@pytest.mark.parametrize(("scale", "zoom"), [(scale, zoom) for scale in ZOOMS for zoom in ZOOMS[scale] if zoom != 1])
@pytest.mark.parametrize(("what", "at"), PLACES)
@pytest.mark.parametrize("mirror", [False, True])
def test_the_zoomed_point_stays_in_place(
    what: str, at: tuple[float, float], mirror: bool, scale: str, zoom: float
) -> None:
    x, y, height, width = center_of_light(what, mirror, scale, zoom)
    crisp = what == "pixel" and zoom * min(width / 200, height / 120) > 4  # edges are aligned to whole screen pixels
    assert (x, y) == pytest.approx(shown_at(at, mirror, width, height), abs=0.5 if crisp else 0.15)


def frame_of(image: Image, *people: Person) -> Result:
    return Result(Frame(0, 0.0, image), FramePoses(0, 0.0, people), 0.0, {})


def one_keypoint_person(number: int, x: float, y: float) -> Person:
    """A person with one keypoint in a box of 40 pixels around it."""
    box = np.array([x - 20, y - 20, x + 20, y + 20], np.float32)
    return Person(number, 1.0, box, np.array([[x, y, 1.0]], np.float32))


def stripes(width: int = 200, height: int = 120) -> Image:
    """An image in which neighboring pixels differ."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x % 256, y % 256, (x + y) % 2 * 255], axis=-1).astype(np.uint8)


@pytest.fixture
def view(qtbot: QtBot) -> VideoView:
    """A view of 400 x 240 on a frame of 200 x 120 with two people in it."""
    made = VideoView()
    qtbot.addWidget(made)
    made.resize(400, 240)
    made.set_draw_style(DrawStyle(ids=False))
    made.show_result(frame_of(stripes(), one_keypoint_person(1, 50, 60), one_keypoint_person(2, 150, 60)), ONE)
    made.show()
    qtbot.waitExposed(made)
    return made


def colors(picture: QImage) -> NDArray[np.uint8]:
    """The painted pixels, (H, W, 3) BGR."""
    picture = picture.convertToFormat(QImage.Format.Format_BGR888)
    data = picture.constBits()
    assert data is not None
    rows = np.frombuffer(data.asstring(picture.sizeInBytes()), np.uint8)
    return rows.reshape(picture.height(), -1)[:, : 3 * picture.width()].reshape(picture.height(), -1, 3)


def wheel(view: VideoView, at: QPointF, notches: float) -> None:
    delta = QPoint(0, round(120 * notches))
    none = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False
    QApplication.sendEvent(view, QWheelEvent(at, view.mapToGlobal(at), QPoint(), delta, *none))


def test_the_wheel_zooms_around_the_pointer_up_to_sixteen(view: VideoView, qtbot: QtBot) -> None:
    assert view.zoom == 2
    place = QPointF(301, 81)
    with qtbot.waitSignal(view.zoomed) as signal:
        wheel(view, place, 4)
    assert signal.args == [pytest.approx(4)]
    assert not view.fitted
    assert view.to_view(150, 40).toPoint() == place.toPoint()
    wheel(view, place, 40)
    assert view.zoom == 16
    wheel(view, place, -80)
    assert view.fitted
    assert view.zoom == 2


def test_a_pinch_zooms_too(view: VideoView) -> None:
    place = QPointF(100, 100)
    pinch = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        place,
        place,
        view.mapToGlobal(place),
        0.5,
        QPointF(),
    )
    QApplication.sendEvent(view, pinch)
    assert view.zoom == pytest.approx(3)


def test_actual_size_is_one_to_one_and_fit_shows_the_whole_frame(view: VideoView) -> None:
    view.zoom_actual()
    assert view.zoom == 1
    shown = colors(view.grab().toImage())
    assert (shown[60 + 5, 100 + 7] == stripes()[5, 7]).all()
    assert (shown[:60] < 30).all()  # the surroundings are dark
    view.zoom_by(1.5)
    assert view.zoom == 1.5
    view.zoom_by(1.5)
    assert view.fitted  # zooming passes through the fitted scale
    view.zoom_by(0.5)
    assert view.fitted
    view.zoom_by(3)
    view.zoom_fit()
    assert view.zoom == 2


def test_pixels_have_sharp_edges_at_high_zoom(view: VideoView) -> None:
    view.set_draw_style(DrawStyle(skeleton=False, ids=False))
    view.zoom_by(8, view.to_view(100, 60))
    shown = colors(view.grab().toImage())
    known = {tuple(pixel) for row in stripes().tolist() for pixel in row}
    assert {tuple(pixel) for row in shown.tolist() for pixel in row} <= known
    at = view.to_view(100, 60).toPoint()
    assert (shown[at.y() - 7 : at.y() + 7, at.x() - 7 : at.x() + 7] == stripes()[60, 100]).all()


@pytest.mark.parametrize("mirror", [False, True])
def test_the_zoomed_part_matches_the_whole_frame(view: VideoView, mirror: bool) -> None:
    smooth = np.ascontiguousarray(np.broadcast_to(np.arange(200, dtype=np.uint8)[None, :, None], (120, 200, 3)))
    view.set_draw_style(DrawStyle(skeleton=False, ids=False, mirror=mirror))
    view.show_result(frame_of(smooth), ONE)
    view.zoom_by(1.7, QPointF(390, 120))
    shown = colors(view.grab().toImage())[120, :, 0].astype(float)
    wanted = (np.arange(400) + 0.5 - view.to_view(0, 0).x()) / view.zoom
    assert np.abs(shown - (199 - wanted if mirror else wanted)).max() < 1.2


def test_a_large_frame_is_painted_at_its_place(qtbot: QtBot) -> None:
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(400, 240)
    view.set_draw_style(DrawStyle())
    image = np.zeros((2400, 4000, 3), np.uint8)
    image[1180:1220, 2980:3020] = 255
    view.show_result(frame_of(image), ONE)
    view.zoom_by(2.7, view.to_view(2999.5, 1199.5))
    light = colors(view.grab().toImage())[..., 0].astype(float)
    light[light < 40] = 0
    y, x = np.indices(light.shape)
    at = view.to_view(2999.5, 1199.5)
    assert (x * light).sum() / light.sum() + 0.5 == pytest.approx(at.x(), abs=0.15)
    assert (y * light).sum() / light.sum() + 0.5 == pytest.approx(at.y(), abs=0.15)


def drag(view: VideoView, start: QPoint, end: QPoint, button: Qt.MouseButton) -> None:
    none = Qt.KeyboardModifier.NoModifier
    for kind, at, down in (
        (QMouseEvent.Type.MouseButtonPress, start, button),
        (QMouseEvent.Type.MouseMove, (start + end) / 2, button),
        (QMouseEvent.Type.MouseMove, end, button),
        (QMouseEvent.Type.MouseButtonRelease, end, Qt.MouseButton.NoButton),
    ):
        which = Qt.MouseButton.NoButton if kind == QMouseEvent.Type.MouseMove else button
        place = at.toPointF()
        QApplication.sendEvent(view, QMouseEvent(kind, place, view.mapToGlobal(place), which, down, none))


@pytest.mark.parametrize("button", [Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton])
def test_dragging_moves_a_large_frame_up_to_its_edges(view: VideoView, button: Qt.MouseButton, qtbot: QtBot) -> None:
    before = view.to_view(50, 60)
    drag(view, QPoint(200, 120), QPoint(260, 120), button)
    assert view.to_view(50, 60) == before  # the whole frame is visible
    view.zoom_by(2)
    before = view.to_view(50, 60)
    with qtbot.assertNotEmitted(view.person_clicked):
        drag(view, view.to_view(50, 60).toPoint(), view.to_view(50, 60).toPoint() + QPoint(60, 30), button)
    assert (view.to_view(50, 60) - before).x() == pytest.approx(60)
    assert (view.to_view(50, 60) - before).y() == pytest.approx(30)
    drag(view, QPoint(10, 10), QPoint(390, 230), button)
    drag(view, QPoint(10, 10), QPoint(390, 230), button)
    assert view.to_view(-0.5, -0.5) == QPointF(0, 0)


def test_a_frame_of_another_size_and_a_resized_window_fit(view: VideoView) -> None:
    view.show_result(frame_of(stripes(100, 120)), ONE)
    assert view.zoom == 2
    view.resize(400, 480)
    assert view.zoom == 4
    view.zoom_by(2)
    view.show_nothing()
    view.show_result(frame_of(stripes()), ONE)
    assert view.fitted


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("zoom", [1.0, 1.5])
def test_a_click_emits_the_person_under_the_pointer(view: VideoView, qtbot: QtBot, mirror: bool, zoom: float) -> None:
    view.set_draw_style(DrawStyle(mirror=mirror))
    view.zoom_by(zoom)
    place = view.to_view(199 - 150 if mirror else 150, 60).toPoint()
    assert view.person_at(place) == 2
    with qtbot.waitSignal(view.person_clicked) as signal:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=place)
    assert signal.args == [2, False]
    with qtbot.waitSignal(view.person_clicked) as signal:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, place)
    assert signal.args == [2, True]
    beside = view.to_view(100, 60).toPoint()
    assert view.person_at(beside) is None
    with qtbot.assertNotEmitted(view.person_clicked):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=beside)
        qtbot.mouseClick(view, Qt.MouseButton.RightButton, pos=place)


def test_the_cursor_shows_what_a_click_does(view: VideoView, qtbot: QtBot) -> None:
    qtbot.mouseMove(view, view.to_view(50, 60).toPoint())
    assert view.cursor().shape() == Qt.CursorShape.PointingHandCursor
    qtbot.mouseMove(view, view.to_view(100, 60).toPoint())
    assert view.cursor().shape() == Qt.CursorShape.ArrowCursor
    view.zoom_by(1.5)
    qtbot.mouseMove(view, view.to_view(101, 61).toPoint())
    assert view.cursor().shape() == Qt.CursorShape.OpenHandCursor


def test_a_double_click_emits_its_signal(view: VideoView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.double_clicked):
        qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))


@pytest.mark.parametrize("mirror", [False, True])
def test_the_marked_person_has_corners_on_the_screen_and_not_in_a_screenshot(view: VideoView, mirror: bool) -> None:
    view.set_draw_style(DrawStyle(mirror=mirror))
    plain, saved = colors(view.grab().toImage()), view.screenshot(with_overlay=True)
    view.mark_person(2)
    marked = colors(view.grab().toImage())
    changed = np.nonzero((marked != plain).any(axis=2))
    left, right = view.to_view(199 - 150 if mirror else 150, 60).x(), view.to_view(199 - 50 if mirror else 50, 60).x()
    assert len(changed[0]) > 50
    assert (np.abs(changed[1] - left) < np.abs(changed[1] - right)).all()
    assert view.screenshot(with_overlay=True) == saved
    view.mark_person(None)
    assert (colors(view.grab().toImage()) == plain).all()
    view.mark_person(7)  # a person who is not in this frame
    assert (colors(view.grab().toImage()) == plain).all()


def test_a_click_on_the_background_emits_its_signal(view: VideoView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.background_clicked), qtbot.assertNotEmitted(view.person_clicked):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.to_view(100, 5).toPoint())


def test_a_screenshot_has_the_size_of_the_frame_at_any_zoom(view: VideoView) -> None:
    view.zoom_by(5)
    bare = view.screenshot(with_overlay=False)
    assert (colors(bare) == stripes()).all()
    drawn = colors(view.screenshot(with_overlay=True))
    assert drawn.shape == (120, 200, 3)
    changed = np.abs(drawn.astype(int) - stripes()).max(axis=-1) > 60
    assert changed[60, 50]
    assert changed[60, 150]
    assert not changed[:30].any()
    view.set_draw_style(DrawStyle(mirror=True))
    assert (colors(view.screenshot(with_overlay=False)) == stripes()[:, ::-1]).all()
    view.show_nothing()
    assert view.screenshot(with_overlay=True).isNull()


@pytest.mark.parametrize(
    "draw_style", [DrawStyle(), DrawStyle(style="bones", boxes=True), DrawStyle(style="dots", dim=0.5, mirror=True)]
)
def test_files_and_window_show_the_same_overlay(qtbot: QtBot, draw_style: DrawStyle) -> None:
    draw_style = replace(draw_style, ids=False)
    body = person(size=300)
    image = np.full((480, 640, 3), 90, np.uint8)
    view = VideoView()
    qtbot.addWidget(view)
    view.set_draw_style(draw_style)
    view.show_result(frame_of(image, body), load_skeleton("coco17"))
    window = colors(view.screenshot(with_overlay=True)).astype(int)
    file = painted(image, FramePoses(0, 0.0, (body,)), load_skeleton("coco17"), draw_style).astype(int)
    assert np.abs(window - file).mean() < 0.8
    assert (np.abs(window - file).max(axis=-1) > 100).mean() < 0.002


def test_trails_follow_the_shown_frames(view: VideoView) -> None:
    view.set_draw_style(DrawStyle(skeleton=False, ids=False))
    before = view.grab().toImage()
    for step in range(4):
        frame = Frame(step, step / 10, stripes())
        people = (one_keypoint_person(1, 50 + 10 * step, 60),)
        view.show_result(Result(frame, FramePoses(step, step / 10, people), 0.0, {}), ONE)
    assert view.grab().toImage() == before
    view.set_draw_style(DrawStyle(skeleton=False, ids=False, trails=1.0))
    changed = np.abs(colors(view.screenshot(True)).astype(int) - stripes()).max(axis=-1) > 20
    assert changed[60, 52:78].all()
    assert not changed[:50].any()

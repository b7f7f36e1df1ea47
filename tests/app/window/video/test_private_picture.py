"""The view and its screenshots show nothing that privacy hides."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.core.film_options import Privacy
from app.core.people import Frame, FramePoses, Image
from app.engine import Result
from app.overlay import DrawStyle
from app.overlay.privacy import GROUND
from app.window.panels.display_section import DisplaySection
from app.window.session_state import apply_style, style_of
from app.window.video.video_view import VideoView
from tests.app.overlay.test_privacy import COCO, NOISE, detail, frame, head_of, person

HEAD = head_of(person(1, 300, 150))


@pytest.fixture
def view(qtbot: QtBot) -> VideoView:
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(640, 480)
    return view


def style(privacy: Privacy) -> DrawStyle:
    return DrawStyle(privacy=privacy, skeleton=privacy == "skeleton", ids=False)


def result(poses: FramePoses, image: Image = NOISE, analysed: bool = True) -> Result:
    return Result(Frame(poses.index, poses.time_s, image), poses, 0.0, {}, analysed=analysed)


def pixels(picture: QImage) -> Image:
    """(H, W, 3) BGR."""
    picture = picture.convertToFormat(QImage.Format.Format_RGB32)
    data = picture.constBits()
    assert data is not None
    rows = np.array(data.asarray(picture.sizeInBytes()), np.uint8)
    return rows.reshape(picture.height(), picture.width(), 4)[..., :3].copy()


def both(view: VideoView) -> list[Image]:
    """What the screen shows, and what is saved."""
    return [pixels(view.grab().toImage()), pixels(view.screenshot(True))]


def test_faces_are_blurred_on_the_screen_and_in_saved_pictures(view: VideoView) -> None:
    view.set_draw_style(style("faces"))
    view.show_result(result(frame(0, person(1, 300, 150))), COCO)
    assert all(detail(shown, HEAD) < 0.05 * detail(NOISE, HEAD) for shown in both(view))
    view.set_draw_style(style("off"))
    assert all(detail(shown, HEAD) > 0.5 * detail(NOISE, HEAD) for shown in both(view))


def test_a_person_missed_for_a_moment_stays_blurred(view: VideoView) -> None:
    view.set_draw_style(style("faces"))
    view.show_result(result(frame(0, person(1, 300, 150))), COCO)
    view.show_result(result(frame(1)), COCO)
    assert all(detail(shown, HEAD) < 0.05 * detail(NOISE, HEAD) for shown in both(view))


def test_frames_of_the_analysis_hide_who_is_found_later(view: VideoView) -> None:
    view.private.frames_near = lambda poses: [frame(poses.index + 2, person(1, 300, 150))]
    view.set_draw_style(style("faces"))
    view.show_result(result(frame(0)), COCO)
    assert all(detail(shown, HEAD) < 0.05 * detail(NOISE, HEAD) for shown in both(view))


@pytest.mark.parametrize("analysed", [True, False])
def test_frames_whose_people_are_unknown_are_blurred_as_a_whole(view: VideoView, analysed: bool) -> None:
    view.set_draw_style(style("faces"))
    view.show_result(result(frame(0), analysed=analysed), None if analysed else COCO)
    for at in (0, 150):
        assert all(detail(shown, HEAD + at) < 0.05 * detail(NOISE, HEAD + at) for shown in both(view))


def test_the_skeleton_alone_shows_no_pixel_of_the_source(view: VideoView) -> None:
    view.set_draw_style(style("skeleton"))
    pictures = []
    for image in (NOISE, NOISE[::-1]):
        view.show_result(result(frame(0, person(1, 300, 150)), image), COCO)
        pictures.append(both(view))
    for first, second in zip(*pictures, strict=True):
        assert (first == second).all()
        assert (first[240, 600] == GROUND).all()
        assert (first != GROUND).any()


def test_the_choice_is_part_of_the_style_and_is_kept(qtbot: QtBot) -> None:
    section, restored = DisplaySection(), DisplaySection()
    for one in (section, restored):
        qtbot.addWidget(one)
    assert section.draw_style(0.3, {}).privacy == "off"
    with qtbot.waitSignal(section.switched):
        section.choose_privacy("faces")
    apply_style(restored, style_of(section))
    assert restored.draw_style(0.3, {}).privacy == "faces"

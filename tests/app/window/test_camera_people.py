"""Names, order and colors stay with the people of a camera when the networks change."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from openpyxl import load_workbook
from pytestqt.qtbot import QtBot

from app.core.people import Floats, Image
from app.sinks.jsonl_reader import read_recording
from app.tracking import tracker
from app.tracking.tracker import iou
from app.window.main_window import MainWindow
from tests.app.sources.device import FakeDevice, plugged_in
from tests.app.window.test_main_window import PATIENCE

MODELS_MS = 60_000
FRAME = 40
"""A frame of the clip in which each of the two networks finds both people, and numbers them differently."""


@pytest.fixture
def camera(shared: Path, monkeypatch: pytest.MonkeyPatch) -> type[FakeDevice]:
    """A camera in front of two people who do not move."""
    with av.open(str(shared / "data" / "videos" / "two_people_jump_1280x720.mp4")) as container:
        image = list(container.decode(video=0))[FRAME].to_ndarray(format="bgr24")
    shades = itertools.cycle(range(100, 200))

    class Street(FakeDevice):
        def read(self) -> tuple[bool, Image | None]:
            time.sleep(1 / 15)
            picture: Image = np.array(image)
            picture[:8, :8] = next(shades)  # a camera whose pictures are all equal counts as frozen
            return self.open, picture if self.open else None

    plugged_in(monkeypatch)
    monkeypatch.setattr(cv2, "VideoCapture", Street)
    # On a busy machine the frames before and after the change may be further apart.
    monkeypatch.setattr(tracker, "MAX_OCCLUSION_S", 60.0)
    return Street


def shown(window: MainWindow) -> dict[int, Floats]:
    """The boxes of the people in the shown frame, by id."""
    current = window.player.current
    return {person.id: person.box for person in current.poses.people} if current is not None else {}


def keypoints(window: MainWindow) -> set[int]:
    """The numbers of keypoints of the people in the shown frame."""
    current = window.player.current
    return {len(person.keypoints) for person in current.poses.people} if current is not None else set()


def test_people_of_a_camera_keep_names_and_order_with_another_network(
    posing: MainWindow, rtmpose_s: Path, camera: type[FakeDevice], qtbot: QtBot
) -> None:
    with qtbot.waitSignal(posing.player.opened, timeout=PATIENCE):
        posing.open("0")
    qtbot.waitUntil(lambda: set(shown(posing)) == {1, 2}, timeout=MODELS_MS)
    boxes = shown(posing)
    qtbot.waitUntil(lambda: posing.people.steps.analysis is posing.player.analysis, timeout=PATIENCE)
    posing.people.tree.renamed.emit(1, "Ada")
    posing.people.tree.renamed.emit(2, "Bo")
    posing.people.tree.moved.emit([2, 1])
    before = posing.player.analysis
    with qtbot.waitSignal(posing.loader.loaded, timeout=MODELS_MS):
        posing.loader.request(replace(posing.loader.settings, pose=str(rtmpose_s)))
    posing.people.tree.renamed.emit(2, "Cy")  # while the people of the previous network may still be listed
    qtbot.waitUntil(lambda: keypoints(posing) == {26} and set(shown(posing)) == {1, 2}, timeout=MODELS_MS)
    after = posing.player.analysis
    assert after is not None
    assert after is not before
    assert [after.name(number) for number in after.ids()] == ["Cy", "Ada"]
    for number, box in shown(posing).items():
        for other, known in boxes.items():
            overlap = iou(box, known[None])[0]
            assert overlap > 0.4 if other == number else overlap < 0.1, (number, other, overlap)
    qtbot.waitUntil(lambda: posing.review.panels._shown is after, timeout=PATIENCE)
    assert posing.draw_style().names == {1: "Ada", 2: "Cy"}


def test_names_and_sides_set_during_a_recording_are_in_its_files(
    posing: MainWindow, camera: type[FakeDevice], tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(posing.player.opened, timeout=PATIENCE):
        posing.open("0")
    qtbot.waitUntil(lambda: set(shown(posing)) == {1, 2}, timeout=MODELS_MS)
    posing.dock_area.dock_of("people").show()
    qtbot.waitUntil(lambda: len(posing.people.tree.ids()) == 2, timeout=PATIENCE)
    posing.people.tree.renamed.emit(1, "Ada")
    recorder, files = posing.capture.recorder, [tmp_path / "take.jsonl", tmp_path / "take.xlsx"]
    with qtbot.waitSignal(recorder.started, timeout=PATIENCE):
        posing.record_to(files)
    recording = recorder.recording
    assert recording is not None
    qtbot.waitUntil(lambda: recording.frames > 1, timeout=PATIENCE)
    posing.people.tree.renamed.emit(2, "Bo")
    posing.people.choose(1)
    posing.people.facing_menu.chosen.emit(-1)
    with qtbot.waitSignal(recorder.finished, timeout=PATIENCE):
        recorder.stop()
    written = read_recording(files[0])
    assert (written.people, written.facing) == ({1: "Ada", 2: "Bo"}, {1: -1})
    assert len(written.poses) == recording.frames
    names = {row[3] for row in load_workbook(files[1])["Angles"].iter_rows(min_row=2, values_only=True)}
    assert names <= {"Ada", "Bo"}


@pytest.mark.slow
def test_people_of_a_camera_are_hidden_merged_and_split_while_it_is_recorded(
    posing: MainWindow, camera: type[FakeDevice], tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(posing.player.opened, timeout=PATIENCE):
        posing.open("0")
    qtbot.waitUntil(lambda: set(shown(posing)) == {1, 2}, timeout=MODELS_MS)
    posing.dock_area.dock_of("people").show()
    qtbot.waitUntil(lambda: posing.people.tree.ids() == [1, 2], timeout=PATIENCE)
    recorder, steps = posing.capture.recorder, posing.people.steps
    with qtbot.waitSignal(recorder.started, timeout=PATIENCE):
        posing.record_to([tmp_path / "take.jsonl"])
    recording = recorder.recording
    assert recording is not None

    def wait_frames(count: int) -> None:
        until = recording.frames + count
        qtbot.waitUntil(lambda: recording.frames >= until, timeout=PATIENCE)

    wait_frames(3)
    steps.hide([2], True)
    wait_frames(6)
    assert set(shown(posing)) == {1}
    posing.actions_by_name["undo"].trigger()
    wait_frames(6)
    assert set(shown(posing)) == {1, 2}
    steps.merge(2, 1)
    wait_frames(6)
    assert set(shown(posing)) == {1}
    posing.actions_by_name["undo"].trigger()
    current = posing.player.current
    assert current is not None
    steps.split(2, current.frame.index)
    wait_frames(6)
    assert set(shown(posing)) == {1, 1001}
    with qtbot.waitSignal(recorder.finished, timeout=PATIENCE):
        recorder.stop()
    found = [tuple(person.id for person in poses.people) for poses in read_recording(tmp_path / "take.jsonl").poses]
    changes = [ids for before, ids in zip([(), *found], found, strict=False) if ids != before]
    assert changes == [(1, 2), (1,), (1, 2), (1,), *([(1, 2)] if (1, 2) in changes[4:] else []), (1, 1001)]

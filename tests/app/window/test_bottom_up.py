"""The window with a bottom-up network: people with lasting ids, and heatmaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.inference.bottom_up_card import AssociativeEmbedding, BottomUpCard, CenterOffsets, PartAffinity
from app.window.main_window import MainWindow
from app.window.models.inspection import facts
from tests.app.pose import one_stage_networks as networks
from tests.app.pose import painted

FRAMES = 8
CARD = BottomUpCard("tags", painted.BASE, AssociativeEmbedding(), painted.POINTS)


def centers(frame: int) -> list[tuple[int, int]]:
    return [(60 + 4 * frame, 64), (260 - 4 * frame, 60)]


@pytest.fixture
def window(tmp_path: Path, qtbot: QtBot) -> Iterator[MainWindow]:
    network = painted.higher_hrnet(tmp_path / "tags.onnx", CARD)
    made = MainWindow(Settings(pose=str(network), device="cpu", smooth="none"))
    made.show()
    qtbot.waitExposed(made)
    with qtbot.waitSignal(made.loader.loaded, timeout=60_000):
        made.load()
    yield made
    with qtbot.waitSignal(made.closed, timeout=60_000):
        made.close()


def test_people_and_their_heatmaps_are_shown(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    clip = painted.write_clip(tmp_path / "walk.mkv", [painted.paint(centers(frame)) for frame in range(FRAMES)])
    window.player.open(str(clip))

    def all_frames_are_analysed() -> None:
        analysis = window.player.analysis
        assert analysis is not None
        frames = [analysis.get(frame) for frame in range(FRAMES)]
        ids = [[] if poses is None else [person.id for person in poses.people] for poses in frames]
        assert ids == [[1, 2]] * FRAMES

    qtbot.waitUntil(all_frames_are_analysed, timeout=60_000)
    assert window.panel.display.isEnabled()
    with qtbot.waitSignal(window.heat.found, check_params_cb=lambda heat: len(heat) == 2, timeout=60_000) as shown:
        window.heat.choose(3)
    peaks = []
    for heatmap in shown.args[0]:
        picture = heatmap.picture
        light = np.array(
            [[picture.pixelColor(x, y).alpha() for x in range(picture.width())] for y in range(picture.height())]
        )
        y, x = np.unravel_index(light.argmax(), light.shape)
        peak = heatmap.to_frame.map(QPointF(x + 0.5, y + 0.5))
        peaks.append((peak.x(), peak.y()))
    shape = painted.shape_of(17)[3]
    distances = [
        min(np.hypot(*(np.array(center) + shape - peak)) for frame in range(FRAMES) for center in centers(frame))
        for peak in peaks
    ]
    assert max(distances) < 8


@pytest.mark.parametrize(
    ("card", "text"),
    [
        (CARD, "maps of the whole picture: keypoints with tags"),
        (BottomUpCard("a", painted.BASE, CenterOffsets(), "coco17"), "maps of the whole picture: centers with offsets"),
        (BottomUpCard("a", painted.BASE, PartAffinity(), "coco17"), "maps of the whole picture: part affinity fields"),
    ],
)
def test_the_grouping_is_told_in_words(card: BottomUpCard, text: str) -> None:
    assert text in [fact.value for fact in facts(card)]


def test_a_heatmap_that_the_next_network_has_not_is_told_of(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    choice, banner = window.panel.display.heatmap, window.video_stack.banner
    before = window.loader.settings
    choice.setCurrentIndex(4)
    assert window.panel.display.heatmap_keypoint == 3
    other = networks.write(tmp_path / "rtmo.onnx", networks.rtmo(17))
    window.loader._trusted.add(other)
    ended = "The heatmap is no longer shown. This model outputs coordinates only."
    for pose, expected in ((str(other), True), (before.pose, False)):
        with qtbot.waitSignal(window.loader.loaded, timeout=60_000):
            window.loader.request(replace(before, pose=pose))
        assert (ended in banner.sentence) == expected
    assert window.panel.display.heatmap_keypoint is None
    choice.setCurrentIndex(4)
    choice.setCurrentIndex(0)
    assert ended not in banner.sentence  # who ends it needs no notice

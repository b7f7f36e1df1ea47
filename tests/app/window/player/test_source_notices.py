"""Damage and what else is to be known of a file, in the window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QObject, Qt
from PyQt6.QtGui import QColor
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.core.message import Message
from app.sources import SourceEvent
from app.sources.file import VideoFile
from app.window.main_window import MainWindow
from app.window.player.source_notices import SourceNotices
from app.window.style.theme import colors
from tests.app.sources.clips import pictures, write_clip


@pytest.fixture
def noisy(tmp_path: Path) -> Path:
    """Two seconds of noise, with the index of the file in front."""
    noise = np.random.default_rng(5).integers(0, 256, (50, 120, 160, 3), dtype=np.uint8)
    options = {"g": "5", "crf": "30"}
    return write_clip(tmp_path / "noise.mp4", pictures(list(noise)), options=options, muxer={"movflags": "faststart"})


def test_a_truncated_file_is_reported_and_marked(window: MainWindow, noisy: Path, qtbot: QtBot) -> None:
    data = noisy.read_bytes()
    noisy.write_bytes(data[: len(data) // 4])
    marks: list[list[tuple[float, float]]] = []
    window.player.clip_analysis.notices.damaged.connect(marks.append)
    plain = window.controls.timeline.grab().toImage()
    window.open(str(noisy))
    qtbot.waitUntil(lambda: "the rest is missing or damaged" in window.video_stack.banner.sentence, timeout=60_000)
    ((start_s, end_s),) = marks[-1]
    assert 0.1 < start_s < 1.0
    assert end_s == pytest.approx(2.0, abs=0.05)
    assert window.controls.timeline.grab().toImage() != plain


def test_damage_in_a_clip_is_reported_once(window: MainWindow, noisy: Path, qtbot: QtBot) -> None:
    data = bytearray(noisy.read_bytes())
    third = len(data) // 3
    data[third : third + len(data) // 8] = bytes(len(data) // 8)
    noisy.write_bytes(data)
    window.open(str(noisy))
    with qtbot.waitSignal(window.player.ended, timeout=60_000):
        pass
    qtbot.waitUntil(lambda: "is damaged from" in window.video_stack.banner.sentence, timeout=60_000)
    window.player.seek(0.0)
    with qtbot.waitSignal(window.player.ended, timeout=60_000):
        window.player.play()
    assert window.video_stack.banner.sentence.count("is damaged from") == 1


def test_damage_first_seen_by_the_background_pass_is_reported_once(
    posing: MainWindow, noisy: Path, qtbot: QtBot
) -> None:
    data = noisy.read_bytes()
    noisy.write_bytes(data[: len(data) // 2])
    with qtbot.waitSignal(posing.player.clip_analysis.ended, timeout=60_000):
        posing.open(str(noisy))
    qtbot.waitUntil(lambda: "the rest is missing or damaged" in posing.video_stack.banner.sentence, timeout=60_000)
    posing.player.seek(0.0)
    with qtbot.waitSignal(posing.player.ended, timeout=60_000):
        posing.player.play()
    assert posing.video_stack.banner.sentence.count("the rest is missing or damaged") == 1


def test_each_notice_is_shown_once_for_all_readers_of_a_source(noisy: Path, qapp: object) -> None:
    parent = QObject()
    notices = SourceNotices(parent)
    seen: list[tuple[str, str]] = []
    marks: list[list[tuple[float, float]]] = []
    notices.notified.connect(lambda kind, sentence: seen.append((kind, sentence)))
    notices.damaged.connect(marks.append)
    source, other = VideoFile(noisy), VideoFile(noisy)
    for _ in range(2):
        notices.hear(source, SourceEvent("damaged", Message("bad"), ((1.0, 2.0),)))
        notices.hear(source, SourceEvent("damaged", Message(""), ((1.0, 2.0), (1.5, 3.0), (5.0, 6.0))))
        notices.hear(source, SourceEvent("notice", Message("interlaced")))
    assert seen == [("notice", "bad"), ("notice", "interlaced")]
    assert marks == [[(1.0, 2.0)], [(1.0, 3.0), (5.0, 6.0)]]
    notices.hear(other, SourceEvent("notice", Message("interlaced")))
    assert len(seen) == 3
    for _ in range(3):  # a camera may be lost again and again
        notices.hear(other, SourceEvent("lost", Message("camera")))
    assert len(seen) == 6
    source.close()
    other.close()


@pytest.fixture
def one_group(tmp_path: Path) -> Path:
    """Six seconds of noise with a single key frame, damaged after two: the damage lasts to the end."""
    noise = np.random.default_rng(5).integers(0, 256, (150, 120, 160, 3), dtype=np.uint8)
    path = write_clip(tmp_path / "group.mp4", pictures(list(noise)), options={"g": "250", "crf": "30"})
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : third + len(data) // 50] = bytes(len(data) // 50)
    path.write_bytes(data)
    return path


def test_damage_is_reported_and_marked_as_soon_as_it_begins(window: MainWindow, one_group: Path, qtbot: QtBot) -> None:
    marks: list[list[tuple[float, float]]] = []
    told: list[str] = []
    shown: list[float] = []
    window.player.clip_analysis.notices.damaged.connect(marks.append)
    window.player.notified.connect(lambda kind, sentence: told.append(sentence))
    window.player.shown.connect(lambda result: shown.append(result.frame.time_s))
    banner, timeline = window.video_stack.banner, window.controls.timeline
    window.open(str(one_group))
    qtbot.waitUntil(lambda: banner.sentence.endswith(" s on."), timeout=60_000)
    ((start_s, end_s),) = marks[0]
    assert 1.5 < start_s < 2.5
    assert end_s < start_s + 0.5
    assert shown[-1] < start_s + 0.5
    assert banner.sentence == f"{one_group} is damaged from {start_s:.2f} s on."
    (card,) = banner.cards
    assert card.text_is_whole
    x, middle = timeline._x(start_s), timeline.height() - 12
    colored = [QColor(colors().error).rgb() in column(timeline, round(x) + offset, middle) for offset in (-4, 1)]
    assert colored == [False, True]
    with qtbot.waitSignal(window.player.ended, timeout=30_000):
        pass
    qtbot.waitUntil(lambda: " to " in banner.sentence, timeout=60_000)
    assert len(marks) > 5
    assert all(len(spans) == 1 for spans in marks)
    ends = [spans[0][1] for spans in marks]
    assert ends == sorted(ends)
    assert marks[-1][0] == pytest.approx((start_s, 6.0))
    assert banner.cards == [card]
    assert banner.sentence == f"{one_group} is damaged from {start_s:.2f} s to 6.00 s."
    assert told == [f"{one_group} is damaged from {start_s:.2f} s on."]


def test_a_notice_of_damage_that_was_closed_does_not_come_back(
    window: MainWindow, one_group: Path, qtbot: QtBot
) -> None:
    banner = window.video_stack.banner
    window.open(str(one_group))
    qtbot.waitUntil(lambda: banner.sentence.endswith(" s on."), timeout=60_000)
    qtbot.keyClick(window.view, Qt.Key.Key_Escape)
    assert banner.sentence == ""
    with qtbot.waitSignal(window.player.ended, timeout=30_000):
        pass
    assert banner.sentence == ""


def column(widget: QWidget, x: int, y: int) -> list[int]:
    """The colors around the row ``y`` of the column ``x`` of a widget."""
    image = widget.grab().toImage()
    ratio = image.devicePixelRatio()
    return [image.pixel(round(x * ratio), round((y + offset) * ratio)) for offset in (-3, 3)]


def test_the_end_of_damage_replaces_its_notice_for_all_readers(noisy: Path, qapp: object) -> None:
    parent = QObject()
    notices = SourceNotices(parent)
    told: list[str] = []
    replaced: list[tuple[str, str]] = []
    marks: list[list[tuple[float, float]]] = []
    notices.notified.connect(lambda kind, sentence: told.append(sentence))
    notices.replaced.connect(lambda before, now: replaced.append((before, now)))
    notices.damaged.connect(marks.append)
    source = VideoFile(noisy)
    begun, ended = Message("from 1 on"), Message("from 1 to 2")
    growing = [SourceEvent("damaged", begun, ((1.0, end_s),), ongoing=True) for end_s in (1.2, 1.4)]
    end = SourceEvent("damaged", ended, ((1.0, 2.0),), replaces=begun)
    other = Message("from 1.04 on")
    differs = [
        SourceEvent("damaged", other, ((1.04, 1.3),), ongoing=True),
        SourceEvent("damaged", Message("from 1.04 to 2"), ((1.04, 2.0),), replaces=other),
    ]
    # Three readers, two of them later, of which one finds another beginning.
    for event in (*growing, growing[0], differs[0], end, *growing, end, differs[1]):
        notices.hear(source, event)
    assert told == ["from 1 on"]
    assert replaced == [("from 1 on", "from 1 to 2")]
    assert marks == [[(1.0, 1.2)], [(1.0, 1.4)], [(1.0, 2.0)]]
    source.close()

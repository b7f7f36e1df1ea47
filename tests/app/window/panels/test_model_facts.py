"""Kind and cost of models in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QPainter, QPixmap
from PyQt6.QtWidgets import QComboBox, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.window.core.preferences import NetworkFacts, Preferences, Speed
from app.window.panels.model_facts import ModelFacts
from app.window.panels.side_panel import SidePanel
from app.window.panels.two_part_items import NOTE, SEPARATOR, TwoPartItems

ONE_STAGE = "One-stage: one network, no detector\nAP 0.686  ·  input 640 × 640  ·  40 MB"


@pytest.fixture
def preferences() -> Preferences:
    return Preferences()


@pytest.mark.parametrize(
    ("name", "text", "long"),
    [
        ("rtmpose-s", "Top-down  ·  AP 0.723  ·  192 × 256", "Top-down  ·  AP 0.723  ·  input 192 × 256  ·  23 MB"),
        ("rtmo-s", "One-stage  ·  AP 0.686  ·  640 × 640", ONE_STAGE),
        ("yolox-tiny", "416 × 416", "input 416 × 416  ·  20 MB"),
        ("none", "", ""),
        ("/nowhere/mine.onnx", "", ""),
    ],
)
def test_without_a_measurement_the_cost_is_the_input_size(
    preferences: Preferences, name: str, text: str, long: str
) -> None:
    facts = ModelFacts(preferences)
    assert (facts.short(name), facts.long(name), facts.cost(name)) == (text, long, "")


@pytest.mark.parametrize(
    ("name", "ms", "text"),
    [
        ("rtmpose-s", 9.26, "Top-down  ·  AP 0.723  ·  9.3 ms per person"),
        ("rtmo-s", 38.4, "One-stage  ·  AP 0.686  ·  38 ms per frame"),
        ("yolox-tiny", 17.6, "18 ms per detection"),
    ],
)
def test_a_measured_time_is_shown_instead(preferences: Preferences, name: str, ms: float, text: str) -> None:
    facts = ModelFacts(preferences)
    preferences.keep_speed(name, Speed(ms, "cpu"))
    assert facts.short(name, "54 MB to download") == text
    assert f"Benchmark: {facts.cost(name)} on CPU" in facts.lines(name)
    preferences.keep_speed(name, Speed(ms, "cuda", in_use=True))
    assert f"Measured in use: {facts.cost(name)} on CUDA" in facts.lines(name)


def test_a_network_of_the_user_is_known_once_it_was_loaded(tmp_path: Path) -> None:
    file, own = tmp_path / "stance.ini", str(tmp_path / "mine.onnx")
    preferences = Preferences(file)
    preferences.keep_facts(own, NetworkFacts("bottom-up", "body", (512, 512)))
    facts = ModelFacts(Preferences(file))
    assert (facts.kind(own), facts.subject(own), facts.short(own)) == ("bottom-up", "body", "Bottom-up  ·  512 × 512")


def test_a_network_that_uses_neighbouring_frames_says_so(tmp_path: Path) -> None:
    preferences, own = Preferences(), str(tmp_path / "dcpose.onnx")
    preferences.keep_facts(own, NetworkFacts("temporal", "body", (288, 384)))
    facts = ModelFacts(preferences)
    assert facts.long(own) == "Top-down, several frames  ·  input 288 × 384"
    assert "the frames before and after" in facts.lines(own)[0]
    preferences.keep_speed(own, Speed(61.0, "cpu"))
    assert facts.short(own) == "Top-down, several frames  ·  61 ms per person"
    assert facts.needs_detector(own)


def test_the_choice_tells_kind_cost_and_download(qtbot: QtBot, stance_home: Path) -> None:
    panel, preferences = SidePanel(Settings()), Preferences()
    qtbot.addWidget(panel)
    preferences.keep_speed("rtmo-t", Speed(21.0, "cpu"))
    panel.models.facts = ModelFacts(preferences)
    panel.show_settings(Settings(pose="rtmo-t"))
    box = panel.models.pose
    assert box.currentText() == "rtmo-t"
    assert (
        panel.models.pose_facts.text()
        == "One-stage: one network, no detector\nAP 0.574  ·  input 416 × 416  ·  21 ms per frame"
    )
    assert box.itemData(box.findData("rtmo-t"), NOTE) == "One-stage  ·  AP 0.574  ·  21 ms per frame"
    assert box.itemData(box.findData("rtmpose-m"), NOTE) == "Top-down  ·  56 MB to download"
    for name, kind in (
        ("rtmpose-l_body", "Top-down  ·  AP 0.767"),
        ("rtmo-l", "One-stage  ·  AP 0.748"),
    ):  # of unknown size
        assert box.itemData(box.findData(name), NOTE) == f"{kind}  ·  to download"
    assert "AP" in box.itemData(box.findData("rtmpose-m"), Qt.ItemDataRole.ToolTipRole)


def test_name_and_note_of_an_item_do_not_overlap(qtbot: QtBot) -> None:
    box = QComboBox()
    qtbot.addWidget(box)
    items = TwoPartItems(box)
    box.setItemDelegate(items)
    box.addItem("name")
    plain = items.sizeHint(QStyleOptionViewItem(), box.model().index(0, 0))  # type: ignore[union-attr]
    box.setItemData(0, "a longer note", NOTE)
    box.insertSeparator(1)
    index = box.model().index(0, 0)  # type: ignore[union-attr]
    option = QStyleOptionViewItem()
    option.fontMetrics = box.fontMetrics()
    size = items.sizeHint(option, index)
    assert size.width() > plain.width() + box.fontMetrics().horizontalAdvance("a longer note")
    assert items.sizeHint(option, box.model().index(1, 0)).height() == SEPARATOR  # type: ignore[union-attr]
    picture = QPixmap(size)
    picture.fill(Qt.GlobalColor.white)
    option.rect = picture.rect()
    painter = QPainter(picture)
    items.paint(painter, option, index)
    painter.end()
    columns = [
        any(picture.toImage().pixelColor(x, y).lightness() < 200 for y in range(size.height()))
        for x in range(size.width())
    ]
    gap = columns.index(True) + box.fontMetrics().horizontalAdvance("name") + 1
    assert not any(columns[gap : gap + 12])
    assert any(columns[gap + 12 :])

"""The user's own ONNX files: recognized, or used after a question about what is assumed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QSpinBox
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from app.window.models.guess_dialog import GuessDialog
from tests.app.pose import painted
from tests.app.window.test_import import PATIENCE, choose, click, drop, pose_file
from tests.faults import made


@pytest.fixture
def foreign(shared: Path, tmp_path: Path) -> Path:
    """A pose network without a card that is not in the catalogue."""
    return unknown(shared / "models" / "tinypose_128x96.onnx", tmp_path / "somebodys.onnx")


def unknown(known: Path, target: Path) -> Path:
    model = onnx.load(known)
    model.producer_name = "somebody"
    onnx.save(model, target)
    return target


def question(window: MainWindow, qtbot: QtBot) -> GuessDialog:
    """The open question about a guessed network."""
    qtbot.waitUntil(lambda: bool(window.findChildren(GuessDialog)), timeout=PATIENCE)
    dialog = window.findChildren(GuessDialog)[0]
    qtbot.waitExposed(dialog)
    return dialog


@pytest.mark.slow
def test_an_onnx_file_is_used_according_to_its_kind(own: MainWindow, shared: Path, qtbot: QtBot) -> None:
    models = shared / "models"
    for name, box in (
        ("tinypose_256x192.onnx", own.panel.models.pose),
        ("yolox_nano_416.onnx", own.panel.models.detector),
    ):
        with qtbot.waitSignal(own.loader.loaded, timeout=PATIENCE):
            drop(own, models / name)
        assert box.currentData() == str(models / name)
    assert pose_file(own) == "tinypose_256x192.onnx"
    kept = own.preferences.networks
    assert (str((models / "tinypose_256x192.onnx").absolute()), "pose") in kept
    assert (str((models / "yolox_nano_416.onnx").absolute()), "detector") in kept


def test_one_output_of_heatmaps_and_tags_is_asked_about(own: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    drop(own, painted.hourglass(tmp_path / "somebodys.onnx", None, (64, 64)))
    dialog = question(own, qtbot)
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    row = texts.index("maps of the whole picture: keypoints with tags")
    assert texts[row + 1] == "assumed"
    assert "17, as in coco17" in texts


def test_a_file_of_neither_kind_is_reported(own: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    bad = tmp_path / "notes.onnx"
    bad.write_text("no network")
    drop(own, bad)
    qtbot.waitUntil(lambda: "notes.onnx" in own.video_stack.banner.sentence, timeout=PATIENCE)
    assert own.video_stack.doing == ""


@pytest.mark.slow
def test_a_network_without_a_card_is_used_after_confirmation(own: MainWindow, foreign: Path, qtbot: QtBot) -> None:
    drop(own, foreign)
    dialog = question(own, qtbot)
    texts = " | ".join(label.text() for label in dialog.findChildren(QLabel))
    for fact in ("somebodys.onnx", "96 × 128", "RGB", "123.7  116.3  103.5", "heatmaps", "17", "coco17", "assumed"):
        assert fact in texts, fact
    assert pose_file(own) == "tinypose_128x96.onnx"
    with qtbot.waitSignal(own.loader.loaded, timeout=PATIENCE):
        click(own, "Use", qtbot)
    assert pose_file(own) == "somebodys.onnx"
    assert own.panel.models.pose.currentData() == str(foreign)
    with qtbot.waitSignal(own.loader.loaded, timeout=PATIENCE):  # no second question
        choose(own.panel.models.detector, "none")


@pytest.mark.slow
def test_an_unknown_input_size_can_be_set(own: MainWindow, shared: Path, tmp_path: Path, qtbot: QtBot) -> None:
    known = shared / "models" / "tinypose_256x192.onnx"
    drop(own, made.network(tmp_path / "any_size.onnx", [made.heatmaps()], made.SIZE, free=True))
    dialog = question(own, qtbot)
    sides = dialog.findChildren(QSpinBox)
    assert [side.value() for side in sides] == [192, 256]
    for side, value in zip(sides, (96, 128), strict=True):
        side.setValue(value)
    with qtbot.waitSignal(own.loader.loaded, timeout=PATIENCE):
        click(own, "Use", qtbot)
    assert own.loader.pipeline is not None
    assert own.loader.pipeline.pose_model.card.picture.size == (96, 128)
    assert own.panel.settings.crop == "96x128"
    with qtbot.waitSignal(own.loader.loaded, timeout=PATIENCE):  # the size applied to that network only
        drop(own, known)
    assert own.panel.settings.crop == ""
    assert pose_file(own) == known.name


@pytest.mark.slow
def test_an_unconfirmed_network_is_not_used(own: MainWindow, shared: Path, tmp_path: Path, qtbot: QtBot) -> None:
    before = own.panel.settings
    drop(own, unknown(shared / "models" / "yolox_nano_416.onnx", tmp_path / "boxes.onnx"))
    dialog = question(own, qtbot)
    assert "detector" in " ".join(label.text() for label in dialog.findChildren(QLabel))
    with qtbot.assertNotEmitted(own.loader.loaded, wait=200):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert own.panel.settings == before
    assert own.loader.settings == before


def test_the_question_states_that_a_third_column_is_the_score(own: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    drop(own, made.network(tmp_path / "places.onnx", [np.full((1, 17, 3), 0.5, np.float32)], made.SIZE))
    dialog = question(own, qtbot)
    assert any("third column is the score" in label.text() for label in dialog.findChildren(QLabel))
    dialog.reject()

"""Exports by the dialogue, while the player goes on."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.window.export_dialog import FORMATS, ExportDialog
from app.window.main_window import MainWindow
from tests.app.window.test_main_window import PATIENCE, hold, play


@pytest.fixture
def people(posing: MainWindow, demo: Path, tmp_path: Path, qtbot: QtBot) -> MainWindow:
    """The demo clip, its first half second analysed and marked."""
    posing.preferences.recordings = tmp_path
    play(posing, demo, qtbot)
    qtbot.waitUntil(lambda: len(posing.player.analysis or ()) > 20, timeout=PATIENCE)
    hold(posing, qtbot)
    posing.player.playback.mark_in(0.1)
    posing.player.playback.mark_out(0.5)
    return posing


def opened(window: MainWindow) -> ExportDialog:
    window.deeds["export"].trigger()
    dialog = window.dialogs.shown["export"]
    assert isinstance(dialog, ExportDialog)
    return dialog


def test_every_format_is_written_of_what_was_analysed(people: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = opened(people)
    for box in dialog.boxes.values():
        box.setChecked(True)
    dialog.name.setText("all")
    with qtbot.waitSignal(dialog.done_with, timeout=PATIENCE):
        dialog.start.click()
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text(encoding="utf-8").splitlines()[1:]]
    assert [line["frame"] for line in lines] == list(range(3, 16))
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(len(line["people"]) for line in lines)
    assert len(json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))) == len(rows)
    assert len(list((tmp_path / "all-openpose").glob("*_keypoints.json"))) == 13
    assert len(list((tmp_path / "all-pictures").glob("*.png"))) == 13
    assert len(json.loads((tmp_path / "all.mmpose.json").read_text(encoding="utf-8"))["instance_info"]) == 13
    assert list(tmp_path.glob("all*.trc"))
    assert list(tmp_path.glob("all*.mot"))
    assert (tmp_path / "all.mp4").stat().st_size > 10_000
    assert "all.mp4" in dialog.words.text()
    assert not dialog.start.isEnabled()  # nothing is written over
    assert {name for _, name, _ in FORMATS} == set(dialog.boxes)


def test_the_player_goes_on_while_all_of_it_is_exported_and_cancel_leaves_nothing(
    people: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog = opened(people)
    dialog.part.setChecked(False)
    dialog.name.setText("half")
    seen: list[int] = []
    dialog.start.click()
    qtbot.waitUntil(lambda: dialog.bar.value() > 3, timeout=PATIENCE)
    people.player.shown.connect(lambda result: seen.append(result.frame.index))
    people.player.play()
    qtbot.waitUntil(lambda: len(seen) > 5, timeout=PATIENCE)
    assert dialog.stop.text() == "Cancel"
    with qtbot.waitSignal(dialog.done_with, timeout=PATIENCE):
        dialog.stop.click()
    assert list(tmp_path.glob("half*")) == []
    assert "nothing was written" in dialog.words.text()


def test_nothing_is_written_over(people: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "old.jsonl").write_text("precious", encoding="utf-8")
    dialog = opened(people)
    dialog.name.setText("old")
    assert not dialog.start.isEnabled()
    assert "old.jsonl is there already" in dialog.words.text()
    dialog.name.setText("new")
    assert dialog.start.isEnabled()
    assert dialog.words.text() == ""


def test_a_name_longer_than_names_can_be_is_told(people: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = opened(people)
    for name, box in dialog.boxes.items():
        box.setChecked("jsonl" in name or "openpose" in name)
    dialog.name.setText("x" * 300)
    dialog.start.click()
    qtbot.waitUntil(lambda: "too long" in dialog.words.text(), timeout=PATIENCE)
    assert list(tmp_path.iterdir()) == []
    dialog.name.setText("short")
    assert dialog.start.isEnabled()

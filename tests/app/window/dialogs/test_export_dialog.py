"""Exports from the dialog while playback goes on."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.window.dialogs.export_dialog import ExportDialog
from app.window.dialogs.export_targets import FORMATS
from app.window.main_window import MainWindow
from app.window.review.time_marks import Mark
from app.window.widgets.screen_fit import Scrolling
from tests.app.window.test_main_window import PATIENCE, hold, play

IN_SPACE = ("{stem}.bvh", "{stem}.glb")
"""Formats that need points in three dimensions."""


def opened(window: MainWindow) -> ExportDialog:
    window.actions_by_name["export"].trigger()
    dialog = window.dialogs.shown["export"]
    assert isinstance(dialog, ExportDialog)
    return dialog


def choose_all(dialog: ExportDialog) -> None:
    """Choose every format that the people, who have no depth, can be written to."""
    for box in dialog.targets.boxes.values():
        box.setChecked(True)
    dialog.targets.name.setText("all")
    assert "need points in three dimensions" in dialog.reason.text()
    assert not dialog.start.isEnabled()
    for name in IN_SPACE:
        dialog.targets.boxes[name].setChecked(False)


def test_all_formats_are_written_from_the_analysis(people: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = opened(people)
    choose_all(dialog)
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE):
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
    assert (tmp_path / "all.c3d").stat().st_size > 1000
    assert (tmp_path / "all.mp4").stat().st_size > 10_000
    assert "all.mp4" in dialog.message.text()
    assert not dialog.start.isEnabled()  # files are not overwritten
    assert {name for _, name, _ in FORMATS} == set(dialog.targets.boxes)


def test_a_trc_file_without_people_is_skipped_with_a_message(people: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    analysis = people.player.analysis
    assert analysis is not None
    for poses in list(analysis.frames()):
        analysis.add(replace(poses, people=()))
    dialog = opened(people)
    for name, box in dialog.targets.boxes.items():
        box.setChecked(name in ("{stem}.csv", "{stem}.trc"))
    dialog.targets.name.setText("none")
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE):
        dialog.start.click()
    assert [path.name for path in tmp_path.glob("none*")] == ["none.csv"]
    assert (
        dialog.message.text()
        == f"Saved none.csv. The output {tmp_path / 'none.trc'} was not written: no people were found."
    )


@pytest.mark.slow
def test_playback_continues_during_export_and_cancelling_leaves_no_files(
    people: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog = opened(people)
    dialog.range_only.setChecked(False)
    dialog.targets.name.setText("half")
    seen: list[int] = []
    dialog.start.click()
    qtbot.waitUntil(lambda: dialog.progress_bar.value() > 3, timeout=PATIENCE)
    people.player.shown.connect(lambda result: seen.append(result.frame.index))
    people.player.play()
    qtbot.waitUntil(lambda: len(seen) > 5, timeout=PATIENCE)
    assert dialog.stop.text() == "Cancel"
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE):
        dialog.stop.click()
    assert list(tmp_path.glob("half*")) == []
    assert "Nothing was saved" in dialog.message.text()


@pytest.mark.slow
def test_escape_cancels_a_running_export_as_the_button_does(people: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = opened(people)
    dialog.range_only.setChecked(False)
    dialog.targets.name.setText("whole")
    dialog.start.click()
    qtbot.waitUntil(lambda: any(tmp_path.glob("stance-unfinished-*/whole*")), timeout=PATIENCE)
    assert not any(tmp_path.glob("whole*"))
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert people.dialogs.exporting is dialog or not dialog.running  # closing the window would still ask
    qtbot.waitUntil(lambda: not dialog.running, timeout=PATIENCE)
    assert not list(tmp_path.glob("whole*"))
    assert not list(tmp_path.glob("stance-*"))
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


@pytest.mark.slow
def test_an_export_to_a_full_disk_leaves_nothing_and_can_be_repeated(
    people: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    resource = pytest.importorskip("resource")
    dialog = opened(people)
    choose_all(dialog)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limits[1]))
    try:
        with qtbot.waitSignal(dialog.ended, timeout=PATIENCE):
            dialog.start.click()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "cannot be written: File too large. Nothing was saved." in dialog.message.text()
    assert "stance-unfinished" not in dialog.message.text()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(("all", "stance-"))]
    assert dialog.start.isEnabled()
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE):
        dialog.start.click()
    assert len(list((tmp_path / "all-pictures").glob("*.png"))) == 13


def test_existing_files_are_not_overwritten(people: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "old.jsonl").write_text("precious", encoding="utf-8")
    dialog = opened(people)
    dialog.targets.name.setText("old")
    assert not dialog.start.isEnabled()
    for shown in (dialog.reason.text(), dialog.start.toolTip()):
        assert shown == "old.jsonl already exists: choose another name."
    assert dialog.reason.isVisible()
    dialog.targets.name.setText("new")
    assert dialog.start.isEnabled()
    assert not dialog.reason.isVisible()
    for box in dialog.targets.boxes.values():
        box.setChecked(False)
    assert not dialog.start.isEnabled()
    assert dialog.reason.text() == "Choose at least one format."


@pytest.mark.slow
def test_two_exports_in_a_row_get_free_names(
    people: MainWindow, short_demo: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the folder of the clip, where the clip's own name is taken."""
    clip = tmp_path / "walk.mp4"
    clip.write_bytes(short_demo.read_bytes())
    people.preferences.recordings = None
    play(people, clip, qtbot)
    hold(people, qtbot)
    people.player.playback.set_out(0.2)
    dialog = opened(people)
    assert dialog.targets.name.text() == "walk_stance"
    for name, box in dialog.targets.boxes.items():
        box.setChecked(name in ("{stem}.mp4", "{stem}.csv"))
    assert dialog.start.isEnabled()
    assert not dialog.in_folder.isVisible()
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE):
        dialog.start.click()
    assert (tmp_path / "walk_stance.mp4").is_file()
    folders: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: folders.append(url.toLocalFile()))
    dialog.in_folder.click()
    assert folders == [str(tmp_path)]
    assert dialog.targets.name.text() == "walk_stance-2"
    assert dialog.start.isEnabled()
    dialog.close()
    dialog = opened(people)
    assert dialog.targets.name.text() == "walk_stance-2"
    assert [name for name, box in dialog.targets.boxes.items() if box.isChecked()] == ["{stem}.mp4", "{stem}.csv"]


def test_the_chosen_folder_is_proposed_again(
    people: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = opened(people)
    proposed = dialog.targets.name.text()
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / f"{proposed}.jsonl").touch()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "else"))
    dialog.targets.place.click()
    assert dialog.targets.name.text() == f"{proposed}-2"
    dialog.close()
    dialog = opened(people)
    assert {path.parent.name for path in dialog.targets.paths()} == {"else"}


def test_a_name_that_is_too_long_is_reported(people: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = opened(people)
    for name, box in dialog.targets.boxes.items():
        box.setChecked("jsonl" in name or "openpose" in name)
    dialog.targets.name.setText("x" * 300)
    dialog.start.click()
    qtbot.waitUntil(lambda: "too long" in dialog.message.text(), timeout=PATIENCE)
    assert list(tmp_path.iterdir()) == []
    dialog.targets.name.setText("short")
    assert dialog.start.isEnabled()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there rights are others")
def test_a_folder_that_cannot_be_created_is_reported_with_the_reason(
    people: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = opened(people)
    for name, box in dialog.targets.boxes.items():
        box.setChecked("openpose" in name or "pictures" in name)
    dialog.targets.name.setText("all")
    made = Path.mkdir

    def refused(self: Path, *arguments: Any, **named: Any) -> None:
        if self.name == "all-pictures":
            raise PermissionError(13, "Permission denied", str(self))
        made(self, *arguments, **named)

    monkeypatch.setattr(Path, "mkdir", refused)
    dialog.start.click()
    qtbot.waitUntil(lambda: not dialog.running, timeout=PATIENCE)
    place = tmp_path / "all-pictures"
    assert dialog.message.text() == f"The output {place} cannot be written: Permission denied."
    assert not (tmp_path / "all-openpose").exists()  # no partial output is left
    monkeypatch.setattr(Path, "mkdir", made)
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE):
        dialog.start.click()
    assert list(place.glob("*.png"))


def test_people_are_smoothed_where_that_is_chosen(people: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = opened(people)
    for name, box in dialog.targets.boxes.items():
        box.setChecked(name == "{stem}.jsonl")
    dialog.targets.name.setText("smooth")
    assert not dialog.smoothing.cutoff.isEnabled()
    dialog.smoothing.box.setChecked(True)
    dialog.smoothing.cutoff.setValue(4.0)
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE):
        dialog.start.click()
    head = json.loads((tmp_path / "smooth.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert head["smoothing"] == "offline, 4 Hz"
    dialog.close()
    people.dialogs.shown.clear()
    again = opened(people)
    assert (again.smoothing.box.isChecked(), again.smoothing.cutoff.value()) == (True, 4.0)


def test_the_report_action_offers_a_report_alone(people: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    people.preferences.export_formats = ["{stem}.csv", "{stem}.jsonl"]
    people.actions_by_name["report"].trigger()
    dialog = people.dialogs.shown["export"]
    assert isinstance(dialog, ExportDialog)
    assert (dialog.windowTitle(), dialog.targets.formats()) == ("Report", ["{stem}.html"])
    dialog.targets.name.setText("squat")
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE):
        dialog.start.click()
    text = (tmp_path / "squat.html").read_text(encoding="utf-8")
    assert '<html lang="en">' in text
    assert "<h1>Movement report</h1>" in text
    assert text.count("<img ") == 6
    assert people.preferences.export_formats == ["{stem}.csv", "{stem}.jsonl"]  # for the next export


@pytest.mark.slow
def test_the_film_options_are_used(people: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = opened(people)
    for name, box in dialog.targets.boxes.items():
        box.setChecked(name in ("{stem}.mp4", "{stem}.webp"))
    dialog.targets.name.setText("film")
    film = dialog.film
    film.set_open(True)
    for choice, data in ((film.speed, 0.5), (film.frame_size, "640x360"), (film.follow, 1)):
        choice.setCurrentIndex(choice.findData(data))
    film.curves.setCurrentIndex(1)
    film.freezes.setText("0.3:1")
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE):
        dialog.start.click()
    with av.open(str(tmp_path / "film.mp4")) as made:
        times = [float(frame.time or 0) for frame in made.decode(video=0)]
        video = made.streams.video[0]
        assert (video.width, video.height) == (640, 360)
    assert times[-1] == pytest.approx(0.8 + 1.0, abs=0.15)
    assert (tmp_path / "film.webp").stat().st_size > 1000


def test_film_options_apply_to_films_only(people: MainWindow, qtbot: QtBot) -> None:
    dialog = opened(people)
    dialog.film.freezes.setText("soon")
    assert "'soon'" in dialog.reason.text()
    assert not dialog.start.isEnabled()
    for name, box in dialog.targets.boxes.items():
        box.setChecked(name == "{stem}.csv")
    assert not dialog.film.speed.isEnabled()
    assert not dialog.reason.text()
    dialog.targets.boxes["{stem}.gif"].setChecked(True)
    assert dialog.film.speed.isEnabled()
    dialog.film.freezes.clear()
    dialog.film.here.click()
    dialog.film.here.click()
    assert people.player.current is not None
    (freeze,) = dialog.film.options().freezes
    assert freeze.time_s == pytest.approx(people.player.current.frame.time_s, abs=0.002)


def test_a_film_freezes_at_the_marks(people: MainWindow, qtbot: QtBot) -> None:
    assert not opened(people).film.marks.isEnabled()  # there are none
    people.dialogs.shown["export"].close()
    qtbot.waitUntil(lambda: "export" not in people.dialogs.shown, timeout=PATIENCE)
    people.features.marking.marks.marks = [Mark(0.2), Mark(0.4, "jump")]
    film = opened(people).film
    film.freezes.setText("0.1:1")
    film.marks.click()
    film.marks.click()
    assert [one.time_s for one in film.options().freezes] == pytest.approx([0.1, 0.2, 0.4], abs=0.002)


def test_the_list_of_formats_stays_where_it_is_when_an_export_starts_and_fails(
    people: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog = opened(people)
    dialog.resize(560, 420)
    dialog.activateWindow()
    dialog.start.setFocus()
    (area,) = dialog.targets.findChildren(Scrolling)
    bar = area.verticalScrollBar()
    assert bar is not None
    qtbot.waitUntil(lambda: bar.maximum() > 0, timeout=PATIENCE)
    dialog.targets.name.setText("none/there")  # a folder that does not exist
    (tmp_path / "none").write_text("a file")
    qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dialog.running, timeout=PATIENCE)
    assert dialog.message.text()
    assert bar.value() == 0

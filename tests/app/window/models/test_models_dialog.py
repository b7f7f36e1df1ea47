"""The models dialog and its actions."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QComboBox, QFileDialog
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.window.core.preferences import NetworkFacts, Preferences
from app.window.core.tasks import TaskRunner
from app.window.models import benchmark
from app.window.models.models_dialog import ModelsDialog
from app.window.models.models_table import AP, KIND, LICENCE, SIZE, SPEED, STATE
from app.window.panels.model_facts import time_text
from app.zoo.cache import converted_place, find, place_of, zoo_folder
from app.zoo.catalogue import find_entry
from app.zoo.sorts import SUBJECTS
from tests.app.window.rooms import PATIENCE, background

__all__ = ["background"]

SMALL = "tinypose_128x96"
BY_HAND = "hrnet_w32_384x288"
FETCHED = "hrnet_w32_256x192_mmpose"


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(tmp_path / "stance.ini")


@pytest.fixture
def dialog(
    qtbot: QtBot, background: TaskRunner, preferences: Preferences, stance_home: Path, shared: Path
) -> Iterator[ModelsDialog]:
    """The dialog with a small pose network and a small detector on disk; the default models are in use."""
    zoo_folder().mkdir(parents=True)
    for name in (SMALL, "rtmdet_nano_person"):
        entry = find_entry(name)
        shutil.copy(shared / "models" / entry.file, place_of(entry))
    made = ModelsDialog(background, preferences, Settings(device="cpu"))
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.cancel()


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limit benchmarks to a tenth of a second."""
    monkeypatch.setattr(benchmark, "DURATION_S", 0.1)


def cell(dialog: ModelsDialog, name: str, column: int) -> str:
    row = next(row for row, entry in enumerate(dialog.list.models.entries) if entry.name == name)
    return str(dialog.list.models.index(row, column).data())


def export_with(dialog: ModelsDialog, folder: Path, body: str) -> None:
    """Replace the exporter by a small program; ``wanted`` are its arguments."""
    script = folder / "exporter.py"
    script.write_text(f"import pathlib, shutil, sys, time\nwanted = sys.argv[1:]\n{body}", encoding="utf-8")
    dialog.exporter = (sys.executable, str(script))


def names(dialog: ModelsDialog) -> list[str]:
    return [dialog.list.model_filter.index(row, 0).data() for row in range(dialog.list.model_filter.rowCount())]


def select(box: QComboBox, value: str) -> None:
    """Select the item with ``value``, as the user does."""
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def test_ready_models_come_first(dialog: ModelsDialog) -> None:
    assert set(names(dialog)[:2]) == {"rtmpose-s", "yolox-tiny"}  # as the models in use
    assert set(names(dialog)[2:4]) == {SMALL, "rtmdet_nano_person"}
    assert (cell(dialog, SMALL, STATE), cell(dialog, SMALL, SIZE), cell(dialog, SMALL, AP)) == (
        "Ready",
        "5 MB",
        "0.539",
    )
    assert cell(dialog, BY_HAND, STATE) == "Manual download"
    assert cell(dialog, FETCHED, STATE) == "Not downloaded"
    assert cell(dialog, "rtmpose-s", STATE) == "In use"


def test_the_search_and_the_kind_filter_models(dialog: ModelsDialog, qtbot: QtBot) -> None:
    qtbot.keyClicks(dialog.list.search, "HRNet mmpose")
    assert FETCHED in names(dialog)
    assert all("hrnet" in name for name in names(dialog))
    dialog.list.search.clear()
    select(dialog.list.kind, "detector")
    assert "yolox-tiny" in names(dialog)
    assert SMALL not in names(dialog)
    select(dialog.list.kind, "one-stage")
    assert set(names(dialog)) == {"rtmo-t", "rtmo-s", "rtmo-m", "rtmo-l"}
    select(dialog.list.kind, "pose")
    assert {SMALL, "rtmo-s"} < set(names(dialog))
    assert "yolox-tiny" not in names(dialog)


def test_an_own_model_has_kind_and_subject_once_it_was_loaded(
    dialog: ModelsDialog, preferences: Preferences, tmp_path: Path
) -> None:
    own = tmp_path / "mine.onnx"
    own.write_bytes(b"weights")
    preferences.keep_network(str(own), "pose")
    dialog.show_used(Settings(device="cpu"))
    assert cell(dialog, str(own), KIND) == "Pose"
    select(dialog.list.kind, "bottom-up")
    assert "mine.onnx" not in names(dialog)
    preferences.keep_facts(str(own), NetworkFacts("bottom-up", "hands", (512, 512)))
    select(dialog.list.kind, "bottom-up")
    select(dialog.list.subject, "hands")
    assert names(dialog) == ["mine.onnx"]
    assert cell(dialog, str(own), KIND) == "Bottom-up"
    assert cell(dialog, str(own), SPEED) == "input 512 × 512"


def described(dialog: ModelsDialog) -> str:
    """The selected model, if its row is in sight; its description names it."""
    index = dialog.list.table.currentIndex()
    place = dialog.list.table.visualRect(index)
    viewport = dialog.list.table.viewport()
    assert viewport is not None
    assert viewport.rect().contains(place), (place, viewport.rect())
    entry = dialog.list.entry
    assert entry is not None
    assert entry.title in dialog._detail.text()
    assert dialog.list.table.selectionModel().isRowSelected(index.row())  # type: ignore[union-attr]
    return entry.name


def test_the_selection_is_in_sight_whatever_is_filtered(dialog: ModelsDialog, qtbot: QtBot) -> None:
    assert described(dialog) == "rtmpose-s"
    select(dialog.list.kind, "detector")  # the model in use is filtered out
    assert described(dialog) == names(dialog)[0]
    select(dialog.list.kind, "")
    last = names(dialog)[-1]
    dialog.list.search.setText(last)
    dialog.list.choose(last)
    assert described(dialog) == last
    dialog.list.search.clear()
    assert described(dialog) == last
    select(dialog.list.subject, "hands")
    assert described(dialog) == names(dialog)[0]
    dialog.list.search.setText("no such model")
    assert dialog.list.entry is None
    dialog.list.search.clear()
    assert described(dialog) == names(dialog)[0]


def test_models_of_unknown_size_come_last(dialog: ModelsDialog) -> None:
    dialog.list.model_filter.sort(SIZE)
    assert cell(dialog, names(dialog)[-1], SIZE) == cell(dialog, "rtmpose-m_face", SIZE) == ""
    assert cell(dialog, names(dialog)[0], SIZE) != ""


def test_models_are_filtered_by_what_they_estimate(dialog: ModelsDialog) -> None:
    found = {}
    for index in range(1, dialog.list.subject.count()):
        subject = dialog.list.subject.itemData(index)
        select(dialog.list.subject, subject)
        found[subject] = set(names(dialog))
    assert set(found) == set(SUBJECTS)
    assert found["animals"] == {"rtmpose-m_animal"}
    parts = {"hand-landmarks-full", "hand-landmarks-lite", "hand-recrop", "palm-detector"}
    assert found["hands"] == {"rtmpose-m_hand", *parts}
    assert {"rtmpose-m_face", "face-landmarks", "face-detector-short-range"} < found["face"]
    select(dialog.list.subject, "")
    select(dialog.list.kind, "part")
    assert set(names(dialog)) == {*parts, "face-landmarks", "face-detector-short-range"}
    assert {"rtmw-l", "dwpose-l_384x288"} < found["whole-body"]
    assert {"rtmpose-s", "rtmpose-m"} < found["body-and-feet"]
    select(dialog.list.subject, "body")
    select(dialog.list.kind, "one-stage")
    assert "rtmo-s" in names(dialog)
    assert FETCHED not in names(dialog)


def test_a_ready_model_can_be_used(dialog: ModelsDialog, qtbot: QtBot) -> None:
    dialog.list.choose(SMALL)
    with qtbot.waitSignal(dialog.chosen) as chosen:
        qtbot.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    assert chosen.args == ["pose", SMALL]
    dialog.show_used(Settings(pose=SMALL, device="cpu"))
    assert cell(dialog, SMALL, STATE) == "In use"
    assert not dialog.use.isEnabled()
    dialog.list.choose(FETCHED)
    assert not dialog.use.isEnabled()
    assert cell(dialog, "yolox-tiny", STATE) == "In use"
    dialog.show_used(Settings(pose="rtmo-s", device="cpu"))
    assert cell(dialog, "yolox-tiny", STATE) != "In use"  # no detector runs


def test_networks_of_further_stages_are_listed_and_the_one_for_hands_can_be_chosen(
    dialog: ModelsDialog, qtbot: QtBot
) -> None:
    lite, palms = find_entry("hand-landmarks-lite"), find_entry("palm-detector")
    for entry in (lite, palms):
        converted_place(entry).write_bytes(b"network")
    dialog.show_used(Settings(device="cpu"))
    assert (cell(dialog, "hand-recrop", SIZE), cell(dialog, "face-landmarks", SIZE)) == ("0.1 MB", "1 MB")
    assert cell(dialog, "face-landmarks", KIND) == "Further stage"
    assert cell(dialog, "face-landmarks", LICENCE) == "Apache-2.0"
    assert (cell(dialog, "face-landmarks", STATE), cell(dialog, lite.name, STATE)) == ("Not downloaded", "Ready")
    dialog.list.choose("face-landmarks")
    assert (dialog.get.isEnabled(), dialog.use.isEnabled(), dialog.measure.isEnabled()) == (True, False, False)
    assert "For the faces of people whom a pose model has found" in dialog._detail.text()
    dialog.list.choose(palms.name)
    assert (dialog.use.isEnabled(), dialog.remove.isEnabled()) == (False, True)
    dialog.list.choose(lite.name)
    with qtbot.waitSignal(dialog.chosen) as chosen:
        qtbot.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    assert chosen.args == ["part", lite.name]
    dialog.show_used(Settings(device="cpu", hands=True, hand_network="lite"))
    assert (cell(dialog, lite.name, STATE), cell(dialog, palms.name, STATE)) == ("In use", "In use")
    assert cell(dialog, "hand-landmarks-full", STATE) == "Not downloaded"
    dialog.show_used(Settings(device="cpu"))
    qtbot.mouseClick(dialog.remove, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(dialog.foot.buttons[1], Qt.MouseButton.LeftButton)
    assert cell(dialog, lite.name, STATE) == "Not downloaded"


@pytest.mark.parametrize("name", [SMALL, "rtmdet_nano_person"])
def test_a_measured_speed_is_shown_and_saved(
    dialog: ModelsDialog, preferences: Preferences, name: str, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(benchmark, "DURATION_S", 0.1)
    dialog.list.choose(name)
    assert cell(dialog, name, SPEED).startswith("input ")
    with qtbot.waitSignal(dialog.measured, timeout=PATIENCE):
        qtbot.mouseClick(dialog.measure, Qt.MouseButton.LeftButton)
        assert not dialog.remove.isEnabled()  # one thing at a time
    speed = preferences.speed(name)
    assert speed is not None
    time = time_text("top-down" if name == SMALL else "detector", speed)
    assert (speed.device, speed.in_use, cell(dialog, name, SPEED)) == ("cpu", False, f"{time} · CPU")
    assert dialog.foot.sentence == f"{name} takes {time} on CPU."
    assert f"Benchmark: {time} on CPU" in dialog._detail.text()


def test_a_model_is_removed_after_confirmation_unless_in_use(dialog: ModelsDialog, qtbot: QtBot) -> None:
    entry = find_entry(SMALL)
    dialog.list.choose(SMALL)
    qtbot.mouseClick(dialog.remove, Qt.MouseButton.LeftButton)
    assert "only be downloaded again manually" in dialog.foot.sentence
    qtbot.mouseClick(dialog.foot.buttons[0], Qt.MouseButton.LeftButton)
    assert find(entry) is not None
    dialog.show_used(Settings(pose=SMALL, device="cpu"))
    qtbot.mouseClick(dialog.remove, Qt.MouseButton.LeftButton)
    assert dialog.foot.sentence == f"{SMALL} is in use: choose another model first."
    dialog.show_used(Settings(device="cpu"))
    qtbot.mouseClick(dialog.remove, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(dialog.foot.buttons[1], Qt.MouseButton.LeftButton)
    assert find(entry) is None
    assert dialog.foot.sentence == f"{SMALL} was deleted: 5 MB freed."
    assert cell(dialog, SMALL, STATE) == "Manual download"


def test_a_checkpoint_downloaded_by_hand_is_converted(
    dialog: ModelsDialog, tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    go, made = tmp_path / "go", converted_place(find_entry(BY_HAND))
    export_with(
        dialog,
        tmp_path,
        f"""
assert wanted == ["fetch", {BY_HAND!r}, "--file", {str(tmp_path / "mine.pth")!r}]
print("17 maps", flush=True)
while not pathlib.Path({str(go)!r}).exists():
    time.sleep(0.02)
shutil.copy({str(shared / "models" / "tinypose_256x192.onnx")!r}, {str(made)!r})
""",
    )
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "mine.pth"), ""))
    dialog.list.choose(BY_HAND)
    assert dialog.get.text() == "Locate file…"
    qtbot.mouseClick(dialog.get, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "17 maps" in dialog.foot.sentence, timeout=PATIENCE)
    go.touch()
    qtbot.waitUntil(lambda: dialog.foot.sentence == f"{BY_HAND} is ready.", timeout=PATIENCE)
    assert cell(dialog, BY_HAND, STATE) == "Ready"


def test_a_conversion_can_be_cancelled_and_its_failure_is_shown(
    dialog: ModelsDialog, tmp_path: Path, qtbot: QtBot
) -> None:
    export_with(dialog, tmp_path, "print('begun', flush=True)\nwhile True: time.sleep(1)")
    dialog.list.choose(FETCHED)
    assert dialog.get.text() == "Download and convert"
    qtbot.mouseClick(dialog.get, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "begun" in dialog.foot.sentence, timeout=PATIENCE)
    qtbot.mouseClick(dialog.foot.buttons[0], Qt.MouseButton.LeftButton)
    assert dialog.foot.sentence == ""
    assert dialog.get.isEnabled()
    export_with(dialog, tmp_path, "print('Torch is missing: wanted it.', file=sys.stderr); sys.exit(2)")
    qtbot.mouseClick(dialog.get, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.foot.sentence == "Torch is missing: wanted it.", timeout=PATIENCE)


@pytest.mark.slow
def test_an_own_network_is_measured_used_and_removed_from_the_list(
    dialog: ModelsDialog, preferences: Preferences, tmp_path: Path, shared: Path, qtbot: QtBot, no_waiting: None
) -> None:
    own = tmp_path / "mine.onnx"
    shutil.copy(shared / "models" / find_entry(SMALL).file, own)
    preferences.keep_network(str(own), "pose")
    preferences.keep_network(str(tmp_path / "gone.onnx"), "pose")
    dialog.list.choose(SMALL)
    dialog.show_used(Settings(device="cpu"))
    assert dialog.list.entry is not None
    assert dialog.list.entry.name == SMALL
    assert "gone.onnx" not in names(dialog)
    assert (cell(dialog, str(own), STATE), cell(dialog, str(own), SIZE)) == ("Ready", "5 MB")
    dialog.list.choose(str(own))
    with qtbot.waitSignal(dialog.chosen) as chosen:
        qtbot.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    assert chosen.args == ["pose", str(own)]
    qtbot.mouseClick(dialog.measure, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "mine.onnx takes" in dialog.foot.sentence, timeout=PATIENCE)
    assert cell(dialog, str(own), SPEED).endswith("CPU")
    assert Preferences(tmp_path / "stance.ini").speed(str(own)) == preferences.speed(str(own))
    dialog.show_used(Settings(pose=str(own), device="cpu"))
    assert cell(dialog, str(own), STATE) == "In use"
    dialog.show_used(Settings(device="cpu"))
    qtbot.mouseClick(dialog.remove, Qt.MouseButton.LeftButton)
    assert dialog.foot.sentence == "mine.onnx was removed from the list. The file was not deleted."
    assert "mine.onnx" not in names(dialog)
    assert own.is_file()


def test_a_network_converted_from_an_own_checkpoint_is_deleted(
    dialog: ModelsDialog, preferences: Preferences, stance_home: Path, qtbot: QtBot
) -> None:
    made = stance_home / "imported" / "mine-01234567.onnx"
    made.parent.mkdir()
    made.write_bytes(bytes(3_000_000))
    preferences.keep_network(str(made), "detector")
    dialog.show_used(Settings(device="cpu"))
    dialog.list.choose(str(made))
    qtbot.mouseClick(dialog.remove, Qt.MouseButton.LeftButton)
    assert "it was converted from is kept" in dialog.foot.sentence
    qtbot.mouseClick(dialog.foot.buttons[1], Qt.MouseButton.LeftButton)
    assert not made.exists()
    assert dialog.foot.sentence == "mine-01234567.onnx was deleted: 3 MB freed."
    assert "mine-01234567.onnx" not in names(dialog)


def test_the_file_to_import_is_emitted(dialog: ModelsDialog, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("/some/net.onnx", ""))
    with qtbot.waitSignal(dialog.importing, timeout=PATIENCE) as handed:
        qtbot.mouseClick(dialog.import_button, Qt.MouseButton.LeftButton)
    assert handed.args == ["/some/net.onnx"]

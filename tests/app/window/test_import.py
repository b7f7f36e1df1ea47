"""Networks of one's own and checkpoints of the catalogue, as a person brings them into the window."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import onnx
import pytest
from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent
from PyQt6.QtWidgets import QComboBox, QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.detect.detector import Detector
from app.settings import Settings
from app.window.guess_dialog import GuessDialog
from app.window.main_window import MainWindow
from app.zoo.cache import converted_place
from app.zoo.catalogue import find_entry
from app.zoo.importing import imported_place
from tests.untrained_detectors import save

PATIENCE = 60_000
BY_HAND = "hrnet_w32_256x192"
FETCHED = "hrnet_w32_256x192_mmpose"


@pytest.fixture
def own(posing: MainWindow, stance_home: Path) -> MainWindow:
    """The window with small models, and an empty cache."""
    return posing


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "my_net.pth.tar"
    path.write_bytes(b"weights")
    return path


@pytest.fixture
def foreign(shared: Path, tmp_path: Path) -> Path:
    """A pose network that says nothing of itself and that nobody has listed."""
    return unknown(shared / "models" / "tinypose_128x96.onnx", tmp_path / "somebodys.onnx")


def unknown(known: Path, target: Path) -> Path:
    model = onnx.load(known)
    model.producer_name = "somebody"
    onnx.save(model, target)
    return target


def export_with(window: MainWindow, folder: Path, body: str) -> None:
    """Put a small program in the place of the exporter; ``wanted`` are its arguments."""
    script = folder / "exporter.py"
    script.write_text(f"import pathlib, shutil, sys, time\nwanted = sys.argv[1:]\n{body}", encoding="utf-8")
    window.loader.exporter = (sys.executable, str(script))


def drop(window: MainWindow, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    at, left = QPointF(100, 100), Qt.MouseButton.LeftButton
    event = QDropEvent(at, Qt.DropAction.CopyAction, data, left, Qt.KeyboardModifier.NoModifier)
    assert window.drops.eventFilter(window, event)


def choose(box: QComboBox, value: str) -> None:
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def click(window: MainWindow, text: str, qtbot: QtBot) -> None:
    button = next(b for b in window.findChildren(QPushButton) if b.text() == text and b.isVisible())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def question(window: MainWindow, qtbot: QtBot) -> GuessDialog:
    """The question that comes up, shown."""
    qtbot.waitUntil(lambda: bool(window.findChildren(GuessDialog)), timeout=PATIENCE)
    dialog = window.findChildren(GuessDialog)[0]
    qtbot.waitExposed(dialog)
    return dialog


def pose_file(window: MainWindow) -> str:
    assert window.loader.pipeline is not None
    return window.loader.pipeline.estimator.network.path.name


def test_a_dropped_checkpoint_is_converted_and_used(
    own: MainWindow, checkpoint: Path, stance_home: Path, shared: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    network, go = shared / "models" / "tinypose_256x192.onnx", tmp_path / "go"
    export_with(
        own,
        tmp_path,
        f"""
assert wanted[:2] == ["pose", {str(checkpoint)!r}]
print("HRNet, 17 maps", flush=True)
while not pathlib.Path({str(go)!r}).exists():
    time.sleep(0.02)
shutil.copy({str(network)!r}, wanted[3])
""",
    )
    drop(own, checkpoint)
    qtbot.waitUntil(lambda: "HRNet, 17 maps" in own.stage.doing, timeout=PATIENCE)
    assert "my_net.pth.tar" in own.stage.doing
    assert pose_file(own) == "tinypose_128x96.onnx"
    with qtbot.waitSignal(own.loader.loaded, timeout=PATIENCE):
        go.touch()
    made = imported_place(checkpoint)
    assert own.loader.pipeline is not None
    assert own.loader.pipeline.estimator.network.path == made
    assert own.panel.pose.currentData() == str(made)
    assert f"my_net.pth.tar is in use as {made.name}" in own.stage.banner.sentence
    assert own.stage.doing == ""

    own.stage.banner.hide()
    drop(own, checkpoint)  # it is here already
    qtbot.waitUntil(lambda: own.stage.banner.isVisible(), timeout=PATIENCE)
    assert f"my_net.pth.tar is in use as {made.name}" in own.stage.banner.sentence


def test_a_dropped_detector_is_converted_and_used(
    own: MainWindow, checkpoint: Path, shared: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    export_with(
        own,
        tmp_path,
        f"""
if wanted[0] == "pose":
    print("it is a detector", file=sys.stderr)
    sys.exit(3)
print("opened by Ultralytics", flush=True)
shutil.copy({str(shared / "models" / "yolox_nano_416.onnx")!r}, wanted[3])
""",
    )
    with qtbot.waitSignal(own.loader.loaded, timeout=PATIENCE):
        drop(own, checkpoint)
    made = imported_place(checkpoint)
    assert own.panel.detector.currentData() == str(made)
    assert pose_file(own) == "tinypose_128x96.onnx"
    assert f"my_net.pth.tar is in use as {made.name}" in own.stage.banner.sentence


def test_a_detector_of_ultralytics_is_imported_by_the_exporter_itself(
    own: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    for package in ("torch", "ultralytics"):
        if find_spec(package) is None:
            pytest.skip(f"the exporter needs {package}")
    save(tmp_path, "yolo11n")
    told: list[str] = []
    own.importer.doing.connect(told.append)
    with qtbot.waitSignal(own.loader.loaded, timeout=5 * PATIENCE):
        drop(own, tmp_path / "yolo11n.pt")
    assert own.loader.pipeline is not None
    detector = own.loader.pipeline.detector
    assert isinstance(detector, Detector)
    assert detector.card.head == "ultralytics"
    assert detector.network.path == imported_place(tmp_path / "yolo11n.pt")
    assert any("Ultralytics" in text for text in told)
    assert "yolo11n.pt is in use" in own.stage.banner.sentence


def test_a_conversion_that_is_cancelled_changes_nothing(
    own: MainWindow, checkpoint: Path, stance_home: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    before = own.panel.pose.currentData()
    export_with(own, tmp_path, "print('begun', flush=True)\nwhile True: time.sleep(1)")
    drop(own, checkpoint)
    qtbot.waitUntil(lambda: "begun" in own.stage.doing, timeout=PATIENCE)
    click(own, "Cancel", qtbot)
    assert own.stage.doing == ""
    assert own.panel.pose.currentData() == before
    assert pose_file(own) == "tinypose_128x96.onnx"
    qtbot.waitUntil(lambda: not list((stance_home / "imported").iterdir()), timeout=PATIENCE)
    assert own.stage.banner.sentence == ""


def test_a_checkpoint_that_is_refused_is_told_and_the_models_stay(
    own: MainWindow, checkpoint: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    before = own.panel.pose.currentData()
    export_with(own, tmp_path, "print('my_net.pth.tar calls os.system: wanted weights.', file=sys.stderr); sys.exit(2)")
    drop(own, checkpoint)
    qtbot.waitUntil(lambda: own.stage.banner.sentence != "", timeout=PATIENCE)
    assert own.stage.banner.sentence == "my_net.pth.tar calls os.system: wanted weights."
    assert own.panel.pose.currentData() == before
    assert pose_file(own) == "tinypose_128x96.onnx"


def test_an_onnx_file_finds_its_own_place(own: MainWindow, shared: Path, qtbot: QtBot) -> None:
    models = shared / "models"
    for name, box in (("tinypose_256x192.onnx", own.panel.pose), ("yolox_nano_416.onnx", own.panel.detector)):
        with qtbot.waitSignal(own.loader.loaded, timeout=PATIENCE):
            drop(own, models / name)
        assert box.currentData() == str(models / name)
    assert pose_file(own) == "tinypose_256x192.onnx"
    kept = own.preferences.networks
    assert (str((models / "tinypose_256x192.onnx").absolute()), "pose") in kept
    assert (str((models / "yolox_nano_416.onnx").absolute()), "detector") in kept


def test_a_file_that_is_neither_is_told(own: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    bad = tmp_path / "notes.onnx"
    bad.write_text("no network")
    drop(own, bad)
    qtbot.waitUntil(lambda: "notes.onnx" in own.stage.banner.sentence, timeout=PATIENCE)
    assert own.stage.doing == ""


def test_a_network_without_a_card_is_used_once_it_is_confirmed(own: MainWindow, foreign: Path, qtbot: QtBot) -> None:
    drop(own, foreign)
    dialog = question(own, qtbot)
    told = " | ".join(label.text() for label in dialog.findChildren(QLabel))
    for fact in ("somebodys.onnx", "96 × 128", "RGB", "123.7  116.3  103.5", "heatmaps", "17", "coco17", "assumed"):
        assert fact in told, fact
    assert pose_file(own) == "tinypose_128x96.onnx"
    with qtbot.waitSignal(own.loader.loaded, timeout=PATIENCE):
        click(own, "Use it", qtbot)
    assert pose_file(own) == "somebodys.onnx"
    assert own.panel.pose.currentData() == str(foreign)
    with qtbot.waitSignal(own.loader.loaded, timeout=PATIENCE):  # it is not asked about twice
        choose(own.panel.detector, "none")


def test_a_network_that_is_not_confirmed_is_not_used(
    own: MainWindow, shared: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    before = own.panel.settings
    drop(own, unknown(shared / "models" / "yolox_nano_416.onnx", tmp_path / "boxes.onnx"))
    dialog = question(own, qtbot)
    assert "detector" in " ".join(label.text() for label in dialog.findChildren(QLabel))
    with qtbot.assertNotEmitted(own.loader.loaded, wait=200):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert own.panel.settings == before
    assert own.loader.settings == before


def test_the_pose_models_offer_checkpoints(window: MainWindow, stance_home: Path) -> None:
    window.panel.show_settings(Settings())
    box = window.panel.pose
    rows = [(box.itemText(row), box.itemData(row)) for row in range(box.count())]
    first, by_hand = rows.index(("Converted on first use", None)), rows.index(("Fetched by hand, then converted", None))
    assert first < rows.index((FETCHED, FETCHED)) < by_hand < rows.index((BY_HAND, BY_HAND))
    hint = box.itemData(box.findData(FETCHED), Qt.ItemDataRole.ToolTipRole)
    assert "AP 0.749" in hint
    assert "about 114 MB" in hint
    converted_place(find_entry(BY_HAND)).parent.mkdir(parents=True)
    converted_place(find_entry(BY_HAND)).touch()
    window.panel.show_settings(Settings())
    assert box.findData(BY_HAND) < box.findText("Converted on first use")


def test_a_checkpoint_of_the_catalogue_is_converted_when_it_is_chosen(
    own: MainWindow, shared: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    place = converted_place(find_entry(FETCHED))
    export_with(
        own,
        tmp_path,
        f"""
assert wanted == ["fetch", {FETCHED!r}]
shutil.copy({str(shared / "models" / "tinypose_256x192.onnx")!r}, {str(place)!r})
""",
    )
    own.panel.show_settings(own.panel.settings)  # as the cache is empty now
    with qtbot.waitSignal(own.loader.loaded, timeout=PATIENCE):
        choose(own.panel.pose, FETCHED)
    assert pose_file(own) == place.name
    assert own.panel.pose.currentData() == FETCHED


def test_a_checkpoint_to_be_fetched_by_hand_is_taken_from_the_person(
    own: MainWindow, checkpoint: Path, shared: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, before = converted_place(find_entry(BY_HAND)), own.panel.pose.currentData()
    export_with(
        own,
        tmp_path,
        f"""
assert wanted == ["fetch", {BY_HAND!r}, "--file", {str(checkpoint)!r}]
shutil.copy({str(shared / "models" / "tinypose_256x192.onnx")!r}, {str(place)!r})
""",
    )
    own.panel.show_settings(own.panel.settings)
    with qtbot.waitSignal(own.loader.failed, timeout=PATIENCE):
        choose(own.panel.pose, BY_HAND)
    assert "pose_hrnet_w32_256x192.pth" in own.stage.banner.sentence
    assert "https://" in own.stage.banner.sentence
    assert own.panel.pose.currentData() == before
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(checkpoint), ""))
    with qtbot.waitSignal(own.loader.loaded, timeout=PATIENCE):
        click(own, "I have the file…", qtbot)
    assert pose_file(own) == place.name
    assert own.panel.pose.currentData() == BY_HAND


def test_the_keys_import_what_is_picked(
    own: MainWindow, shared: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = str(shared / "models" / "tinypose_256x192.onnx")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (network, ""))
    with qtbot.waitSignal(own.loader.loaded, timeout=PATIENCE):
        qtbot.keyClick(own, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert own.panel.pose.currentData() == network


def test_nothing_is_imported_while_the_models_have_to_stay(
    own: MainWindow, checkpoint: Path, shared: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(own.player.opened, timeout=PATIENCE):
        own.open(str(next((shared / "data" / "coco-val-dev").rglob("*.jpg")).parent))
    with qtbot.waitSignal(own.capture.recorder.started, timeout=PATIENCE):
        own.record_to([tmp_path / "people.jsonl"])
    drop(own, checkpoint)
    assert "my_net.pth.tar is not imported" in own.stage.banner.sentence
    assert not own.deeds["import"].isEnabled()
    assert not own.loader.loading
